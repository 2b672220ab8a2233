import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { bundleFolder, HANDLER_FILE } from '../../lambdas/bundle-folder.ts';
import { createClients } from '../../lib/aws/clients.ts';
import { startLocalDynamoDb } from '../../lib/local/dynamodb.ts';
import { type LocalExtracta, startLocalExtracta } from '../../lib/local/extracta/server.ts';
import { createFunctionHost, type FunctionHost } from '../../lib/local/function-host.ts';
import { sqsRecord } from '../../lib/local/pump-record.ts';
import { LOCAL_ACCESS_KEY_ID, startLocalS3 } from '../../lib/local/s3.ts';
import { objectCreatedEvent } from '../../lib/local/s3-events.ts';
import { startLocalSqs } from '../../lib/local/sqs.ts';
import { startFaultProxy } from '../../test/fault/real/fault-proxy.ts';
import { FunctionProcesses } from '../line/measured.ts';
import { type Counts, createCounter, noCounts } from './counts.ts';

export interface Deliveries {
  readonly documents: number;
  readonly sizeBytes: number;
  /** Documents in a delivery, 1 to 10. */
  readonly perDelivery: number;
  /** Through proxies that count every request and its units. They take time: what is billed is measured without them. */
  readonly isCounted: boolean;
  readonly signal: AbortSignal;
}

export interface Delivered extends Counts {
  readonly documents: number;
  readonly invocations: number;
  readonly billedMs: number;
  readonly logBytes: number;
}

const REGION = 'us-east-1';
const TOKEN = 'a-token';
const CLASSIFICATION = '-Oclassification0001';

/** Uploads documents of one folder, delivery after delivery, in one warm container of the deployed bundle. */
export async function runDeliveries(asked: Deliveries): Promise<Delivered> {
  await using opened = new AsyncDisposableStack();
  const scene = await openScene(asked, opened);
  await putDocuments(asked, scene);
  const { host, processes, log, events, counts, extracta } = scene;
  await host.warm();
  for (let at = 0; at < events.length; at += asked.perDelivery) {
    asked.signal.throwIfAborted();
    const some = events.slice(at, at + asked.perDelivery);
    const Records = some.map((body, n) => recordOf(body, `${at}-${n}`, scene.queueArn));
    const answer = JSON.stringify(await host.invoke({ Records }));
    if (answer !== '{"batchItemFailures":[]}') throw new Error(`A delivery was answered: ${answer}`);
  }
  const uploaded = extracta.truth().length;
  if (uploaded !== asked.documents) throw new Error(`${uploaded} of ${asked.documents} were uploaded`);
  const { invocations, billedMs } = processes.used();
  return { ...counts, documents: asked.documents, invocations, billedMs, logBytes: log.bytes };
}

interface Scene {
  readonly host: FunctionHost;
  readonly extracta: LocalExtracta;
  readonly processes: FunctionProcesses;
  readonly s3Endpoint: string;
  readonly queueArn: string;
  /** What S3 would queue. */
  readonly events: string[];
  readonly counts: Counts;
  readonly log: { bytes: number };
}

async function openScene({ isCounted }: Deliveries, opened: AsyncDisposableStack): Promise<Scene> {
  const folder = opened.adopt(await mkdtemp(join(tmpdir(), 'uploader-cost-')), (made) =>
    rm(made, { recursive: true }),
  );
  const events: string[] = [];
  const servers = await startServers(folder, events, opened);
  const counts = noCounts();
  const count = createCounter(counts);
  const place = async (service: string, target: string) => {
    if (!isCounted) return target;
    const treat = (request: Parameters<typeof count>[1]) => {
      count(service, request);
      return { isForwarded: true };
    };
    return opened.use(await startFaultProxy(target, treat)).endpoint;
  };
  const queues = await place('SQS', servers.sqs.endpoint);
  const processes = new FunctionProcesses();
  const log = { bytes: 0 };
  const host = createFunctionHost({
    bundleFile: join(import.meta.dirname, '../line/measured-handler.ts'),
    timeoutMs: 300_000,
    concurrency: 1,
    onLine: (line) => {
      if (!processes.read(line)) log.bytes += Buffer.byteLength(line) + 1;
    },
    environment: {
      BENCH_BUNDLE_FILE: join(await bundleFolder('upload'), HANDLER_FILE),
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: LOCAL_ACCESS_KEY_ID,
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_ENDPOINT_URL_S3: await place('S3', servers.s3.endpoint),
      AWS_ENDPOINT_URL_SQS: queues,
      AWS_ENDPOINT_URL_DYNAMODB: await place('DynamoDB', servers.dynamodb.endpoint),
      UPLOADER_CONFIG_FILE: await writeConfig(folder),
      UPLOADER_TABLE_NAME: 'ledger',
      UPLOADER_QUEUE_URL: queues + new URL(servers.sqs.queueUrl).pathname,
      UPLOADER_DEAD_LETTER_QUEUE_URL: queues + new URL(servers.sqs.deadLetterQueueUrl).pathname,
      UPLOADER_EXTRACTA_URL: servers.extracta.url,
      UPLOADER_API_TOKEN: TOKEN,
      UPLOADER_FORCE_PATH_STYLE: 'true',
    },
  });
  opened.defer(host.stop);
  const { extracta, s3, sqs } = servers;
  return { host, extracta, processes, s3Endpoint: s3.endpoint, queueArn: sqs.queueArn, events, counts, log };
}

async function startServers(folder: string, events: string[], opened: AsyncDisposableStack) {
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
  opened.defer(extracta.close);
  return { s3, dynamodb, sqs, extracta };
}

async function writeConfig(folder: string): Promise<string> {
  const file = join(folder, 'uploader.config.json');
  await writeFile(file, JSON.stringify({ routes: [{ prefix: '', classificationId: CLASSIFICATION }] }));
  return file;
}

async function putDocuments(
  { documents, sizeBytes, signal }: Deliveries,
  { s3Endpoint }: Scene,
): Promise<void> {
  const credentials = { accessKeyId: LOCAL_ACCESS_KEY_ID, secretAccessKey: 'local' };
  const connection = { region: REGION, credentials, endpoints: { s3: s3Endpoint } };
  const clients = createClients({ forcePathStyle: true, connection });
  const Body = Buffer.alloc(sizeBytes, 'x');
  for (let number = 0; number < documents; number += 1) {
    const Key = `customers/contract-${String(number).padStart(6, '0')}.pdf`;
    await clients.s3.send(new PutObjectCommand({ Bucket: 'documents', Key, Body }), { abortSignal: signal });
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
