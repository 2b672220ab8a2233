import { randomUUID } from 'node:crypto';
import type { Chance, Clock } from '../lib/pipeline/ports.ts';

/** The real ones. */

export const clock: Clock = {
  nowMs: () => Date.now(),
  sleep,
};

/** That of `node:timers/promises` makes an error, with its stack, of each abort; every upload ends in one. */
function sleep(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  const { promise, resolve } = Promise.withResolvers<void>();
  const wake = () => {
    clearTimeout(timer);
    signal.removeEventListener('abort', wake);
    resolve();
  };
  const timer = setTimeout(wake, ms);
  signal.addEventListener('abort', wake);
  return promise;
}

export const chance: Chance = { token: () => randomUUID(), fraction: () => Math.random() };
