import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { type CloudClients, createClients } from '../aws/clients.ts';
import { startLocalDynamoDb } from './dynamodb.ts';
import { createFunctionHost, type FunctionHost } from './function-host.ts';
import { type Pump, startPump } from './pump.ts';
import { LOCAL_ACCESS_KEY_ID, startLocalS3 } from './s3.ts';
import { objectCreatedEvent } from './s3-events.ts';
import { type LocalSqs, startLocalSqs } from './sqs.ts';
import { functionEnvironment, LEDGER_TABLE, LOCAL_REGION, visibilitySeconds } from './stack-settings.ts';

export { LOCAL_REGION };

export interface LocalStackOptions {
  /** Objects and ledger are kept here; the queues forget all on exit. One process at a time. */
  readonly dataDir: string;
  /** Default: any free port. */
  readonly s3Port?: number;
  /** The built function. */
  readonly bundleFile: string;
  /** The path of uploader.config.json. */
  readonly configFile: string;
  readonly extractaUrl: string;
  readonly apiToken: string;
  /** Divides our own waits. Default 1. */
  readonly waitsDivisor?: number;
  /** An invocation that takes longer is killed. Default 300,000. */
  readonly functionTimeoutMs?: number;
  /** Invocations at once, each in a process of its own. Default 4. */
  readonly concurrency?: number;
  /** How long the queue hides a delivery. Default: six times the function's timeout, divided, at least 30. */
  readonly visibilitySeconds?: number;
  /** Where the function finds the emulators, if something stands in between. Default: at their own endpoints. */
  functionEndpoints?(endpoints: LocalStack['endpoints']): Promise<LocalStack['endpoints']>;
  /** What else the function's environment holds, such as NODE_EXTRA_CA_CERTS: it inherits nothing. */
  readonly extraEnvironment?: Readonly<Record<string, string>>;
  /** What the function and the emulators have to say, line by line. */
  onLine(line: string): void;
}

export interface LocalStack {
  readonly endpoints: { readonly s3: string; readonly sqs: string; readonly dynamodb: string };
  readonly bucket: string;
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
  readonly tableName: string;
  /** What the function is given. Holds the API token. */
  readonly environment: Readonly<Record<string, string>>;
  /** Lets invocations under way end for a few seconds, kills what is left, and closes everything. */
  stop(): Promise<void>;
}

const BUCKET = 'documents';
const FUNCTION_TIMEOUT_MS = 300_000;
const CONCURRENCY = 4;
const BATCH_SIZE = 10;
/** What a person who presses Ctrl-C will wait. */
const STOP_GRACE_MS = 3_000;
/** A long poll of 20 s must not be given up before its answer. */
const QUEUE_ANSWER_TIMEOUT_MS = 60_000;

/**
 * The whole uploader on 127.0.0.1: an object that is put becomes an S3 event, a message, an invocation of the built
 * function. Throws `PortTaken`, `FolderInUse`, or a `FunctionFailure` if the bundle can't be loaded.
 */
export async function startLocalStack(options: LocalStackOptions): Promise<LocalStack> {
  await using opened = new AsyncDisposableStack();
  const place = { region: LOCAL_REGION };
  const dynamodb = await startLocalDynamoDb({
    ...place,
    dataDir: join(options.dataDir, 'ledger'),
    tableName: LEDGER_TABLE,
  });
  opened.defer(dynamodb.close);
  const sqs = await startLocalSqs({
    ...place,
    ...queueNames,
    visibilitySeconds:
      options.visibilitySeconds ?? visibilitySeconds(functionTimeoutMs(options), options.waitsDivisor),
  });
  opened.defer(sqs.close);
  const clients = queueClients(sqs);
  opened.defer(() => clients.destroy());
  const s3 = await startLocalS3({
    dataDir: options.dataDir,
    buckets: [BUCKET],
    port: options.s3Port ?? 0,
    onObjectCreated: async (created) => {
      const MessageBody = JSON.stringify(objectCreatedEvent(created, LOCAL_REGION));
      await clients.sqs.send(new SendMessageCommand({ QueueUrl: sqs.queueUrl, MessageBody }));
    },
    onError: (error) => options.onLine(`The local S3 failed: ${String(error)}`),
  });
  opened.defer(s3.close);
  const endpoints = { s3: s3.endpoint, sqs: sqs.endpoint, dynamodb: dynamodb.endpoint };
  const functionEndpoints = (await options.functionEndpoints?.(endpoints)) ?? endpoints;
  const environment = functionEnvironment(options, functionEndpoints, sqs);
  const host = startHost(options, environment);
  opened.defer(host.stop);
  await host.warm();
  const pump = startFunctionPump(options, host, sqs, clients);
  opened.defer(() => stopped(pump));
  const { queueUrl, deadLetterQueueUrl } = sqs;
  const everything = opened.move();
  return {
    endpoints,
    bucket: BUCKET,
    queueUrl,
    deadLetterQueueUrl,
    tableName: LEDGER_TABLE,
    environment,
    stop: () => everything.disposeAsync(),
  };
}

const functionTimeoutMs = (options: LocalStackOptions) => options.functionTimeoutMs ?? FUNCTION_TIMEOUT_MS;

const queueNames = { queueName: 'uploader-arrivals', deadLetterQueueName: 'uploader-dead-letters' };

function queueClients({ endpoint }: LocalSqs): CloudClients {
  return createClients({
    answerTimeoutMs: QUEUE_ANSWER_TIMEOUT_MS,
    connection: {
      region: LOCAL_REGION,
      credentials: { accessKeyId: LOCAL_ACCESS_KEY_ID, secretAccessKey: 'local' },
      endpoints: { sqs: endpoint },
    },
  });
}

function startHost(options: LocalStackOptions, environment: Readonly<Record<string, string>>): FunctionHost {
  return createFunctionHost({
    bundleFile: options.bundleFile,
    environment,
    timeoutMs: functionTimeoutMs(options),
    concurrency: options.concurrency ?? CONCURRENCY,
    onLine: options.onLine,
  });
}

function startFunctionPump(
  options: LocalStackOptions,
  host: FunctionHost,
  sqs: LocalSqs,
  clients: CloudClients,
): Pump {
  return startPump({
    sqs: clients.sqs,
    queueUrl: sqs.queueUrl,
    queueArn: sqs.queueArn,
    region: LOCAL_REGION,
    batchSize: BATCH_SIZE,
    // A person waits for the first document; a full delivery saves nothing here.
    batchingWindowSeconds: 0,
    maxConcurrency: options.concurrency ?? CONCURRENCY,
    invoke: host.invoke,
    onLine: options.onLine,
  });
}

async function stopped(pump: Pump): Promise<void> {
  const waiting = new AbortController();
  const patience = delay(STOP_GRACE_MS, undefined, { signal: waiting.signal }).catch(() => undefined);
  await Promise.race([pump.stop(), patience]);
  waiting.abort();
  await pump.kill();
}
