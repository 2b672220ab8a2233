import { FAILURES, type FailureCode } from '../../lib/pipeline/failures.ts';
import { seededDice } from './dice.ts';
import { FAULT_NAMES, type Fault } from './faults.ts';
import { runOnce } from './run.ts';
import type { Without } from './without.ts';

/** What many runs came to. Plain data: it crosses threads. */
export interface Summary {
  runs: number;
  steps: number;
  mostDeliveriesToRest: number;
  readonly violations: { readonly seed: number; readonly rule: string; readonly what: string }[];
  /** Runs in which a fault, a pair of faults, a state, a code was seen, and how often. */
  readonly fired: Map<string, number>;
  readonly pairs: Map<string, number>;
  readonly seen: Map<string, number>;
}

export function emptySummary(): Summary {
  return {
    runs: 0,
    steps: 0,
    mostDeliveriesToRest: 0,
    violations: [],
    fired: new Map(),
    pairs: new Map(),
    seen: new Map(),
  };
}

export async function runMany(
  seeds: Iterable<number>,
  without: Without | undefined,
  only?: readonly Fault[],
  maxViolations = 20,
): Promise<Summary> {
  const summary = emptySummary();
  // Errors are made by the thousand, and nobody reads where.
  Error.stackTraceLimit = 0;
  for (const seed of seeds) {
    const result = await runOnce({ seed, dice: seededDice(seed), without, only });
    summary.runs += 1;
    summary.steps += result.steps;
    summary.mostDeliveriesToRest = Math.max(summary.mostDeliveriesToRest, result.deliveriesToRest);
    const fired = [...result.fired.keys()].sort();
    for (const [fault, times] of result.fired) add(summary.fired, fault, times);
    for (const [at, first] of fired.entries())
      for (const second of fired.slice(at + 1)) add(summary.pairs, `${first} + ${second}`, 1);
    for (const [what, times] of result.seen) add(summary.seen, what, times);
    if (result.violation !== undefined) summary.violations.push({ seed, ...result.violation });
    if (summary.violations.length >= maxViolations) break;
  }
  return summary;
}

export function merged(summaries: readonly Summary[]): Summary {
  const all = emptySummary();
  for (const each of summaries) {
    all.runs += each.runs;
    all.steps += each.steps;
    all.mostDeliveriesToRest = Math.max(all.mostDeliveriesToRest, each.mostDeliveriesToRest);
    all.violations.push(...each.violations);
    for (const name of ['fired', 'pairs', 'seen'] as const)
      for (const [what, times] of each[name]) add(all[name], what, times);
  }
  all.violations.sort((a, b) => a.seed - b.seed);
  return all;
}

/** Text for a person: what fired, what was reached, and what never was. */
export function described(summary: Summary): string {
  const codes = Object.keys(FAILURES) as FailureCode[];
  const reached = new Map(codes.map((code) => [code, summary.seen.get(`code ${code}`) ?? 0]));
  const fates = new Map<string, number>();
  for (const [code, times] of reached) add(fates, FAILURES[code].fate, times);
  const pairs = FAULT_NAMES.toSorted().flatMap((a, at, all) => all.slice(at + 1).map((b) => `${a} + ${b}`));
  const times = pairs.map((pair) => summary.pairs.get(pair) ?? 0);
  const never = pairs.filter((pair) => !summary.pairs.has(pair));
  const seen = (prefix: string) =>
    [...summary.seen]
      .filter(([what]) => what.startsWith(prefix))
      .map(([what, n]) => `${what.slice(prefix.length)} ${n}`);
  return [
    `faults: ${FAULT_NAMES.map((fault) => `${fault} ${summary.fired.get(fault) ?? 0}`).join(', ')}`,
    `pairs of faults: ${pairs.length}, the rarest ${Math.min(...times)} times, the median ${median(times)}; never: ${never.length}${never.length === 0 ? '' : ` (${never.slice(0, 12).join('; ')} …)`}`,
    `states: ${seen('state ').join(', ')}; slots: ${seen('slot ').join(', ')}; line: ${seen('breaker ').join(', ')}`,
    `outcomes: ${seen('outcome ').join(', ')}; ignored: ${seen('ignored ').join(', ')}`,
    `codes: ${[...reached].map(([code, n]) => `${code} ${n}`).join(', ')}`,
    `fates: ${[...fates].map(([fate, n]) => `${fate} ${n}`).join(', ')}`,
    `never reached: ${
      [...reached]
        .filter(([, n]) => n === 0)
        .map(([code]) => code)
        .join(', ') || 'nothing'
    }`,
  ].join('\n');
}

export function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}

function add<K>(counts: Map<K, number>, what: K, times: number): void {
  counts.set(what, (counts.get(what) ?? 0) + times);
}
