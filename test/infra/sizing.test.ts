import { describe, expect, test } from 'vitest';
import { waitLimits } from '../../lib/config/advice.ts';
import { MAX_RECEIVES, REDRIVE_TIMEOUT, RETENTION, VISIBILITY } from '../../lib/infra/sizing.ts';
import { UploaderError } from '../../lib/pipeline/failures.ts';
import { DEFAULT_WAITS } from '../../lib/pipeline/settings.ts';
import { memoryWorld } from '../support/memory/world.ts';

const DAY = 24 * 3_600_000;
const retentionMs = RETENTION.toMilliseconds();
const visibilityMs = VISIBILITY.toMilliseconds();

/** As SQS does, with the stack's numbers. */
const world = (waits = {}) => memoryWorld({ maxReceiveCount: MAX_RECEIVES, waits });

test('what one scheduled redrive sent back is due again only when that run is over', () => {
  expect(waitLimits('redriveGapsMs').min).toBeGreaterThanOrEqual(REDRIVE_TIMEOUT.toMilliseconds());
});

describe('a message has receives enough, and not too many', () => {
  test('what kills every invocation becomes a dead letter, days before SQS would drop it', async () => {
    const crashing = world();
    await crashing.put('in/a.pdf');
    const sentAtMs = crashing.clock.nowMs();
    let crashes = 0;
    while (crashing.deadLetters.messages().length === 0) {
      expect(crashing.clock.nowMs() - sentAtMs).toBeLessThan(retentionMs);
      if ((await crashing.queue.receive()).length > 0) crashes += 1;
      if (crashing.queue.messages().length > 0) await crashing.untilNextMessage();
    }
    expect(crashes).toBe(MAX_RECEIVES);
    expect(crashing.clock.nowMs() - sentAtMs).toBe(MAX_RECEIVES * visibilityMs);
    expect(crashing.deadLetters.messages()[0]?.sentAtMs).toBe(sentAtMs);
    expect(retentionMs - MAX_RECEIVES * visibilityMs).toBeGreaterThanOrEqual(4 * DAY);
  });

  test('also what was deferred until it would have been replaced, and kills every invocation from then on', () => {
    const movedAfterMs = DEFAULT_WAITS.replaceAfterMs + MAX_RECEIVES * visibilityMs;
    expect(retentionMs - movedAfterMs).toBeGreaterThanOrEqual(DAY);
    // The most that a setting may make of it.
    expect(waitLimits('replaceAfterMs').max).toBeLessThanOrEqual(DEFAULT_WAITS.replaceAfterMs);
  });

  /** The shortest deferrals that there are: told to come back at once, spread over 80 s. */
  const soon = new UploaderError('batch.opening', 'as told', { retryAfterMs: 0 });

  test.each([
    ['the defaults', {}],
    [
      'the least that the settings may be',
      {
        backoffFirstMs: waitLimits('backoffFirstMs').min,
        backoffCapMs: waitLimits('backoffCapMs').min,
        replaceAfterMs: waitLimits('replaceAfterMs').max,
        longDeferralAfterMs: waitLimits('longDeferralAfterMs').max,
        longDeferralMs: waitLimits('longDeferralMs').min,
      },
    ],
  ])('an outage of a month uses no message up: %s', async (_, waits) => {
    const waiting = world(waits);
    waiting.twists.add({ at: 'before source.open', times: Number.POSITIVE_INFINITY, does: soon });
    await waiting.put('in/a.pdf');
    let most = 0;
    const untilMs = waiting.clock.nowMs() + 30 * DAY;
    while (waiting.clock.nowMs() < untilMs) {
      await waiting.untilNextMessage();
      await waiting.deliver();
      most = Math.max(most, waiting.queue.messages()[0]?.receiveCount ?? 0);
    }
    expect(waiting.deadLetters.messages()).toEqual([]);
    expect(waiting.queue.messages()).toHaveLength(1);
    // The long ones alone, and those of the first hour.
    expect(most).toBeGreaterThan(DEFAULT_WAITS.replaceAfterMs / DEFAULT_WAITS.longDeferralMs);
    expect(most).toBeLessThan(MAX_RECEIVES);
  });

  test('the waits that the settings may not exceed are those that SQS can hide a message for', () => {
    for (const name of ['backoffFirstMs', 'backoffCapMs', 'longDeferralMs'])
      expect(waitLimits(name).max).toBe(43_200_000);
  });
});
