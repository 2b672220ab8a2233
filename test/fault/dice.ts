/**
 * Every decision of a run, by its name. 0 and `false` are always the dull choice: whatever is left out of a replay
 * falls back to it, so that a failing run shrinks by leaving decisions out.
 */
export interface Dice {
  /** True with this probability. */
  chance(label: string, probability: number): boolean;
  /** One of `sides`, evenly. */
  pick(label: string, sides: number): number;
  /** What was not dull, in order. */
  readonly choices: ReadonlyMap<string, number>;
}

/** Mulberry32. https://gist.github.com/tommyettinger/46a874533244883189143505d203312c */
export function fractions(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function seededDice(seed: number): Dice {
  const fraction = fractions(Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995);
  return diceFrom(
    (_name, probability) => (fraction() < probability ? 1 : 0),
    (_name, sides) => Math.floor(fraction() * sides),
  );
}

export function replayedDice(choices: ReadonlyMap<string, number>): Dice {
  const chosen = (name: string) => choices.get(name) ?? 0;
  return diceFrom(chosen, (name, sides) => Math.min(chosen(name), sides - 1));
}

function diceFrom(
  flip: (name: string, probability: number) => number,
  roll: (name: string, sides: number) => number,
): Dice {
  const choices = new Map<string, number>();
  const counts = new Map<string, number>();
  const named = (label: string) => {
    const count = (counts.get(label) ?? 0) + 1;
    counts.set(label, count);
    return `${label} #${count}`;
  };
  const noted = (name: string, choice: number) => {
    if (choice !== 0) choices.set(name, choice);
    return choice;
  };
  return {
    chance: (label, probability) => {
      const name = named(label);
      return noted(name, flip(name, probability)) !== 0;
    },
    pick: (label, sides) => {
      if (sides <= 1) return 0;
      const name = named(label);
      return noted(name, roll(name, sides));
    },
    choices,
  };
}
