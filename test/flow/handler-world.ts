import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand } from '@aws-sdk/client-sqs';
import { vi } from 'vitest';
import { compose } from '../../lambdas/compose.ts';
import { readSettings, type Settings } from '../../lambdas/settings.ts';
import { createHandler, type UploadHandler } from '../../lambdas/upload.ts';
import { createLedgerTable } from '../../lib/aws/create-ledger-table.ts';
import { createLedger } from '../../lib/aws/ledger.ts';
import type { Script } from '../../lib/local/extracta/behaviour.ts';
import { type LocalExtracta, startLocalExtracta } from '../../lib/local/extracta/server.ts';
import { objectCreatedEvent } from '../../lib/local/s3-events.ts';
import { handleMessage, type Verdict } from '../../lib/pipeline/handle-message.ts';
import { documentKey } from '../../lib/pipeline/identity.ts';
import type { BatchPolicy, DocumentItem } from '../../lib/pipeline/model.ts';
import type { Ledger } from '../../lib/pipeline/ports.ts';
import { clientsFor, startDynalite, startFauxqs } from '../contract/servers.ts';
import { CANARY_TOKEN } from '../support/leaks/canaries.ts';
import { caughtOutput } from '../support/leaks/caught-output.ts';
import { type TestQueue, testQueue } from './handler-queue.ts';

export const TOKEN = CANARY_TOKEN;
export const CLASSIFICATION_ID = '-OclassificationAAAA1';
const BUCKET = 'documents';
const TABLE = 'ledger';
const REGION = 'us-east-1';
/** Longer than any test: what is being worked on is given to nobody else, however busy the machine is. */
const VISIBILITY_SECONDS = '600';

/** One container of the function, in this process. */
export interface Container {
  readonly handler: UploadHandler;
  /** What the pipeline decided, in order. */
  readonly verdicts: readonly Verdict[];
}

export interface PutDocument {
  /** What S3 would queue. */
  readonly event: string;
  readonly sha256: string;
  inLedger(): Promise<DocumentItem | undefined>;
}

/** The function's whole surroundings on loopback: S3, SQS, DynamoDB and Extracta. */
export interface World extends AsyncDisposable {
  readonly extracta: LocalExtracta;
  readonly queue: TestQueue;
  /** What a process must be told to be a container; a relative path in it begins at `folder`. */
  readonly environment: Readonly<Record<string, string>>;
  readonly folder: string;
  /** What the containers in this process have logged. */
  readonly lines: readonly string[];
  container(): Container;
  put(key: string, body: Buffer): Promise<PutDocument>;
}

/** `batch`: the policy of the one route. */
export async function startWorld(script: Script, batch: BatchPolicy = { by: 'folder' }): Promise<World> {
  const [cloud, database] = await Promise.all([startFauxqs(), startDynalite()]);
  const classifications = [{ id: CLASSIFICATION_ID, name: 'Demo' }];
  const extracta = await startLocalExtracta({ token: TOKEN, classifications, script });
  const clients = clientsFor({ s3: cloud.url, sqs: cloud.url, dynamodb: database.url });
  const newQueue = async (name: string) => {
    const { QueueUrl = '' } = await clients.sqs.send(
      new CreateQueueCommand({ QueueName: name, Attributes: { VisibilityTimeout: VISIBILITY_SECONDS } }),
    );
    // fauxqs names a host of its own in it.
    return cloud.url + new URL(QueueUrl).pathname;
  };
  const queues = { arrivals: await newQueue('arrivals'), deadLetters: await newQueue('dead-letters') };
  await clients.s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  await createLedgerTable(clients.dynamodb, TABLE);
  const config = { routes: [{ prefix: '', classificationId: CLASSIFICATION_ID, batch }] };
  const folder = await mkdtemp(join(tmpdir(), 'world-'));
  await writeFile(join(folder, 'uploader.config.json'), JSON.stringify(config));
  const environment = environmentOf(
    { cloud: cloud.url, database: database.url, extracta: extracta.url },
    queues,
  );
  const settings = await readSettings(environment, folder);
  const ledger = createLedger({ client: clients.dynamodb, tableName: TABLE });
  const lines = inThisProcess(environment);
  const close = async () => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
    clients.destroy();
    await Promise.all([extracta.close(), cloud.close(), database.close(), rm(folder, { recursive: true })]);
  };
  return {
    extracta,
    queue: testQueue(clients.sqs, queues.arrivals),
    environment,
    folder,
    lines,
    container: () => container(settings),
    put: (key, body) => put(key, body, clients.s3, ledger),
    [Symbol.asyncDispose]: close,
  };
}

interface Urls {
  readonly cloud: string;
  readonly database: string;
  readonly extracta: string;
}

/** The function's clients find their servers as they do anywhere: in AWS's standard variables. */
function environmentOf(urls: Urls, queues: { readonly arrivals: string; readonly deadLetters: string }) {
  return {
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_S3: urls.cloud,
    AWS_ENDPOINT_URL_SQS: urls.cloud,
    AWS_ENDPOINT_URL_DYNAMODB: urls.database,
    UPLOADER_CONFIG_FILE: 'uploader.config.json',
    UPLOADER_TABLE_NAME: TABLE,
    UPLOADER_QUEUE_URL: queues.arrivals,
    UPLOADER_DEAD_LETTER_QUEUE_URL: queues.deadLetters,
    UPLOADER_API_TOKEN: TOKEN,
    UPLOADER_EXTRACTA_URL: urls.extracta,
    UPLOADER_FORCE_PATH_STYLE: 'true',
  };
}

/** Gives this process the variables that the AWS clients read, and catches what is logged. */
function inThisProcess(environment: Readonly<Record<string, string>>): readonly string[] {
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  const lines: string[] = [];
  caughtOutput((text) => void lines.push(text));
  return lines;
}

function container(settings: Settings): Container {
  const verdicts: Verdict[] = [];
  const handler = createHandler(
    async (telemetry) => compose(settings, telemetry),
    async (message, visit) => {
      const verdict = await handleMessage(message, visit);
      verdicts.push(verdict);
      return verdict;
    },
  );
  return { handler, verdicts };
}

async function put(key: string, body: Buffer, s3: S3Client, ledger: Ledger): Promise<PutDocument> {
  const { ETag = '' } = await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: body }));
  const object = { bucket: BUCKET, key, eTag: ETag.replaceAll('"', '') };
  const created = {
    ...object,
    sizeBytes: body.length,
    how: 'Put',
    atMs: Date.now(),
    sequencer: '01',
  } as const;
  return {
    event: JSON.stringify(objectCreatedEvent(created, REGION)),
    sha256: createHash('sha256').update(body).digest('hex'),
    inLedger: () => ledger.read(documentKey({ ...object, eventTimeMs: created.atMs })),
  };
}
