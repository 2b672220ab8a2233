import { describe, expect, test } from 'vitest';
import { forgetLetters, HOUR, oneAttempt, parkedDocument, runSchedule, startRun } from './redrive-scene.ts';

/** Nothing lies in the dead-letter queue any more. */
describe('a document whose letter nobody meets', () => {
  test('is sent back from the ledger, when it is due for as long again as it had to wait', async () => {
    const world = oneAttempt();
    const arrival = await parkedDocument(world);
    const { parkId } = world.document(arrival) ?? {};
    await forgetLetters(world);
    await world.clock.advance(2 * HOUR - 1);
    expect(await runSchedule(world)).toMatchObject({ sentBack: 0 });
    await world.clock.advance(1);
    expect(await runSchedule(world)).toMatchObject({ read: 0, sentBack: 1, fromLedger: 1 });
    expect(world.queue.messages().map(({ body }) => JSON.parse(body))).toEqual([
      { uploader: 'arrival', arrival, parkId },
    ]);
    await world.deliverUntilQuiet();
    expect(world.document(arrival)).toMatchObject({ state: 'uploaded', redrives: 1 });
  });

  test('is sent back once for each parking, however long its message waits', async () => {
    const world = oneAttempt();
    await parkedDocument(world);
    await forgetLetters(world);
    await world.clock.advance(3 * HOUR);
    await runSchedule(world);
    await world.clock.advance(24 * HOUR);
    expect(await runSchedule(world)).toMatchObject({ sentBack: 0 });
    expect(world.queue.messages()).toHaveLength(1);
  });

  test('and its letter, met later, is removed without another message', async () => {
    const world = oneAttempt();
    await parkedDocument(world);
    await world.clock.advance(2 * HOUR);
    const [unseen] = await world.deadLetters.receive();
    expect(await runSchedule(world)).toMatchObject({ fromLedger: 1 });
    await world.deadLetters.changeVisibility(unseen?.receiptHandle ?? '', 0);
    expect(await runSchedule(world)).toMatchObject({ read: 1, sentBack: 0, removed: 1 });
    expect(world.queue.messages()).toHaveLength(1);
  });

  test('is one of many: ten at a time', async () => {
    const world = oneAttempt();
    for (let n = 0; n < 25; n += 1) await parkedDocument(world, `in/${n}.pdf`);
    await forgetLetters(world);
    await world.clock.advance(2 * HOUR);
    const { ended, steps } = startRun(world);
    expect(await world.clock.drive(ended)).toMatchObject({ fromLedger: 25 });
    const sends = steps.filter(({ operation }) => operation === 'deadLetters.sendBack');
    expect(sends.map(({ subject }) => (subject as unknown[]).length)).toEqual([10, 10, 5]);
    await world.deliverUntilQuiet();
    expect(world.ledger.documents().every(({ state }) => state === 'uploaded')).toBe(true);
  });

  test('is left alone where the index lags behind a ledger that knows better', async () => {
    const world = oneAttempt();
    const arrival = await parkedDocument(world);
    const lagging = world.ledger.documents();
    await world.redrive();
    await world.deliver();
    expect(world.document(arrival)).toMatchObject({ state: 'uploaded' });
    await world.clock.advance(2 * HOUR);
    const gone = { ...lagging[0], arrival: { ...arrival, key: 'in/gone.pdf' } } as (typeof lagging)[number];
    const documents = {
      async *unsettled(state: string) {
        if (state === 'parked') yield* [...lagging, gone];
      },
    };
    expect(await runSchedule(world, { documents })).toMatchObject({ sentBack: 0 });
    expect(world.queue.messages()).toEqual([]);
  });

  test('waits for the next run where this one’s time is over', async () => {
    const world = oneAttempt();
    await parkedDocument(world);
    await forgetLetters(world);
    await world.clock.advance(2 * HOUR);
    expect(await runSchedule(world, { signal: AbortSignal.abort() })).toMatchObject({ sentBack: 0 });
    expect(world.queue.messages()).toEqual([]);
  });
});
