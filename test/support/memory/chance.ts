import type { Chance } from '../../../lib/pipeline/ports.ts';

/** Replayable randomness: the same seed gives the same run. Tokens are unique among seeds, and readable. */
export function seededChance(seed: number): Chance {
  let state = seed >>> 0;
  let tokens = 0;
  return {
    token: () => `token-${seed}-${++tokens}`,
    fraction: () => {
      // mulberry32. https://gist.github.com/tommyettinger/46a874533244883189143505d203312c
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    },
  };
}
