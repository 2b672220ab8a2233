import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffMs } from '../../../lib/pipeline/backoff.ts';

const almostOne = 1 - Number.EPSILON;

describe('a backoff', () => {
  it('doubles with every try, up to its cap', () => {
    const waits = [1, 2, 3, 4, 8, 9, 1000].map((tries) => backoffMs(tries, 5000, 900_000, almostOne));
    expect(waits).toEqual([5000, 10_000, 20_000, 40_000, 640_000, 900_000, 900_000]);
  });

  it('lies anywhere up to that: full jitter', () => {
    expect(backoffMs(3, 5000, 900_000, 0)).toBe(0);
    expect(backoffMs(3, 5000, 900_000, 0.5)).toBe(10_000);
  });

  it('is a whole number of milliseconds within its bounds, whatever is asked', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -5, max: 5000 }),
        fc.double({ min: 0, max: almostOne, noNaN: true }),
        (tries, fraction) => {
          const waitMs = backoffMs(tries, 5000, 900_000, fraction);
          expect(Number.isInteger(waitMs)).toBe(true);
          expect(waitMs).toBeGreaterThanOrEqual(0);
          expect(waitMs).toBeLessThanOrEqual(900_000);
        },
      ),
      { seed: 1 },
    );
  });
});
