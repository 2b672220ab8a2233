import { describe, expect, test } from 'vitest';
import { ContainerMemory } from '../../../lib/pipeline/container-memory.ts';
import { UploaderError } from '../../../lib/pipeline/failures.ts';
import { BREAKER_KEY, GATE_KEY } from '../../../lib/pipeline/identity.ts';
import { memoryWorld } from '../../support/memory/world.ts';

import { HOUR, inTwoBatches, lost, MINUTE, QUIET, SECOND } from './lost-answers.ts';

describe('when the look itself fails', () => {
  test("Extracta's refusal of the question says nothing about the document", async () => {
    const world = memoryWorld();
    const arrival = await lost(world, false);
    await world.untilNextMessage();
    world.extracta.planResults(new UploaderError('extracta.rejected', 'as told'));
    expect(await world.outcomes()).toMatchObject([{ kind: 'deferred', code: 'results.inconclusive' }]);
    expect(world.document(arrival)).toMatchObject({ state: 'unknown', attempts: 1, looks: 1 });
  });

  test.each(['extracta.unavailable', 'extracta.reply-unreadable'] as const)(
    '%s to this question is no answer: a look, and no strike',
    async (code) => {
      const world = memoryWorld();
      const arrival = await lost(world, false);
      await world.untilNextMessage();
      world.extracta.planResults(new UploaderError(code, 'as told'));
      expect(await world.outcomes()).toMatchObject([{ kind: 'deferred', code: 'results.inconclusive' }]);
      expect(world.document(arrival)).toMatchObject({ state: 'unknown', attempts: 1, looks: 1 });
      expect(world.ledger.peek(BREAKER_KEY)?.strikes).toBe(1);
    },
  );

  test('a batch that never gives one is given up after 24 h, and pauses nobody', async () => {
    const world = memoryWorld();
    const arrival = await lost(world, true);
    const error = new UploaderError('extracta.unavailable', 'too big a batch');
    world.twists.add({ at: 'before extracta.results', times: Number.POSITIVE_INFINITY, does: error });
    await world.deliverUntilQuiet();
    expect(world.document(arrival)).toMatchObject({
      state: 'parked',
      lastFailure: { code: 'upload.unverifiable' },
    });
    expect(world.journal.named('breaker.opened')).toEqual([]);
  });

  test("a failure of the line's is the line's: a strike, no attempt, no look", async () => {
    const world = memoryWorld();
    const arrival = await lost(world, false);
    await world.untilNextMessage();
    world.extracta.planResults(new UploaderError('extracta.unreachable', 'as told'));
    expect(await world.outcomes()).toMatchObject([{ kind: 'deferred', code: 'extracta.unreachable' }]);
    expect(world.document(arrival)).toMatchObject({ state: 'unknown', attempts: 1, looks: 0 });
    expect(world.ledger.peek(BREAKER_KEY)?.strikes).toBe(2);
  });

  test('a defect of ours counts, so that it ends in the dead-letter queue, and where it may be is kept', async () => {
    const world = memoryWorld({ settings: { maxAttempts: 3 } });
    const arrival = await lost(world, false);
    const { sentTo } = world.document(arrival) ?? {};
    const defect = new TypeError('a defect');
    world.twists.add({ at: 'before extracta.results', times: Number.POSITIVE_INFINITY, does: defect });
    await world.untilNextMessage();
    expect(await world.outcomes()).toMatchObject([{ kind: 'deferred', code: 'internal.unexpected' }]);
    expect(world.document(arrival)).toMatchObject({ state: 'unknown', attempts: 2, sentTo });
    await world.deliverUntilQuiet();
    expect(world.document(arrival)).toMatchObject({ state: 'parked', attempts: 3, sentTo });
  });

  test('a second batch is asked in the same visit, however often others come first; then it comes back', async () => {
    const { world, item } = await inTwoBatches();
    let others = 0;
    world.twists.add({
      at: 'before clock.sleep',
      times: Number.POSITIVE_INFINITY,
      does: () => {
        others += 1;
        const gate = world.ledger.peek(GATE_KEY);
        if (gate)
          world.ledger.store({
            ...gate,
            nextAllowedAtMs: world.clock.nowMs() + 60 * SECOND,
            rev: `${others}`,
          });
      },
    });
    expect(await world.outcomes()).toMatchObject([{ kind: 'deferred', code: 'results.paced' }]);
    expect(others).toBe(4);
    expect(item()).toMatchObject({ state: 'unknown' });
  });

  test('a second batch is not waited for when the invocation ends', async () => {
    const { world } = await inTwoBatches();
    const gate = world.ledger.peek(GATE_KEY);
    const busy = () => {
      if (gate) world.ledger.store({ ...gate, nextAllowedAtMs: world.clock.nowMs() + HOUR, rev: 'busy' });
    };
    const startedAtMs = world.clock.nowMs();
    world.twists.add({ at: 'after extracta.results', does: busy });
    expect(await world.outcomes()).toMatchObject([{ kind: 'deferred', code: 'results.paced' }]);
    expect(world.clock.nowMs() - startedAtMs).toBeLessThan(5 * MINUTE);
  });

  test('what another holds is not counted as a look either', async () => {
    const world = memoryWorld();
    const arrival = await lost(world, false);
    await world.announce(arrival);
    await world.clock.advance(QUIET);
    world.extracta.planResults({ kind: 'waiting' });
    const slow = await world.start({
      max: 1,
      holds: 'after extracta.results',
      container: new ContainerMemory(),
    });
    await slow.held;
    await world.clock.advance(3 * SECOND);
    const holder = await world.start({
      max: 1,
      holds: 'before extracta.upload',
      container: new ContainerMemory(),
    });
    await holder.held;
    const held = world.document(arrival);
    slow.release();
    await world.clock.drive(slow.ended);
    expect(world.document(arrival)).toEqual(held);
    holder.release();
    await world.clock.drive(holder.ended);
    expect(world.document(arrival)).toMatchObject({ state: 'uploaded' });
  });

  test('what another settled meanwhile is not counted as a look', async () => {
    const world = memoryWorld();
    const arrival = await lost(world, true);
    await world.announce(arrival);
    await world.untilNextMessage();
    world.extracta.planResults({ kind: 'waiting' });
    const slow = await world.start({
      max: 1,
      holds: 'after extracta.results',
      container: new ContainerMemory(),
    });
    await slow.held;
    await world.clock.advance(3 * SECOND);
    await world.deliver({ max: 1, container: new ContainerMemory() });
    expect(world.document(arrival)?.state).toBe('uploaded');
    slow.release();
    await world.clock.drive(slow.ended);
    expect(world.document(arrival)).toMatchObject({ state: 'uploaded', looks: 0 });
    await world.deliverUntilQuiet();
    expect(world.filesOf(arrival)).toHaveLength(1);
  });
});
