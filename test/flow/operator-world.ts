import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { CreateQueueCommand, PurgeQueueCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { vi } from 'vitest';
import { chance, clock } from '../../lambdas/clock-and-chance.ts';
import { compose } from '../../lambdas/compose.ts';
import { readSettings } from '../../lambdas/settings.ts';
import { createHandler } from '../../lambdas/upload.ts';
import type { CloudClients } from '../../lib/aws/clients.ts';
import { createLedgerTable } from '../../lib/aws/create-ledger-table.ts';
import { createLedger } from '../../lib/aws/ledger.ts';
import { createOutbox } from '../../lib/aws/outbox.ts';
import { queueDepth } from '../../lib/aws/queue-depth.ts';
import { announceRunningLine } from '../../lib/aws/running-line.ts';
import { type LocalExtracta, startLocalExtracta } from '../../lib/local/extracta/server.ts';
import { objectCreatedEvent } from '../../lib/local/s3-events.ts';
import type { ExitCode, OperatorHost } from '../../lib/operator/host.ts';
import { runOperator } from '../../lib/operator/run.ts';
import { documentKey, unquotedETag } from '../../lib/pipeline/identity.ts';
import type { Arrival, ArrivalMessage, DocumentItem } from '../../lib/pipeline/model.ts';
import type { Ledger, Outbox } from '../../lib/pipeline/ports.ts';
import { clientsFor, startDynalite, startFauxqs } from '../contract/servers.ts';
import { type TestQueue, testQueue } from './handler-queue.ts';

export const BUCKET = 'documents';
export const TABLE = 'ledger';
export const TOKEN = 'operators-token';
export const CLASSIFICATION_ID = '-OclassificationAAAA1';
const REGION = 'us-east-1';
/** As with `npm start -- --impatient`. */
const WAITS_DIVISOR = 100;

export interface Said {
  readonly code: ExitCode;
  readonly stdout: string;
  readonly stderr: string;
}

/** The parts of a line over HTTP, the function worked by hand, and the operator's command on it. */
export interface OperatorWorld extends AsyncDisposable {
  readonly clients: CloudClients;
  readonly ledger: Ledger;
  readonly outbox: Outbox;
  readonly extracta: LocalExtracta;
  readonly queue: TestQueue;
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
  readonly folder: string;
  readonly runningFolder: string;
  /** The same line with another server in it; resolves with the folder that says so. */
  announced(endpoints: {
    readonly s3?: string;
    readonly sqs?: string;
    readonly dynamodb?: string;
  }): Promise<string>;
  /** Puts an object; S3's event comes only if it is announced. */
  put(key: string, body?: string): Promise<Arrival>;
  announce(...arrivals: readonly Arrival[]): Promise<void>;
  /** Lets the function work off what is in the queue. */
  drain(): Promise<void>;
  item(arrival: Arrival): Promise<DocumentItem | undefined>;
  /** Parked in the ledger, and unless told otherwise with its letter. */
  park(arrival: Arrival, more?: Partial<DocumentItem>, hasLetter?: boolean): Promise<DocumentItem>;
  /** The command, on this line as a run on this machine. */
  run(args: readonly string[], host?: Partial<OperatorHost>): Promise<Said>;
  /** Forgets all messages. */
  purge(): Promise<void>;
  /** Dead letters that everybody can see. */
  letters(): Promise<number>;
}

export async function startOperatorWorld(): Promise<OperatorWorld> {
  const [cloud, database] = await Promise.all([startFauxqs(), startDynalite()]);
  const classifications = [{ id: CLASSIFICATION_ID, name: 'Demo' }];
  const extracta = await startLocalExtracta({ token: TOKEN, classifications, paceMs: 0 });
  const clients = clientsFor({ s3: cloud.url, sqs: cloud.url, dynamodb: database.url });
  const newQueue = async (QueueName: string, Attributes: Record<string, string>) => {
    const { QueueUrl = '' } = await clients.sqs.send(new CreateQueueCommand({ QueueName, Attributes }));
    // fauxqs names a host of its own in it.
    return cloud.url + new URL(QueueUrl).pathname;
  };
  const kept = { MessageRetentionPeriod: '1209600', VisibilityTimeout: '600' };
  const deadLetterQueueUrl = await newQueue('dead-letters', kept);
  const deadLetterTargetArn = 'arn:aws:sqs:us-east-1:000000000000:dead-letters';
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 1000 });
  const queueUrl = await newQueue('arrivals', { ...kept, RedrivePolicy });
  await clients.s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  await createLedgerTable(clients.dynamodb, TABLE);
  const folder = await mkdtemp(join(tmpdir(), 'operator-'));
  const configFile = join(folder, 'uploader.config.json');
  await writeFile(
    configFile,
    JSON.stringify({ routes: [{ prefix: '', classificationId: CLASSIFICATION_ID }] }),
  );
  const environment = {
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: 'S3RVER',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_S3: cloud.url,
    AWS_ENDPOINT_URL_SQS: cloud.url,
    AWS_ENDPOINT_URL_DYNAMODB: database.url,
    POWERTOOLS_LOG_LEVEL: 'SILENT',
    POWERTOOLS_METRICS_DISABLED: 'true',
    UPLOADER_CONFIG_FILE: configFile,
    UPLOADER_TABLE_NAME: TABLE,
    UPLOADER_QUEUE_URL: queueUrl,
    UPLOADER_DEAD_LETTER_QUEUE_URL: deadLetterQueueUrl,
    UPLOADER_API_TOKEN: TOKEN,
    UPLOADER_EXTRACTA_URL: extracta.url,
    UPLOADER_FORCE_PATH_STYLE: 'true',
    UPLOADER_WAITS_DIVISOR: String(WAITS_DIVISOR),
    UPLOADER_EXTRACTA_IS_EMBEDDED: 'true',
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  const runningFolder = join(folder, 'running');
  const endpoints = { s3: cloud.url, sqs: cloud.url, dynamodb: database.url };
  const announceIn = (where: string, instead: Partial<typeof endpoints>) =>
    announceRunningLine(
      {
        pid: process.pid,
        startedAtMs: Date.now(),
        region: REGION,
        endpoints: { ...endpoints, ...instead },
        bucket: BUCKET,
        queueUrl,
        deadLetterQueueUrl,
        tableName: TABLE,
        configFile,
        waitsDivisor: WAITS_DIVISOR,
        extractaUrl: extracta.url,
        embeddedToken: TOKEN,
      },
      where,
    );
  await announceIn(runningFolder, {});
  const queues = { client: clients.sqs, queueUrl, deadLetterQueueUrl };
  const ledger = createLedger({ client: clients.dynamodb, tableName: TABLE });
  const outbox = createOutbox(queues);
  const queue = testQueue(clients.sqs, queueUrl);
  const settings = await readSettings(environment, folder);
  const handler = createHandler(async (telemetry) => compose(settings, telemetry));
  return {
    clients,
    ledger,
    outbox,
    extracta,
    queue,
    queueUrl,
    deadLetterQueueUrl,
    folder,
    runningFolder,
    announced: async (instead) => {
      const where = await mkdtemp(join(folder, 'running-'));
      await announceIn(where, instead);
      return where;
    },
    put: (key, body = `body of ${key}`) => put(clients, key, body),
    announce: async (...arrivals) => queue.send(...arrivals.map(eventOf)),
    drain: async () => {
      for (
        let messages = await queue.receiveSome(10);
        messages.length > 0;
        messages = await queue.receiveSome(10)
      )
        await queue.deliver(handler, messages);
    },
    item: (arrival) => ledger.read(documentKey(arrival)),
    park: (arrival, more, hasLetter) => park(ledger, outbox, arrival, more, hasLetter),
    run: (args, host) =>
      runHere(['--local', ...args], { runningFolder, stateFolder: join(folder, 'state'), ...host }),
    purge: async () => {
      for (const QueueUrl of [queueUrl, deadLetterQueueUrl])
        await clients.sqs.send(new PurgeQueueCommand({ QueueUrl }));
    },
    letters: async () => (await queueDepth(clients.sqs, deadLetterQueueUrl)).waiting,
    async [Symbol.asyncDispose]() {
      vi.unstubAllEnvs();
      clients.destroy();
      await Promise.all([extracta.close(), cloud.close(), database.close(), rm(folder, { recursive: true })]);
    },
  };
}

/** The command without a process of its own. Nobody is there to be asked, unless `ask` is given. */
export async function runHere(args: readonly string[], host: Partial<OperatorHost> = {}): Promise<Said> {
  const [stdout, stderr] = [collected(), collected()];
  const code = await runOperator(args, {
    stdout: stdout.stream,
    stderr: stderr.stream,
    version: '0.0.0',
    apiToken: undefined,
    stateFolder: join(tmpdir(), 'no-such-folder'),
    projectConfigFile: join(tmpdir(), 'no-such-folder', 'uploader.config.json'),
    clock,
    chance,
    ask: undefined,
    interrupted: new AbortController().signal,
    ...host,
  });
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

function collected() {
  const stream = new PassThrough();
  let text = '';
  stream.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
  });
  return { stream, text: () => text };
}

/** What a run with --json said. */
export const reportIn = <R>({ stdout }: Said): R => JSON.parse(stdout) as R;

async function put({ s3 }: CloudClients, key: string, body: string): Promise<Arrival> {
  const { ETag = '' } = await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: body }));
  return { bucket: BUCKET, key, eTag: unquotedETag(ETag), sizeBytes: body.length, eventTimeMs: Date.now() };
}

function eventOf({ bucket, key, eTag, sizeBytes = 0, eventTimeMs }: Arrival): string {
  const created = { bucket, key, eTag, sizeBytes, how: 'Put', atMs: eventTimeMs, sequencer: '01' } as const;
  return JSON.stringify(objectCreatedEvent(created, REGION));
}

async function park(
  ledger: Ledger,
  outbox: Outbox,
  arrival: Arrival,
  more: Partial<DocumentItem> = {},
  hasLetter = true,
): Promise<DocumentItem> {
  const parkId = `park of ${arrival.key}`;
  const lastFailure = {
    code: 'extracta.rejected',
    message: 'Not a document',
    httpStatus: 400,
    atMs: Date.now(),
  };
  const item: DocumentItem = {
    ...documentKey(arrival),
    rev: `rev of ${arrival.key}`,
    state: 'parked',
    arrival,
    firstSeenAtMs: arrival.eventTimeMs,
    updatedAtMs: arrival.eventTimeMs,
    attempts: 1,
    looks: 0,
    redrives: 0,
    edition: 1,
    sentTo: [],
    parkId,
    lastFailure,
    ...more,
  };
  await ledger.write(item, undefined);
  const message: ArrivalMessage = { uploader: 'arrival', arrival, parkId };
  const { code: reason, message: why } = item.lastFailure ?? lastFailure;
  const letter = { reason, message: why, attempts: 1, redrives: 0, firstSeenAtMs: 1, parkId };
  if (hasLetter) await outbox.park({ ...letter, body: JSON.stringify(message) });
  return item;
}

/** Bodies in the queue now, left hidden. */
export async function bodiesIn(clients: CloudClients, QueueUrl: string): Promise<readonly string[]> {
  const bodies: string[] = [];
  for (;;) {
    const receive = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 });
    const { Messages = [] } = await clients.sqs.send(receive);
    if (Messages.length === 0) return bodies;
    bodies.push(...Messages.map(({ Body = '' }) => Body));
  }
}

/** The first message goes out at once; while the second one waits for its turn, Ctrl-C. */
export function interruptedAtTheSecondMessage() {
  const interruption = new AbortController();
  let sleeps = 0;
  const sleep = async () => {
    sleeps += 1;
    if (sleeps === 2) interruption.abort();
  };
  return { clock: { nowMs: () => Date.now(), sleep }, interrupted: interruption.signal };
}
