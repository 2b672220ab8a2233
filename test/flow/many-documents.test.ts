import { expect, test } from 'vitest';
import type { BatchPolicy } from '../../lib/pipeline/model.ts';
import { startWorld, type World } from './handler-world.ts';

const DOCUMENTS = 300;
const CONTAINERS = 4;
const DELIVERY = 10;

/** Puts all of them into one new folder, and only then lets the containers at the queue. */
async function uploadAtOnce(world: World): Promise<readonly string[]> {
  const numbers = Array.from({ length: DOCUMENTS }, (_, number) => number);
  const put = (number: number) => world.put(`new folder/${number}.txt`, Buffer.from(`document ${number}`));
  const documents = await Promise.all(numbers.map(put));
  await Promise.all(documents.map(({ event }) => world.queue.send(event)));
  await Promise.all(Array.from({ length: CONTAINERS }, () => workUntilEmpty(world)));
  return documents.map(({ sha256 }) => sha256).sort();
}

/** What is kept comes back by its visibility; a long poll waits for it. */
async function workUntilEmpty(world: World): Promise<void> {
  const { handler } = world.container();
  while ((await world.queue.length()) > 0) {
    const messages = await world.queue.receiveSome(DELIVERY);
    if (messages.length > 0) await world.queue.deliver(handler, messages);
  }
}

function batchSizes(world: World): readonly number[] {
  const sizes = new Map<string, number>();
  for (const { batchId } of world.extracta.truth()) sizes.set(batchId, (sizes.get(batchId) ?? 0) + 1);
  return [...sizes.values()].sort((a, b) => a - b);
}

const policies: readonly [string, BatchPolicy, readonly number[]][] = [
  ['one batch', { by: 'folder' }, [300]],
  ['with `maxFiles` 100: three batches, none over it', { by: 'folder', maxFiles: 100 }, [100, 100, 100]],
];

test.each(policies)('300 objects into one new folder at once: none twice, %s', async (_, batch, sizes) => {
  await using world = await startWorld(() => undefined, batch);
  const sent = await uploadAtOnce(world);
  const held = world.extracta.truth().map(({ sha256 }) => sha256);
  expect([...held].sort()).toEqual(sent);
  expect(batchSizes(world)).toEqual(sizes);
  expect(world.extracta.violations()).toEqual([]);
});
