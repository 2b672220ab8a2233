import { seededDice } from './dice.ts';
import { runOnce } from './run.ts';
import { median } from './summary.ts';
import type { Without } from './without.ts';

/** How fast the run finds that one rule is gone. */
export interface Bite {
  readonly rule: string;
  /** By seed; one more than the bound where nothing was found. */
  readonly runs: readonly number[];
  readonly medianRuns: number;
  /** What was broken, most frequent first. */
  readonly violations: readonly string[];
}

export interface BiteOptions {
  readonly seeds: number;
  readonly maxRuns: number;
}

/** The same generator and settings as every run: only the rule is missing. */
export async function bitten(without: Without, { seeds, maxRuns }: BiteOptions): Promise<Bite> {
  const runs: number[] = [];
  const violations = new Map<string, number>();
  for (let seed = 1; seed <= seeds; seed += 1) {
    let count = 0;
    for (let found = false; !found && count < maxRuns; ) {
      const runSeed = seed * 1_000_000 + count;
      const { violation } = await runOnce({ seed: runSeed, dice: seededDice(runSeed), without });
      count += 1;
      found = violation !== undefined;
      if (violation !== undefined) violations.set(violation.rule, (violations.get(violation.rule) ?? 0) + 1);
      else if (count === maxRuns) count += 1;
    }
    runs.push(count);
    // Half of the seeds in vain: the median is known.
    if (runs.filter((each) => each > maxRuns).length > seeds / 2) break;
  }
  const frequent = [...violations].toSorted((a, b) => b[1] - a[1]).map(([rule]) => rule);
  return { rule: without.rule, runs, medianRuns: median(runs), violations: frequent };
}
