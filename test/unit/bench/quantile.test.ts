import { describe, expect, it } from 'vitest';
import { median, quantile } from '../../../bench/line/quantile.ts';

describe('a quantile', () => {
  it('is a value that was measured: the one that so many are at or below, in whatever order they came', () => {
    const values = [50, 15, 40, 20, 35];
    expect([0.05, 0.3, 0.4, 0.5, 1].map((share) => quantile(values, share))).toEqual([15, 20, 20, 35, 50]);
  });

  it('of a hundred values: p99 is the ninety-ninth', () => {
    const values = Array.from({ length: 100 }, (_, n) => 100 - n);
    expect([quantile(values, 0.5), quantile(values, 0.99)]).toEqual([50, 99]);
  });

  it('of nothing is no number', () => {
    expect([quantile([], 0.5), median([])]).toEqual([Number.NaN, Number.NaN]);
  });
});

describe('a median', () => {
  it('is the value in the middle, or the mean of the two, by size and not by spelling', () => {
    expect(median([10, 9, 100])).toBe(10);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([7])).toBe(7);
  });
});
