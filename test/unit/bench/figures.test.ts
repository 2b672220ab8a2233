import { describe, expect, it } from 'vitest';
import {
  cpuSecondsPerGb,
  mbPerSecond,
  medianOf,
  medianOrNull,
  peakMb,
  ratioOf,
  requestsPerSecond,
  type Sample,
} from '../../../bench/streaming/figures.ts';
import { failure, sample } from './sample.ts';

const which = { name: 'ours', scheme: 'plain', sizeBytes: 1_000_000 } as const;

describe('a figure', () => {
  it('is of all documents of the load together', () => {
    const one = sample({ count: 10, wallMs: 500, cpuMs: 200, peakBytes: 30_000_000 });
    expect(mbPerSecond(one)).toBe(20);
    expect(requestsPerSecond(one)).toBe(20);
    expect(cpuSecondsPerGb(one)).toBeCloseTo(20);
    expect(peakMb(one)).toBe(30);
  });

  it('is none where the run failed, or does not know', () => {
    expect(mbPerSecond(failure({}))).toBeNull();
    expect(peakMb(sample({ peakBytes: null }))).toBeNull();
  });
});

describe('the median', () => {
  it.each([
    [[], null],
    [[3], 3],
    [[3, 1], 2],
    [[100, 1, 2], 2],
    [[9, 10, 2, 1], 5.5],
  ])('of %j is %j', (values, expected) => expect(medianOrNull(values)).toBe(expected));

  it('is of the rounds of that variant, size, number at once and way of taking', () => {
    const samples: Sample[] = [
      sample({ round: 0, wallMs: 100 }),
      sample({ round: 1, wallMs: 50 }),
      sample({ round: 2, wallMs: 1000 }),
      sample({ name: 'raw' }),
      sample({ scheme: 'tls' }),
      sample({ sizeBytes: 2_000_000 }),
      sample({ atOnce: 10 }),
      sample({ taking: 'slow', wallMs: 4000 }),
      sample({ taking: 'hash' }),
    ];
    expect(medianOf(samples, which, mbPerSecond)).toBe(10);
    expect(medianOf(samples, { ...which, taking: 'slow' }, mbPerSecond)).toBe(0.25);
  });

  it('is none where a round failed: a variant that works now and then has no figure', () => {
    expect(medianOf([sample({ round: 0 }), failure({ round: 1 })], which, mbPerSecond)).toBeNull();
    expect(medianOf([], which, mbPerSecond)).toBeNull();
  });
});

describe('a ratio', () => {
  it('is taken within each round, so that what slows a whole round down falls out', () => {
    const rounds = [1, 7, 3].flatMap((slowness, round) => [
      sample({ round, wallMs: 100 * slowness }),
      sample({ round, name: 'raw', wallMs: 200 * slowness }),
    ]);
    expect(ratioOf(rounds, which, ['ours', 'raw'], mbPerSecond)).toBeCloseTo(2);
  });

  it('leaves out a round in which one of the two failed, and is none of none', () => {
    const samples = [
      sample({}),
      failure({ name: 'raw' }),
      sample({ round: 1 }),
      sample({ round: 1, name: 'raw' }),
    ];
    expect(ratioOf(samples, which, ['ours', 'raw'], mbPerSecond)).toBe(1);
    expect(ratioOf(samples.slice(0, 2), which, ['ours', 'raw'], mbPerSecond)).toBeNull();
  });
});
