/**
 * What a cold start is held against: the same three clients as the SDK makes them, and the least that a function could do
 * with them for one document, which is to read it and to look up one item. Bundled as the deployed functions are.
 */
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { S3Event, SQSEvent } from 'aws-lambda';
import { LEDGER_KEY } from '../../lib/aws/ledger-table.ts';
import { TABLE_NAME } from './names.ts';

const s3 = new S3Client({ forcePathStyle: true });
const dynamodb = new DynamoDBClient({});
/** Made and not asked: the stand-in for it would be the same work on both sides. */
export const secretsManager = new SecretsManagerClient({});

/** Returns the bytes of the document. */
export async function handler(event: SQSEvent): Promise<number> {
  const { bucket, object } = documentOf(event);
  const name = { Bucket: bucket.name, Key: decodeURIComponent(object.key.replaceAll('+', ' ')) };
  const { Body } = await s3.send(new GetObjectCommand(name));
  const bytes = await Body?.transformToByteArray();
  const Key = { [LEDGER_KEY.hash.name]: { S: name.Bucket }, [LEDGER_KEY.range.name]: { S: name.Key } };
  await dynamodb.send(new GetItemCommand({ TableName: TABLE_NAME, Key, ConsistentRead: true }));
  return bytes?.byteLength ?? 0;
}

function documentOf({ Records: [record] }: SQSEvent) {
  const [created] = (JSON.parse(record?.body ?? '{}') as S3Event).Records;
  if (created === undefined) throw new Error('The event names no document');
  return created.s3;
}
