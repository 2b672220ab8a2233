import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { S3Event, SQSEvent } from 'aws-lambda';
import { expect, test } from 'vitest';
import { FolderInUse } from '../../lib/local/folder-hold.ts';
import { PortTaken } from '../../lib/local/loopback.ts';
import { type LocalStack, type LocalStackOptions, startLocalStack } from '../../lib/local/stack.ts';
import { temporaryFolder } from '../support/local-s3.ts';

/** Writes what it was given, one line an invocation; leaves the message of a key with `hang` unanswered. */
const ECHO = `export const handler = async (event) => {
  console.log(JSON.stringify({ event, env: process.env }));
  if (JSON.stringify(event).includes('hang')) await new Promise((r) => setTimeout(r, 2 ** 30));
  return { batchItemFailures: [] };
};`;

interface Echoed {
  readonly event: SQSEvent;
  readonly env: Record<string, string>;
}

interface StackUnderTest extends AsyncDisposable {
  readonly stack: LocalStack;
  readonly s3: S3Client;
  /** The next invocation that the function has begun. */
  next(): Promise<Echoed>;
}

function optionsIn(dir: string): LocalStackOptions {
  return {
    dataDir: join(dir, 'data'),
    bundleFile: join(dir, 'bundle.mjs'),
    configFile: join(dir, 'uploader.config.json'),
    extractaUrl: 'http://127.0.0.1:1/api/v1',
    // No canary: this bundle is one that says all that it is given.
    apiToken: 'token-of-the-test',
    concurrency: 1,
    onLine: () => undefined,
  };
}

async function stackIn(dir: string, overrides: Partial<LocalStackOptions> = {}): Promise<StackUnderTest> {
  await writeFile(join(dir, 'bundle.mjs'), ECHO);
  const lines = new TransformStream<string, string>({}, { highWaterMark: 1000 });
  const [writer, reader] = [lines.writable.getWriter(), lines.readable.getReader()];
  const onLine = (line: string) => void writer.write(line);
  const stack = await startLocalStack({ ...optionsIn(dir), onLine, ...overrides });
  const s3 = new S3Client({
    endpoint: stack.endpoints.s3,
    region: stack.environment['AWS_REGION'] ?? '',
    credentials: { accessKeyId: stack.environment['AWS_ACCESS_KEY_ID'] ?? '', secretAccessKey: 'x' },
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
  const dispose = async () => {
    s3.destroy();
    await stack.stop();
  };
  const next = async () => JSON.parse((await reader.read()).value ?? '') as Echoed;
  return { stack, s3, next, [Symbol.asyncDispose]: dispose };
}

const put = (local: StackUnderTest, Key: string, Body = 'hello') =>
  local.s3.send(new PutObjectCommand({ Bucket: local.stack.bucket, Key, Body }));

const arrivals = ({ event }: Echoed) =>
  event.Records.flatMap(({ body }) => (JSON.parse(body) as S3Event).Records);

test('an object that is put becomes an invocation of the bundle, which is told where everything is', async () => {
  await using dir = await temporaryFolder();
  await using local = await stackIn(dir.path, { waitsDivisor: 100 });
  await put(local, 'in box/größe & co.txt');
  const echoed = await local.next();
  expect(arrivals(echoed)).toMatchObject([
    {
      eventName: 'ObjectCreated:Put',
      s3: {
        bucket: { name: 'documents' },
        object: {
          key: 'in+box/gr%C3%B6%C3%9Fe+%26+co.txt',
          size: 5,
          eTag: '5d41402abc4b2a76b9719d911017c592',
        },
      },
    },
  ]);
  const { endpoints, environment, queueUrl, deadLetterQueueUrl, tableName } = local.stack;
  expect(echoed.env).toMatchObject(environment);
  expect(environment).toEqual({
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'S3RVER',
    AWS_SECRET_ACCESS_KEY: expect.any(String),
    AWS_ENDPOINT_URL_S3: endpoints.s3,
    AWS_ENDPOINT_URL_SQS: endpoints.sqs,
    AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamodb,
    UPLOADER_CONFIG_FILE: join(dir.path, 'uploader.config.json'),
    UPLOADER_TABLE_NAME: tableName,
    UPLOADER_QUEUE_URL: queueUrl,
    UPLOADER_DEAD_LETTER_QUEUE_URL: deadLetterQueueUrl,
    UPLOADER_EXTRACTA_URL: 'http://127.0.0.1:1/api/v1',
    UPLOADER_API_TOKEN: 'token-of-the-test',
    UPLOADER_WAITS_DIVISOR: '100',
    UPLOADER_FORCE_PATH_STYLE: 'true',
  });
  for (const url of [...Object.values(endpoints), queueUrl, deadLetterQueueUrl]) {
    expect(new URL(url).hostname).toBe('127.0.0.1');
  }
});

test.each([
  [{}, '1800'],
  [{ waitsDivisor: 100 }, '30'],
  [{ functionTimeoutMs: 20_000, waitsDivisor: 2 }, '60'],
  [{ functionTimeoutMs: 50_000_000 }, '43200'],
])('with %j the queue hides a delivery for %s s', async (overrides, seconds) => {
  await using dir = await temporaryFolder();
  await using local = await stackIn(dir.path, overrides);
  const sqs = new SQSClient({
    endpoint: local.stack.endpoints.sqs,
    region: 'us-east-1',
    credentials: credentials(),
  });
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: local.stack.queueUrl, AttributeNames: ['VisibilityTimeout'] }),
  );
  expect(Attributes).toEqual({ VisibilityTimeout: seconds });
  sqs.destroy();
});

test('an invocation that outlives the function timeout is killed, and the next one is served', async () => {
  await using dir = await temporaryFolder();
  const lines: string[] = [];
  const killed = Promise.withResolvers<void>();
  const served = Promise.withResolvers<void>();
  const onLine = (line: string) => {
    lines.push(line);
    if (line.includes('was killed after')) killed.resolve();
    if (line.includes('after.txt')) served.resolve();
  };
  await using local = await stackIn(dir.path, { functionTimeoutMs: 1000, onLine });
  await put(local, 'hang.txt');
  await killed.promise;
  await put(local, 'after.txt');
  await served.promise;
});

test('stopping does not wait for an invocation that hangs', async () => {
  await using dir = await temporaryFolder();
  const local = await stackIn(dir.path);
  await put(local, 'hang.txt');
  await local.next();
  await local.stack.stop();
  local.s3.destroy();
});

test('a second one on the same folder, or on the same port, says so and leaves nothing running', async () => {
  await using dir = await temporaryFolder();
  await using other = await temporaryFolder();
  await using local = await stackIn(dir.path);
  await expect(startLocalStack(optionsIn(dir.path))).rejects.toThrow(FolderInUse);
  const s3Port = Number(new URL(local.stack.endpoints.s3).port);
  await expect(startLocalStack({ ...optionsIn(other.path), s3Port })).rejects.toThrow(PortTaken);
  await using _ = await stackIn(other.path);
});

test('a bundle that cannot be loaded fails the start', async () => {
  await using dir = await temporaryFolder();
  const missing = startLocalStack({ ...optionsIn(dir.path), bundleFile: join(dir.path, 'none.mjs') });
  await expect(missing).rejects.toMatchObject({ kind: 'broken' });
});

const credentials = () => ({ accessKeyId: 'a', secretAccessKey: 'b' });
