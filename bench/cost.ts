import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { bundleFolder, HANDLER_FILE } from '../lambdas/bundle-folder.ts';
import { createClients } from '../lib/aws/clients.ts';
import { startLocalDynamoDb } from '../lib/local/dynamodb.ts';
import { startLocalExtracta } from '../lib/local/extracta/server.ts';
import { createFunctionHost } from '../lib/local/function-host.ts';
import { sqsRecord } from '../lib/local/pump-record.ts';
import { startLocalS3 } from '../lib/local/s3.ts';
import { objectCreatedEvent } from '../lib/local/s3-events.ts';
import { startLocalSqs } from '../lib/local/sqs.ts';
import { startFaultProxy } from '../test/fault/real/fault-proxy.ts';
import { type Counts, createCounter, noCounts } from './cost-counts.ts';

/**
 * What uploading costs, counted: the deployed bundle over emulators, each behind a proxy that counts requests.
 * `node bench/cost.ts [documents]`. The prices stand in docs/cost.md.
 */

const REGION = 'us-east-1';
const TOKEN = 'a-token';
const CLASSIFICATION = '-Oclassification0001';
const BODY = Buffer.alloc(100_000, 'x');

interface Figures extends Counts {
  readonly documents: number;
  readonly invocations: number;
  readonly billedMs: number;
  readonly logBytes: number;
}

/** Uploads so many documents of one folder, by so many in a delivery, in one warm container. */
async function measure(documents: number, perDelivery: number): Promise<Figures> {
  await using opened = new AsyncDisposableStack();
  const folder = opened.adopt(await mkdtemp(join(tmpdir(), 'cost-')), (made) =>
    rm(made, { recursive: true }),
  );
  const counts = noCounts();
  const count = createCounter(counts);
  const events: string[] = [];
  const s3 = await startLocalS3({
    dataDir: folder,
    buckets: ['documents'],
    onObjectCreated: async (created) => void events.push(JSON.stringify(objectCreatedEvent(created, REGION))),
    onError: (error) => console.error(error),
  });
  opened.defer(s3.close);
  const dynamodb = await startLocalDynamoDb({ tableName: 'ledger', region: REGION });
  opened.defer(dynamodb.close);
  const sqs = await startLocalSqs({
    queueName: 'arrivals',
    deadLetterQueueName: 'dead-letters',
    visibilitySeconds: 30,
    region: REGION,
  });
  opened.defer(sqs.close);
  const classifications = [{ id: CLASSIFICATION, name: 'Cost' }];
  const extracta = await startLocalExtracta({ token: TOKEN, classifications });
  opened.defer(() => extracta.close());
  const counted = async (service: string, target: string) => {
    const treat = (request: Parameters<typeof count>[1]) => {
      count(service, request);
      return { isForwarded: true };
    };
    return opened.use(await startFaultProxy(target, treat)).endpoint;
  };
  const queues = await counted('SQS', sqs.endpoint);
  const configFile = join(folder, 'uploader.config.json');
  await writeFile(configFile, JSON.stringify({ routes: [{ prefix: '', classificationId: CLASSIFICATION }] }));
  let logBytes = 0;
  const host = createFunctionHost({
    bundleFile: join(await bundleFolder('upload'), HANDLER_FILE),
    timeoutMs: 300_000,
    concurrency: 1,
    onLine: (line) => {
      logBytes += Buffer.byteLength(line) + 1;
    },
    environment: {
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: 'S3RVER',
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_ENDPOINT_URL_S3: await counted('S3', s3.endpoint),
      AWS_ENDPOINT_URL_SQS: queues,
      AWS_ENDPOINT_URL_DYNAMODB: await counted('DynamoDB', dynamodb.endpoint),
      UPLOADER_CONFIG_FILE: configFile,
      UPLOADER_TABLE_NAME: 'ledger',
      UPLOADER_QUEUE_URL: queues + new URL(sqs.queueUrl).pathname,
      UPLOADER_DEAD_LETTER_QUEUE_URL: queues + new URL(sqs.deadLetterQueueUrl).pathname,
      UPLOADER_EXTRACTA_URL: extracta.url,
      UPLOADER_API_TOKEN: TOKEN,
      UPLOADER_FORCE_PATH_STYLE: 'true',
    },
  });
  opened.defer(host.stop);
  await putDocuments(documents, s3.endpoint);
  await host.warm();
  let billedMs = 0;
  let invocations = 0;
  for (let at = 0; at < events.length; at += perDelivery) {
    const records = events
      .slice(at, at + perDelivery)
      .map((Body, n) => recordOf(Body, `${at}-${n}`, sqs.queueArn));
    const startedMs = performance.now();
    const answer = await host.invoke({ Records: records });
    billedMs += Math.ceil(performance.now() - startedMs);
    invocations += 1;
    if (JSON.stringify(answer) !== '{"batchItemFailures":[]}') throw new Error(JSON.stringify(answer));
  }
  const uploaded = extracta.truth().length;
  if (uploaded !== documents) throw new Error(`${uploaded} of ${documents} were uploaded`);
  return { ...counts, documents, invocations, billedMs, logBytes };
}

async function putDocuments(documents: number, endpoint: string): Promise<void> {
  const credentials = { accessKeyId: 'S3RVER', secretAccessKey: 'local' };
  const clients = createClients({
    forcePathStyle: true,
    connection: { region: REGION, credentials, endpoints: { s3: endpoint } },
  });
  for (let number = 0; number < documents; number += 1) {
    const Key = `customers/contract-${String(number).padStart(6, '0')}.pdf`;
    await clients.s3.send(new PutObjectCommand({ Bucket: 'documents', Key, Body: BODY }));
  }
  clients.destroy();
}

function recordOf(Body: string, MessageId: string, queueArn: string) {
  const nowMs = String(Date.now());
  const Attributes = {
    ApproximateReceiveCount: '1',
    SentTimestamp: nowMs,
    ApproximateFirstReceiveTimestamp: nowMs,
  };
  return sqsRecord({ MessageId, ReceiptHandle: MessageId, Body, Attributes }, queueArn, REGION);
}

/** For a thousand documents. */
function shown({ documents, ...figures }: Figures): Readonly<Record<string, number>> {
  const perThousand = (value: number) => Math.round((value * 1000) / documents);
  return {
    ...Object.fromEntries(
      [...figures.requests].sort().map(([operation, times]) => [operation, perThousand(times)]),
    ),
    'DynamoDB write units': perThousand(figures.writeUnits),
    'DynamoDB read units': perThousand(figures.readUnits),
    'largest ledger item, bytes': figures.largestItemBytes,
    invocations: perThousand(figures.invocations),
    'log, KB': Math.round(perThousand(figures.logBytes) / 1024),
    'function, ms beside what Extracta takes': perThousand(figures.billedMs),
  };
}

const documents = Number(process.argv[2] ?? 1000);
console.table({
  'one a delivery': shown(await measure(documents, 1)),
  'ten a delivery': shown(await measure(documents, 10)),
});
// The emulators' libraries leave timers behind.
process.exit(0);
