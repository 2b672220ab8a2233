import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Message } from '@aws-sdk/client-sqs';
import { expect, test, vi } from 'vitest';
import { operationOf } from '../../bench/line/calls.ts';
import { compose } from '../../lambdas/compose.ts';
import { readSettings } from '../../lambdas/settings.ts';
import { createHandler } from '../../lambdas/upload.ts';
import { startFaultProxy } from '../fault/real/fault-proxy.ts';
import { context, eventOf } from './handler-queue.ts';
import { CLASSIFICATION_ID, startWorld, type World } from './handler-world.ts';

/**
 * What a document may cost, counted where the requests pass: the SDK's own retries would show. Receiving and deleting
 * messages is Lambda's part, and not among these.
 */

const DOCUMENTS = 60;
const DELIVERY = 10;
/** For a document: what the slot, the breaker and the opening of a batch may add to it. */
const SLOT_AND_BREAKER = 0.2;

interface Counts {
  readonly reads: number;
  readonly writes: number;
  readonly gets: number;
  readonly heads: number;
  readonly queue: number;
  readonly posts: number;
}

/** Uploads documents into one new folder by one container, and counts what it asks, a document. */
async function counted(route: Readonly<Record<string, unknown>>): Promise<Counts> {
  await using world = await startWorld(() => undefined);
  const documents = await Promise.all(
    Array.from({ length: DOCUMENTS }, (_, n) => world.put(`folder/${n}.pdf`, Buffer.from(`document ${n}`))),
  );
  await using asked = await listeningOn(world);
  const handler = await handlerFor(world, route, asked.environment);
  for (let at = 0; at < DOCUMENTS; at += DELIVERY) {
    const bodies = documents.slice(at, at + DELIVERY).map(({ event }) => event);
    const event = eventOf(bodies.map((Body, n) => received(Body, String(at + n))));
    expect(await handler(event, context())).toEqual({ batchItemFailures: [] });
  }
  expect(world.extracta.truth()).toHaveLength(DOCUMENTS);
  const each = (...names: readonly string[]) =>
    asked.operations.filter((name) => names.includes(name)).length / DOCUMENTS;
  const known = ['GetItem', 'PutItem', 'UpdateItem', 'GetObject', 'HEAD'];
  return {
    reads: each('GetItem'),
    writes: each('PutItem', 'UpdateItem'),
    gets: each('GetObject'),
    heads: each('HEAD'),
    queue: asked.operations.filter((name) => !known.includes(name)).length / DOCUMENTS,
    posts: world.extracta.requests().length / DOCUMENTS,
  };
}

function received(Body: string, id: string): Message {
  const nowMs = String(Date.now());
  const Attributes = {
    ApproximateReceiveCount: '1',
    SentTimestamp: nowMs,
    ApproximateFirstReceiveTimestamp: nowMs,
  };
  return { Body, MessageId: id, ReceiptHandle: id, Attributes };
}

/** Proxies in front of the servers, and the environment that leads through them. */
async function listeningOn({ environment }: World) {
  await using opened = new AsyncDisposableStack();
  const operations: string[] = [];
  const through = async (url: string | undefined) => {
    const proxy = await startFaultProxy(url ?? '', ({ method, path, headers }) => {
      operations.push(operationOf({ method, path, target: headers['x-amz-target']?.toString() }));
      return { isForwarded: true };
    });
    return opened.use(proxy).endpoint;
  };
  const cloud = await through(environment['AWS_ENDPOINT_URL_S3']);
  const queueAt = (name: string) => cloud + new URL(environment[name] ?? '').pathname;
  const changed = {
    AWS_ENDPOINT_URL_S3: cloud,
    AWS_ENDPOINT_URL_SQS: cloud,
    AWS_ENDPOINT_URL_DYNAMODB: await through(environment['AWS_ENDPOINT_URL_DYNAMODB']),
    UPLOADER_QUEUE_URL: queueAt('UPLOADER_QUEUE_URL'),
    UPLOADER_DEAD_LETTER_QUEUE_URL: queueAt('UPLOADER_DEAD_LETTER_QUEUE_URL'),
  };
  for (const [name, value] of Object.entries(changed)) vi.stubEnv(name, value);
  const everything = opened.move();
  return {
    operations,
    environment: { ...environment, ...changed },
    [Symbol.asyncDispose]: () => everything.disposeAsync(),
  };
}

/** One container, whose clock stands still: how long a memory is good for is not what is counted. */
async function handlerFor(
  world: World,
  route: Readonly<Record<string, unknown>>,
  environment: World['environment'],
) {
  const config = { routes: [{ prefix: '', classificationId: CLASSIFICATION_ID, ...route }] };
  await writeFile(join(world.folder, 'uploader.config.json'), JSON.stringify(config));
  const settings = await readSettings(environment, world.folder);
  const nowMs = Date.now();
  return createHandler(async (telemetry) => {
    const composition = compose(settings, telemetry);
    const clock = { ...composition.ports.clock, nowMs: () => nowMs };
    return { ...composition, ports: { ...composition.ports, clock } };
  });
}

const within = (least: number) => ({ least, most: least + SLOT_AND_BREAKER });

function expectBudget(counts: Counts, budget: { readonly writes: number; readonly heads: number }): void {
  const calls = counts.reads + counts.writes;
  const { least, most } = within(1 + budget.writes);
  expect(counts).toMatchObject({ gets: 1, heads: budget.heads, queue: 0, posts: 1 });
  expect(counts.reads).toBeGreaterThanOrEqual(1);
  expect(calls).toBeGreaterThanOrEqual(least);
  expect(calls).toBeLessThanOrEqual(most);
}

test('an ordinary document: 1 GetObject, 1 read, 2 writes, 1 POST, and 0.2 for slot and breaker', async () => {
  expectBudget(await counted({}), { writes: 2, heads: 0 });
});

test('with `maxFiles`: 1 write more, the place in the batch', async () => {
  // The opener has the first place, without a write of its own.
  const writes = 3 - 1 / DOCUMENTS;
  expectBudget(await counted({ batch: { by: 'folder', maxFiles: 1000 } }), { writes, heads: 0 });
});

test('where the route permits overrides: 1 HeadObject more', async () => {
  expectBudget(await counted({ metadataOverrides: true }), { writes: 2, heads: 1 });
});
