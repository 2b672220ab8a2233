import { describe, expect, test } from 'vitest';
import { UploaderError } from '../../../lib/pipeline/failures.ts';
import type { UnsettledDocuments } from '../../../lib/pipeline/ports.ts';
import type { World } from '../../support/memory/world.ts';
import { forgetLetters, HOUR, oneAttempt, parkedDocument, runSchedule } from './redrive-scene.ts';

const forAPerson = new UploaderError('extracta.rejected', 'as told');

describe('what the ledger has parked', () => {
  test('is counted whether it has a letter or not, and without what is in the queue again', async () => {
    const world = oneAttempt();
    await parkedDocument(world, 'in/rejected.pdf', forAPerson);
    await parkedDocument(world, 'in/lost.pdf', forAPerson);
    await forgetLetters(world);
    await parkedDocument(world, 'in/passing.pdf');
    await world.clock.advance(HOUR / 2);
    expect(await runSchedule(world)).toMatchObject({ parked: 3 });
    await world.clock.advance(HOUR / 2);
    expect(await runSchedule(world)).toMatchObject({ sentBack: 1, parked: 2 });
    expect(await runSchedule(world)).toMatchObject({ parked: 2 });
  });

  test('is counted without what this run sends back from the ledger', async () => {
    const world = oneAttempt();
    await parkedDocument(world);
    await forgetLetters(world);
    await world.clock.advance(2 * HOUR);
    expect(await runSchedule(world)).toMatchObject({ fromLedger: 1, parked: 0 });
  });

  test('is not told where time was too short to count it all', async () => {
    const world = oneAttempt();
    await parkedDocument(world);
    const told = await runSchedule(world, { signal: AbortSignal.abort() });
    expect(told.parked).toBeUndefined();
  });
});

/** What the index would answer: documents whose answer was lost so long ago. */
function lostAgo(world: World, ...agesMs: readonly number[]): UnsettledDocuments {
  const [item] = world.ledger.documents();
  if (item === undefined) throw new Error('There is no document to copy');
  const nowMs = world.clock.nowMs();
  return {
    async *unsettled(state) {
      if (state === 'unknown') yield* agesMs.map((ageMs) => ({ ...item, state, lostAtMs: nowMs - ageMs }));
    },
  };
}

describe('an outcome that is unknown', () => {
  test('counts as overdue when four quiet times have passed since its answer was lost', async () => {
    const world = oneAttempt();
    await parkedDocument(world);
    expect(world.settings.waits.quietMs).toBe(HOUR / 4);
    const documents = lostAgo(world, HOUR - 1, HOUR, 20 * HOUR);
    expect(await runSchedule(world, { documents })).toMatchObject({ overdue: 2 });
  });

  test('is not counted where time was too short to look at all of them', async () => {
    const world = oneAttempt();
    await parkedDocument(world);
    const run = { documents: lostAgo(world, HOUR), signal: AbortSignal.abort() };
    expect((await runSchedule(world, run)).overdue).toBeUndefined();
  });
});
