import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Message } from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import { type Calls, countCalls } from '../../bench/line/calls.ts';
import { compose } from '../../lambdas/compose.ts';
import { readSettings } from '../../lambdas/settings.ts';
import { createHandler } from '../../lambdas/upload.ts';
import { each } from '../../lib/local/put.ts';
import { context, eventOf } from './handler-queue.ts';
import { CLASSIFICATION_ID, startWorld, type World } from './handler-world.ts';

/**
 * What a document may ask, counted as Node's client and undici tell of each request: the SDK's own retries would show.
 * Receiving and deleting messages is Lambda's part, and not among these.
 */

const DOCUMENTS = 50;
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
  const events: string[] = [];
  const numbers = Array.from({ length: DOCUMENTS }, (_, n) => n);
  await each(numbers, async (n) => {
    events.push((await world.put(`folder/${n}.pdf`, Buffer.from(`document ${n}`))).event);
  });
  const handler = await handlerFor(world, route);
  const asked = countCalls();
  for (let at = 0; at < DOCUMENTS; at += DELIVERY) {
    const some = events.slice(at, at + DELIVERY);
    const event = eventOf(some.map((body, n) => received(body, String(at + n))));
    expect(await handler(event, context())).toEqual({ batchItemFailures: [] });
  }
  expect(world.extracta.truth()).toHaveLength(DOCUMENTS);
  return countsOf(callsTo(world, asked()), world.extracta.requests().length);
}

/** A worker's other tests may still be closing their connections. */
function callsTo({ environment }: World, calls: Calls): Calls {
  const urls = Object.entries(environment).filter(([name]) => /^AWS_ENDPOINT_URL_|_EXTRACTA_URL$/.test(name));
  const hosts = new Set(urls.map(([, url]) => new URL(url).host));
  return Object.fromEntries(Object.entries(calls).filter(([name]) => hosts.has(name.split(' ')[0] ?? '')));
}

/** Everything that no name is known for is left to `queue`, which is to be nothing. */
function countsOf(calls: Calls, posts: number): Counts {
  const named = new Map<string, number>();
  for (const [name, count] of Object.entries(calls)) {
    const operation = name.split(' ').at(-1) ?? '';
    named.set(operation, (named.get(operation) ?? 0) + count);
  }
  const all = [...named.values()].reduce((sum, count) => sum + count, 0);
  const of = (operation: string) => named.get(operation) ?? 0;
  const [reads, gets, heads] = [of('GetItem'), of('GetObject'), of('HEAD')];
  const writes = of('PutItem') + of('UpdateItem');
  const queue = all - reads - writes - gets - heads - posts;
  const a = (count: number) => count / DOCUMENTS;
  return {
    reads: a(reads),
    writes: a(writes),
    gets: a(gets),
    heads: a(heads),
    queue: a(queue),
    posts: a(posts),
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

/** One container, whose clock stands still: how long a memory is good for is not what is counted. */
async function handlerFor(world: World, route: Readonly<Record<string, unknown>>) {
  const config = { routes: [{ prefix: '', classificationId: CLASSIFICATION_ID, ...route }] };
  await writeFile(join(world.folder, 'uploader.config.json'), JSON.stringify(config));
  const settings = await readSettings(world.environment, world.folder);
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
