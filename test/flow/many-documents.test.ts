import { expect, test } from 'vitest';
import { each } from '../../lib/local/put.ts';
import { type PutDocument, startWorld, type World } from './handler-world.ts';

const DOCUMENTS = 300;
const CONTAINERS = 4;
const DELIVERY = 10;

interface Worked {
  /** Of what was put, in order of their hashes. */
  readonly sent: readonly string[];
  /**
   * Walks beyond the one that a document needs: a send failed and was tried again, or a slow delivery's message was
   * received twice. Each may have taken a place in a batch and not used it.
   */
  readonly further: number;
}

/** Puts all of them into one new folder, and only then lets the containers at the queue. */
async function uploadAtOnce(world: World): Promise<Worked> {
  const documents: PutDocument[] = [];
  await each(
    Array.from({ length: DOCUMENTS }, (_, number) => number),
    async (number) => {
      documents.push(await world.put(`new folder/${number}.txt`, Buffer.from(`document ${number}`)));
    },
  );
  await each(documents, ({ event }) => world.queue.send(event));
  const walks = await Promise.all(Array.from({ length: CONTAINERS }, () => workUntilEmpty(world)));
  return {
    sent: documents.map(({ sha256 }) => sha256).sort(),
    further: walks.reduce((sum, each) => sum + each, 0) - DOCUMENTS,
  };
}

/** What is kept comes back by its visibility; a long poll waits for it. Resolves with its walks that may have taken a place. */
async function workUntilEmpty(world: World): Promise<number> {
  const { handler, verdicts } = world.container();
  while ((await world.queue.length()) > 0) {
    const messages = await world.queue.receiveSome(DELIVERY);
    if (messages.length > 0) await world.queue.deliver(handler, messages);
  }
  const outcomes = verdicts.flatMap((verdict) => verdict.outcomes);
  return outcomes.filter((outcome) => outcome.kind !== 'deferred' || outcome.code !== 'batch.opening').length;
}

function batchSizes(world: World): readonly number[] {
  const sizes = new Map<string, number>();
  for (const { batchId } of world.extracta.truth()) sizes.set(batchId, (sizes.get(batchId) ?? 0) + 1);
  return [...sizes.values()].sort((a, b) => a - b);
}

const full = (further: number) => Math.ceil((DOCUMENTS + further) / 100);

test('300 objects into one new folder at once: none twice, one batch', async () => {
  await using world = await startWorld(() => undefined, { by: 'folder' });
  const { sent } = await uploadAtOnce(world);
  expect(heldBy(world)).toEqual(sent);
  expect(batchSizes(world)).toEqual([300]);
  expect(world.extracta.violations()).toEqual([]);
});

test('with `maxFiles` 100: none over it, and three batches unless a place was taken in vain', async () => {
  await using world = await startWorld(() => undefined, { by: 'folder', maxFiles: 100 });
  const { sent, further } = await uploadAtOnce(world);
  expect(heldBy(world)).toEqual(sent);
  const sizes = batchSizes(world);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(100);
  expect(sizes.length).toBeLessThanOrEqual(full(further));
  expect(world.extracta.violations()).toEqual([]);
});

function heldBy(world: World): readonly string[] {
  return world.extracta
    .truth()
    .map(({ sha256 }) => sha256)
    .sort();
}
