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

const STATES = ['waiting', 'uploading', 'unknown', 'uploaded', 'parked', 'skipped'].map(
  (each) => `state ${each}`,
);
const SLOTS = ['free', 'opening', 'open'].map((each) => `slot ${each}`);
const LINE = ['closed', 'paused', 'probed'].map((each) => `breaker ${each}`);
const OUTCOMES = ['uploaded', 'skipped', 'parked', 'ignored', 'deferred'].map((each) => `outcome ${each}`);
const REDRIVE = ['begun', 'read', 'sentBack', 'fromLedger', 'refused', 'removed', 'left'].map(
  (each) => `redrive ${each}`,
);
const CODES = (Object.keys(FAILURES) as FailureCode[]).map((code) => `code ${code}`);
const PAIRS = FAULT_NAMES.toSorted().flatMap((a, at, all) => all.slice(at + 1).map((b) => `${a} + ${b}`));

/** What can happen and never did: faults, pairs of them, states, codes, fates. */
export function neverSeen({ fired, pairs, seen }: Summary): readonly string[] {
  const never = [...STATES, ...SLOTS, ...LINE, ...OUTCOMES, ...REDRIVE, ...CODES].filter(
    (each) => !seen.has(each),
  );
  const fates = [...fatesOf(seen)].filter(([, times]) => times === 0).map(([fate]) => `fate ${fate}`);
  return [
    ...FAULT_NAMES.filter((fault) => !fired.has(fault)),
    ...PAIRS.filter((pair) => !pairs.has(pair)),
    ...never,
    ...fates,
  ];
}

function fatesOf(seen: Summary['seen']): ReadonlyMap<string, number> {
  const fates = new Map<string, number>();
  for (const code of Object.keys(FAILURES) as FailureCode[])
    add(fates, FAILURES[code].fate, seen.get(`code ${code}`) ?? 0);
  return fates;
}

/** Text for a person: what fired, what was reached, and what never was. */
export function described(summary: Summary): string {
  const { fired, pairs, seen } = summary;
  const times = PAIRS.map((pair) => pairs.get(pair) ?? 0);
  const never = neverSeen(summary);
  const counted = (names: readonly string[]) =>
    names.map((name) => `${name.slice(name.indexOf(' ') + 1)} ${seen.get(name) ?? 0}`).join(', ');
  return [
    `faults (${FAULT_NAMES.length}): ${FAULT_NAMES.map((fault) => `${fault} ${fired.get(fault) ?? 0}`).join(', ')}`,
    `pairs of faults (${PAIRS.length}): the rarest in ${Math.min(...times)} runs, the median in ${median(times)}`,
    `states: ${counted(STATES)}; slots: ${counted(SLOTS)}; line: ${counted(LINE)}`,
    `outcomes: ${counted(OUTCOMES)}; redrives: ${counted(REDRIVE)}`,
    `codes: ${counted(CODES)}`,
    `fates: ${[...fatesOf(seen)].map(([fate, n]) => `${fate} ${n}`).join(', ')}`,
    `never: ${never.slice(0, 20).join('; ') || 'nothing'}${never.length > 20 ? ` and ${never.length - 20} more` : ''}`,
  ].join('\n');
}

/** The same for a program. */
export function asJson(summary: Summary, seconds: number): string {
  const { fired, pairs, seen, ...rest } = summary;
  const counts = { fired, pairs, seen };
  const plain = Object.entries(counts).map(([name, map]) => [name, Object.fromEntries([...map].toSorted())]);
  return JSON.stringify(
    { ...rest, seconds, never: neverSeen(summary), ...Object.fromEntries(plain) },
    null,
    2,
  );
}

export function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}

function add<K>(counts: Map<K, number>, what: K, times: number): void {
  counts.set(what, (counts.get(what) ?? 0) + times);
}
