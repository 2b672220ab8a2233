import { replayedDice } from './dice.ts';
import type { Fault } from './faults.ts';
import { type RunResult, runOnce } from './run.ts';
import type { Without } from './without.ts';

export interface Failing {
  readonly seed: number;
  readonly rule: string;
  readonly choices: ReadonlyMap<string, number>;
  readonly without?: Without | undefined;
  readonly only?: readonly Fault[] | undefined;
}

const MAX_REPLAYS = 1500;

/** Leaves decisions out, in ever smaller chunks, as long as the same rule breaks (delta debugging). */
export async function shrunk(failing: Failing): Promise<RunResult> {
  let choices = [...failing.choices];
  let replays = 0;
  const breaks = async (some: readonly (readonly [string, number])[]) => {
    replays += 1;
    const dice = replayedDice(new Map(some));
    const { violation } = await runOnce({
      seed: failing.seed,
      dice,
      without: failing.without,
      only: failing.only,
    });
    return violation?.rule === failing.rule;
  };
  for (let size = Math.ceil(choices.length / 2); size >= 1 && replays < MAX_REPLAYS; ) {
    const before = choices.length;
    for (let at = 0; at < choices.length && replays < MAX_REPLAYS; ) {
      const rest = [...choices.slice(0, at), ...choices.slice(at + size)];
      if (await breaks(rest)) choices = rest;
      else at += size;
    }
    if (size === 1 && choices.length === before) break;
    size = Math.max(1, Math.floor(size / 2));
  }
  const dice = replayedDice(new Map(choices));
  return runOnce({ seed: failing.seed, dice, without: failing.without, only: failing.only, traced: true });
}
