import { expect } from 'vitest';
import type { Arrival, LookMessage } from '../../../lib/pipeline/model.ts';
import { memoryWorld, type World } from '../../support/memory/world.ts';

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
/** How wrong clocks may be: an answer is lost, for others, this much later. */
export const SKEW = 30 * SECOND;
/** From the loss until "not there" counts. */
export const QUIET = 15 * MINUTE + SKEW;

/** A batch that is open, and one more document sent into it whose answer is lost. */
export async function lost(world: World, kept: boolean | 'later', key = 'in/a.pdf'): Promise<Arrival> {
  const opener = await world.put('in/opener.pdf');
  await world.deliver();
  expect(world.document(opener)?.state).toBe('uploaded');
  return lostInto(world, kept, key);
}

export async function lostInto(world: World, kept: boolean | 'later', key: string): Promise<Arrival> {
  world.extracta.planUpload(kept === 'later' ? { kind: 'accept-later' } : { kind: 'lose-answer', kept });
  const arrival = await world.put(key);
  await world.deliver({ max: 1 });
  expect(world.document(arrival)).toMatchObject({ state: 'unknown', lostAtMs: world.clock.nowMs() + SKEW });
  return arrival;
}

/** Lost in A, and after the quiet time lost again in B. */
export async function inTwoBatches() {
  const world = memoryWorld({ route: { batch: { by: 'folder', maxFiles: 2 } } });
  const arrival = await lost(world, false);
  await world.put('in/opener-of-B.pdf');
  await world.deliver({ max: 1, only: ({ body }) => body.includes('opener-of-B') });
  await world.clock.advance(QUIET);
  world.extracta.planUpload({ kind: 'lose-answer', kept: false });
  await world.deliver({ max: 1 });
  expect(world.document(arrival)?.sentTo).toHaveLength(2);
  await world.clock.advance(QUIET);
  return { world, arrival, item: () => world.document(arrival) };
}

export const callTimes = (world: World) => world.journal.named('batch.asked').length;
export const looks = (world: World): LookMessage[] =>
  world.queue
    .messages()
    .map(({ body }) => JSON.parse(body))
    .filter(({ uploader }) => uploader === 'look');
