import type { Calls } from './calls.ts';
import type { Holdings } from './holdings.ts';

/** What a function's process says of itself, all of it since it began. */
export interface Measured {
  readonly pid: number;
  readonly cpuMs: number;
  /** Of its invocations, each rounded up to a whole millisecond as Lambda does. */
  readonly billedMs: number;
  readonly invocations: number;
  readonly calls: Calls;
  /** At rest: no invocation is under way. Not said each time. */
  readonly holdings?: Holdings;
}

const MARK = '{"measured":';

export const measuredLine = (measured: Measured): string => JSON.stringify({ measured });

/** Undefined: the line is the function's own. */
export function measuredIn(line: string): Measured | undefined {
  if (!line.startsWith(MARK)) return undefined;
  return (JSON.parse(line) as { readonly measured: Measured }).measured;
}

/** What the processes of a function have used together. */
export type Used = Pick<Measured, 'cpuMs' | 'billedMs' | 'invocations' | 'calls'>;

/** The processes of one function, as they speak of themselves. */
export class FunctionProcesses {
  readonly #latest = new Map<number, Measured>();
  readonly #held = new Map<number, Holdings>();

  /** True: the line was one of these. */
  read(line: string): boolean {
    const measured = measuredIn(line);
    if (measured === undefined) return false;
    this.#latest.set(measured.pid, measured);
    if (measured.holdings !== undefined) this.#held.set(measured.pid, measured.holdings);
    return true;
  }

  get pids(): readonly number[] {
    return [...this.#latest.keys()];
  }

  /** What each held when it last said so. */
  get held(): readonly Holdings[] {
    return [...this.#held.values()];
  }

  used(): Used {
    return summed([...this.#latest.values()]);
  }
}

export function summed(all: readonly Used[]): Used {
  const calls: Record<string, number> = {};
  for (const each of all)
    for (const [name, count] of Object.entries(each.calls)) calls[name] = (calls[name] ?? 0) + count;
  const sum = (of: (used: Used) => number) => all.reduce((total, used) => total + of(used), 0);
  return {
    cpuMs: sum(({ cpuMs }) => cpuMs),
    billedMs: sum(({ billedMs }) => billedMs),
    invocations: sum(({ invocations }) => invocations),
    calls,
  };
}

/** What was used between two readings. */
export function usedBetween(before: Used, after: Used): Used {
  const negated = {
    cpuMs: -before.cpuMs,
    billedMs: -before.billedMs,
    invocations: -before.invocations,
    calls: Object.fromEntries(Object.entries(before.calls).map(([name, count]) => [name, -count])),
  };
  return summed([after, negated]);
}
