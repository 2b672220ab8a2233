import type { Clock } from '../pipeline/ports.ts';

export interface IdleWatch {
  readonly clock: Clock;
  readonly idleMs: number;
  /** Since when something is awaited; undefined while nothing is. */
  readonly awaitedSinceMs: () => number | undefined;
  readonly signal: AbortSignal;
}

/** Resolves to true once something has been awaited for `idleMs`, to false when the signal aborts first. */
export async function idleFor(watch: IdleWatch): Promise<boolean> {
  while (!watch.signal.aborted) {
    const nowMs = watch.clock.nowMs();
    const awaitedMs = nowMs - (watch.awaitedSinceMs() ?? nowMs);
    if (awaitedMs >= watch.idleMs) return true;
    await watch.clock.sleep(watch.idleMs - awaitedMs, watch.signal);
  }
  return false;
}
