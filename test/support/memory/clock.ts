import type { Clock } from '../../../lib/pipeline/ports.ts';

export interface VirtualClock extends Clock {
  /** Moves time on, waking every sleeper at its own moment and letting everything settle in between. */
  advance(ms: number): Promise<void>;
  /** When the next sleeper wakes; undefined if nobody sleeps. */
  nextWakeAtMs(): number | undefined;
  /** Moves time from sleeper to sleeper until `work` has settled. Throws if nobody sleeps and it has not. */
  drive<T>(work: Promise<T>): Promise<T>;
}

interface Sleeper {
  readonly wakeAtMs: number;
  wake(): void;
}

/** Turns of the event loop that in-memory work may take before it counts as stuck. */
const IDLE_TURNS = 1_000;

/** Time that moves only when told. Starts on 2026-01-01T00:00:00Z unless said otherwise. */
export function virtualClock(startMs: number = Date.UTC(2026, 0, 1)): VirtualClock {
  let now = startMs;
  let sleepers: readonly Sleeper[] = [];

  const next = () =>
    sleepers.reduce<Sleeper | undefined>((a, b) => (a && a.wakeAtMs <= b.wakeAtMs ? a : b), undefined);
  const wakeNext = (sleeper: Sleeper) => {
    now = Math.max(now, sleeper.wakeAtMs);
    sleeper.wake();
    return settled();
  };
  const sleep = (ms: number, signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      const sleeper: Sleeper = {
        wakeAtMs: now + Math.max(ms, 0),
        wake: () => {
          sleepers = sleepers.filter((other) => other !== sleeper);
          signal.removeEventListener('abort', sleeper.wake);
          resolve();
        },
      };
      sleepers = [...sleepers, sleeper];
      signal.addEventListener('abort', sleeper.wake, { once: true });
      if (signal.aborted) sleeper.wake();
    });
  const advance = async (ms: number) => {
    const untilMs = now + ms;
    await settled();
    for (let due = next(); due !== undefined && due.wakeAtMs <= untilMs; due = next()) await wakeNext(due);
    now = untilMs;
    await settled();
  };
  const drive = async <T>(work: Promise<T>): Promise<T> => {
    let done = false;
    const finish = () => {
      done = true;
    };
    work.then(finish, finish);
    for (let idleTurns = 0; !done; idleTurns++) {
      await settled();
      const due = next();
      if (done || due === undefined) {
        if (idleTurns > IDLE_TURNS)
          throw new Error('Nobody sleeps, and the work has not finished: it is stuck');
        continue;
      }
      idleTurns = 0;
      await wakeNext(due);
    }
    return work;
  };
  return { nowMs: () => now, sleep, advance, nextWakeAtMs: () => next()?.wakeAtMs, drive };
}

/** One turn of the event loop: every promise and next-tick that can go on by itself has done so. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
