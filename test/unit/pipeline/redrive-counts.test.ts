import { describe, expect, test } from 'vitest';
import { countUnsettled } from '../../../lib/pipeline/count-unsettled.ts';
import { UploaderError } from '../../../lib/pipeline/failures.ts';
import type { UnsettledDocuments } from '../../../lib/pipeline/ports.ts';
import { memoryLedgerQueries } from '../../support/memory/ledger.ts';
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

  test('is not told where time was too short to come across any', async () => {
    const world = oneAttempt();
    await parkedDocument(world);
    const told = await runSchedule(world, { signal: AbortSignal.abort() });
    expect(told.parked).toBeUndefined();
  });

  test('is told by a run that is out of time before it has read its letters', async () => {
    const world = oneAttempt();
    await parkedDocument(world, 'in/rejected.pdf', forAPerson);
    const aborter = new AbortController();
    const receive = async () => {
      aborter.abort();
      return [];
    };
    const run = { signal: aborter.signal, deadLetters: { receive } };
    expect(await runSchedule(world, run)).toMatchObject({ parked: 1, overdue: 0 });
  });

  test('is told by a run whose dead-letter queue fails', async () => {
    const world = oneAttempt();
    await parkedDocument(world, 'in/rejected.pdf', forAPerson);
    const down = new UploaderError('queue.unavailable', 'as told');
    const twists = [{ at: 'before deadLetters.receive', does: down }] as const;
    await expect(runSchedule(world, { twists })).rejects.toBe(down);
    expect(world.journal.named('redrive.ended')).toMatchObject([{ fields: { parked: 1 } }]);
  });

  test('is at least so many, where time was too short to count it all', async () => {
    const world = oneAttempt();
    await parkedDocument(world, 'in/rejected.pdf', forAPerson);
    const [item] = world.ledger.documents();
    const aborter = new AbortController();
    const documents = {
      async *unsettled(state: string) {
        if (state !== 'parked' || item === undefined) return;
        yield* [item, item];
        aborter.abort();
        yield item;
      },
    };
    expect(await runSchedule(world, { documents, signal: aborter.signal })).toMatchObject({ parked: 2 });
  });

  test('is read as far as leaves the run its time, however much there is', async () => {
    const world = oneAttempt();
    await parkedDocument(world, 'in/rejected.pdf', forAPerson);
    const [item] = world.ledger.documents();
    let read = 0;
    const documents = {
      async *unsettled(state: string) {
        for (; state === 'unknown' && item !== undefined; read += 1) yield item;
      },
    };
    expect((await runSchedule(world, { documents })).overdue).toBeUndefined();
    expect(read).toBe(50_000);
  });
});

describe('a run that only counts', () => {
  test('tells what is parked and overdue, and moves nothing, however due it is', async () => {
    const world = oneAttempt();
    await parkedDocument(world);
    await world.clock.advance(2 * HOUR);
    const { clock, chance, journal } = world.ports;
    const nobody = () => Promise.reject(new Error('It speaks to a queue'));
    const deadLetters = { receive: nobody, sendBack: nobody, remove: nobody, giveBack: nobody };
    const visit = {
      ports: {
        clock,
        chance,
        journal,
        deadLetters,
        ledger: world.ledger,
        documents: memoryLedgerQueries(world.ledger),
      },
      settings: world.settings,
      deadlineMs: clock.nowMs() + HOUR,
      signal: new AbortController().signal,
    };
    expect(await countUnsettled(visit)).toMatchObject({ read: 0, sentBack: 0, parked: 1, overdue: 0 });
    expect(world.journal.named('redrive.ended')).toMatchObject([{ fields: { parked: 1, overdue: 0 } }]);
    expect(world.queue.messages()).toEqual([]);
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
