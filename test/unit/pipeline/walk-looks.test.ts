import { describe, expect, test } from 'vitest';
import { tagFor } from '../../../lib/pipeline/file-name.ts';
import { CLASSIFICATION, memoryWorld } from '../../support/memory/world.ts';

import { callTimes, HOUR, lost, lostInto, MINUTE, QUIET, SECOND } from './lost-answers.ts';

describe('a lost answer, the batch known', () => {
  test('is found by the first look, soon, and nothing is sent again', async () => {
    const world = memoryWorld();
    const arrival = await lost(world, true);
    const lostAtMs = world.clock.nowMs();
    await world.untilNextMessage();
    expect(world.clock.nowMs() - lostAtMs).toBeLessThanOrEqual(5 * SECOND);
    const [file] = world.filesOf(arrival);
    const mapping = { fileId: file?.fileId, batchId: file?.batchId, fileName: file?.fileName };
    expect(await world.outcomes()).toMatchObject([{ kind: 'uploaded', mapping }]);
    expect(world.document(arrival)).toMatchObject({ state: 'uploaded', mapping, attempts: 1, sentTo: [] });
    expect(world.document(arrival)).not.toHaveProperty('lostAtMs');
    expect(world.journal.named('document.found')).toHaveLength(1);
    await world.deliverUntilQuiet();
    expect(world.filesOf(arrival)).toHaveLength(1);
  });

  test('is sent again when it is not there, and not before the quiet time is over', async () => {
    const world = memoryWorld();
    const arrival = await lost(world, false);
    const lostAtMs = world.clock.nowMs();
    await world.deliverUntilQuiet({ forMs: QUIET - 1 });
    expect(world.document(arrival)).toMatchObject({ state: 'unknown', attempts: 1 });
    expect(world.document(arrival)?.looks).toBeGreaterThan(1);
    await world.deliverUntilQuiet();
    expect(world.document(arrival)).toMatchObject({ state: 'uploaded', attempts: 2 });
    expect(world.document(arrival)?.mapping?.uploadedAtMs).toBeGreaterThanOrEqual(lostAtMs + QUIET);
    expect(world.filesOf(arrival)).toHaveLength(1);
  });

  test('is looked for after growing waits, and at the latest soon after the quiet time', async () => {
    const world = memoryWorld();
    const arrival = await lost(world, false);
    const lostAtMs = world.clock.nowMs();
    while (world.document(arrival)?.state === 'unknown') {
      await world.untilNextMessage();
      await world.deliver();
    }
    expect(callTimes(world)).toBeLessThan(12);
    expect(world.clock.nowMs() - lostAtMs).toBeLessThan(QUIET + 10 * SECOND);
  });

  test('a batch in work says nothing about what is not in it', async () => {
    const world = memoryWorld();
    const arrival = await lost(world, false);
    await world.clock.advance(QUIET);
    world.extracta.planResults({ kind: 'waiting' });
    expect(await world.outcomes()).toMatchObject([{ kind: 'deferred', code: 'results.inconclusive' }]);
    expect(world.document(arrival)).toMatchObject({ state: 'unknown', attempts: 1, looks: 1 });
    expect(world.filesOf(arrival)).toEqual([]);
  });

  test('24 h without a conclusive answer: parked, and where it may be is kept', async () => {
    const world = memoryWorld();
    const arrival = await lost(world, false);
    const { sentTo } = world.document(arrival) ?? {};
    const isWaiting = { at: 'before extracta.results', times: 9_999 } as const;
    world.twists.add({ ...isWaiting, does: () => world.extracta.planResults({ kind: 'waiting' }) });
    const lostAtMs = world.clock.nowMs();
    await world.deliverUntilQuiet();
    expect(world.document(arrival)).toMatchObject({
      state: 'parked',
      sentTo,
      attempts: 1,
      lastFailure: { code: 'upload.unverifiable' },
    });
    expect(world.clock.nowMs() - lostAtMs).toBeGreaterThanOrEqual(24 * HOUR);
    expect(world.clock.nowMs() - lostAtMs).toBeLessThan(25 * HOUR);
    expect(world.filesOf(arrival)).toEqual([]);
  });

  test('one answer serves every document of the batch', async () => {
    const world = memoryWorld();
    const arrivals = [await lost(world, false, 'in/0.pdf')];
    for (let n = 1; n < 6; n += 1) {
      // Others get through between, so that the line stays open.
      await world.put(`others/${n}.pdf`);
      await world.deliver({ max: 1, only: ({ body }) => body.includes('others') });
      arrivals.push(await lostInto(world, n % 2 === 0, `in/${n}.pdf`));
    }
    await world.clock.advance(QUIET + MINUTE);
    const asked = callTimes(world);
    await world.deliver();
    // All at once; who asked while another was asking comes back.
    await world.untilNextMessage();
    while (world.ledger.documents().some(({ state }) => state === 'unknown')) {
      await world.deliver();
      await world.untilNextMessage();
    }
    expect(callTimes(world) - asked).toBeLessThanOrEqual(2);
    expect(arrivals.map((arrival) => world.filesOf(arrival).length)).toEqual(Array(6).fill(1));
  });

  test('no two calls for results within two seconds, whoever makes them', async () => {
    const world = memoryWorld();
    await lost(world, false, 'in/0.pdf');
    await world.put('others/1.pdf');
    await world.deliver({ only: ({ body }) => body.includes('others') });
    await lostInto(world, false, 'others/2.pdf');
    const times: number[] = [];
    world.twists.add({
      at: 'before extracta.results',
      times: 99,
      does: () => times.push(world.clock.nowMs()),
    });
    await world.deliverUntilQuiet();
    expect(times.length).toBeGreaterThan(4);
    const gaps = times.slice(1).map((time, at) => time - (times[at] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(2 * SECOND);
  });

  test('two files with its tag are the same bytes: the first is adopted, the other recorded', async () => {
    const world = memoryWorld();
    const arrival = await lost(world, true);
    const [file] = world.filesOf(arrival);
    const twin = { fileId: '-second', fileName: file?.fileName ?? '', status: 'processed' };
    const first = { fileId: file?.fileId ?? '', fileName: file?.fileName ?? '' };
    world.extracta.planResults({ kind: 'files', files: [first, twin] });
    await world.untilNextMessage();
    await world.deliver();
    expect(world.document(arrival)).toMatchObject({
      mapping: { fileId: first.fileId },
      extraFiles: [{ fileId: '-second', batchId: file?.batchId }],
    });
    expect(world.journal.named('file.doubled')).toMatchObject([{ fields: { fileId: '-second' } }]);
  });

  test('is found where the route would not send it today', async () => {
    const world = memoryWorld();
    const arrival = await lost(world, true);
    const elsewhere = { ...world.settings.routes[0], classificationId: '-Oother' };
    world.settings = { ...world.settings, routes: [elsewhere as never] };
    await world.untilNextMessage();
    expect(await world.outcomes()).toMatchObject([
      { kind: 'uploaded', mapping: { classificationId: CLASSIFICATION } },
    ]);
    expect(world.filesOf(arrival)).toHaveLength(1);
  });

  test('is looked for in every batch that may hold it before it is sent a third time', async () => {
    const world = memoryWorld();
    const arrival = await lost(world, false);
    const { batchId } = world.document(arrival)?.sentTo[0] ?? {};
    const named = { ...world.settings.routes[0], batch: { id: 'B' } };
    await world.clock.advance(QUIET);
    // The second send names another batch, and its process dies with the answer.
    world.settings = { ...world.settings, routes: [named as never] };
    const accepted = { fileId: '-b', fileName: `a~${tagFor(arrival, 1)}.pdf` };
    expect(await world.deliver({ dies: 'before extracta.upload' })).toBe('died');
    expect(world.document(arrival)?.sentTo.map((pair) => pair.batchId)).toEqual([batchId, 'B']);
    await world.untilNextMessage();
    await world.clock.advance(QUIET);
    world.extracta.planResults({ kind: 'files', files: [] });
    world.extracta.planResults({ kind: 'files', files: [accepted] });
    const startedAtMs = world.clock.nowMs();
    expect(await world.outcomes()).toMatchObject([
      { kind: 'uploaded', mapping: { fileId: '-b', batchId: 'B' } },
    ]);
    // The second question waits for the pace, in the same visit.
    expect(world.clock.nowMs() - startedAtMs).toBe(2.5 * SECOND);
  });
});

describe('"no such batch"', () => {
  test('counts as "not there" after the quiet time, where the token still sees the classification', async () => {
    const world = memoryWorld();
    const arrival = await lost(world, false);
    world.extracta.deleteBatch(CLASSIFICATION, world.document(arrival)?.sentTo[0]?.batchId ?? '');
    await world.untilNextMessage();
    expect(await world.outcomes()).toMatchObject([{ kind: 'deferred', code: 'upload.unverified' }]);
    await world.deliverUntilQuiet();
    expect(world.document(arrival)).toMatchObject({ state: 'uploaded' });
    expect(world.filesOf(arrival)).toHaveLength(1);
  });

  test("is no answer where the token sees neither: it may be another account's", async () => {
    const world = memoryWorld();
    const arrival = await lost(world, true);
    world.extracta.deleteBatch(CLASSIFICATION, world.document(arrival)?.sentTo[0]?.batchId ?? '');
    world.extracta.classifications.clear();
    await world.clock.advance(QUIET);
    expect(await world.outcomes()).toMatchObject([{ kind: 'deferred', code: 'results.inconclusive' }]);
    expect(world.journal.named('token.suspected')).toMatchObject([
      { fields: { classificationId: CLASSIFICATION } },
    ]);
    expect(world.document(arrival)).toMatchObject({ state: 'unknown' });
  });
});
