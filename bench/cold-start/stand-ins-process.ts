/**
 * S3, DynamoDB and Extracta in a process of their own, with as many documents as its second argument says; their files
 * lie in the folder of its first. Says where they are, then answers any message with how many uploads were accepted.
 * Gone when its parent is.
 */
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { createClients } from '../../lib/aws/clients.ts';
import { startLocalDynamoDb } from '../../lib/local/dynamodb.ts';
import { startLocalExtracta } from '../../lib/local/extracta/server.ts';
import { LOCAL_ACCESS_KEY_ID, startLocalS3 } from '../../lib/local/s3.ts';
import { objectCreatedEvent } from '../../lib/local/s3-events.ts';
import { BUCKET, CLASSIFICATION_ID, DOCUMENT_BYTES, REGION, TABLE_NAME, TOKEN } from './names.ts';
import type { Places } from './stand-ins.ts';

process.on('disconnect', () => process.exit());

const [, , dataDir = '', documents = ''] = process.argv;
const BODY = Buffer.alloc(DOCUMENT_BYTES, 'x');

const events: string[] = [];
const s3 = await startLocalS3({
  dataDir,
  buckets: [BUCKET],
  onObjectCreated: async (created) => void events.push(JSON.stringify(objectCreatedEvent(created, REGION))),
  onError: (error) => console.error(error),
});
const dynamodb = await startLocalDynamoDb({ tableName: TABLE_NAME, region: REGION });
const classifications = [{ id: CLASSIFICATION_ID, name: 'Benchmark' }];
const extracta = await startLocalExtracta({ token: TOKEN, classifications, paceMs: 0 });
await putDocuments(Number(documents));

const places: Places = { s3: s3.endpoint, dynamodb: dynamodb.endpoint, extracta: extracta.url, events };
process.on('message', () => process.send?.(extracta.truth().length));
process.send?.(places);

async function putDocuments(count: number): Promise<void> {
  const credentials = { accessKeyId: LOCAL_ACCESS_KEY_ID, secretAccessKey: 'local' };
  const connection = { region: REGION, credentials, endpoints: { s3: s3.endpoint } };
  const clients = createClients({ forcePathStyle: true, connection });
  for (let number = 0; number < count; number += 1) {
    const Key = `customers/contract-${String(number).padStart(4, '0')}.pdf`;
    await clients.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: BODY }));
  }
  clients.destroy();
}
