import { describe, expect, it } from 'vitest';
import { judged } from '../../../bench/soak/judged.ts';
import { containersOf } from '../../../bench/soak/samples.ts';

const curve = (...values: readonly number[]) => ({ what: 'sockets', values });
const times = (count: number, value: number) => Array.from({ length: count }, () => value);

describe('a curve of the soak', () => {
  it('is judged by the medians of its last two thirds: the start is not', () => {
    const { first, middle, last, growth, isFlat } = judged(
      curve(...times(5, 900), ...times(5, 100), ...times(5, 105)),
    );
    expect({ first, middle, last, growth, isFlat }).toEqual({
      first: 900,
      middle: 100,
      last: 105,
      growth: 1.05,
      isFlat: true,
    });
  });

  it('grew where the last third is more than a twentieth above the middle one', () => {
    expect(judged(curve(...times(10, 100), ...times(5, 106))).isFlat).toBe(false);
    expect(judged(curve(...times(10, 100), ...times(5, 20))).isFlat).toBe(true);
  });

  it('does not mind a peak, however high', () => {
    expect(judged(curve(...times(13, 100), 9_000, 8_000)).isFlat).toBe(true);
  });

  it('of nothing at all is flat, and grew where there was nothing before', () => {
    expect(judged(curve(...times(15, 0)))).toMatchObject({ growth: 1, isFlat: true });
    expect(judged(curve(...times(10, 0), ...times(5, 1)))).toMatchObject({ isFlat: false });
  });

  it('leaves what does not divide by three to the start', () => {
    expect(judged(curve(9, 9, ...times(5, 9), ...times(5, 1), ...times(5, 2)))).toMatchObject({
      first: 9,
      middle: 1,
      last: 2,
    });
  });

  it('is not judged where a third has fewer than five samples', () => {
    expect(judged(curve(...times(14, 1))).isFlat).toBeUndefined();
  });
});

describe('the function processes of the soak', () => {
  const samples = (...pids: readonly (readonly number[])[]) => pids.map((each) => ({ pids: each }));

  it('are to live from the first third to the end', () => {
    expect(containersOf(samples([1], [1, 2], [1, 2], [1, 2], [1, 2], [1, 2]))).toEqual({
      started: 2,
      lived: 2,
    });
  });

  it('are told apart where one was started later', () => {
    const late = samples([1], [1, 2], [1, 2], [1, 2, 3], [1, 2, 3], [1, 2, 3]);
    expect(containersOf(late)).toEqual({ started: 3, lived: 2 });
  });
});
