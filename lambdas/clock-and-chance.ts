import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Chance, Clock } from '../lib/pipeline/ports.ts';

/** The real ones. */

export const clock: Clock = {
  nowMs: () => Date.now(),
  sleep: (ms, signal) => sleep(ms, undefined, { signal }).catch(() => undefined),
};

export const chance: Chance = { token: () => randomUUID(), fraction: () => Math.random() };
