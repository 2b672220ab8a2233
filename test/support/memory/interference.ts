/**
 * Where a test or a simulator steps in. Every verb of every memory twin calls `before`, then does its work at once, then
 * calls `after`: what `before` throws was not applied; what `after` throws was applied and its answer lost.
 */
export interface Interference {
  before(step: Step): Promise<void>;
  after(step: Step): Promise<void>;
}

export interface Step {
  /** `ledger.write`, `source.open`, `outbox.park`, `queue.receive`, … */
  readonly operation: string;
  /** What the operation was called with. */
  readonly subject: unknown;
}

export const noInterference: Interference = { before: async () => {}, after: async () => {} };

export async function withInterference<T>(
  interference: Interference,
  operation: string,
  subject: unknown,
  work: () => T | Promise<T>,
): Promise<T> {
  const step = { operation, subject };
  await interference.before(step);
  const result = await work();
  await interference.after(step);
  return result;
}

export interface Hold {
  /** Resolves when a step has arrived here. */
  readonly reached: Promise<void>;
  release(): void;
}

export interface ScriptedInterference extends Interference {
  /** The next such operation throws: before its work, or after it (applied, answer lost). */
  failNext(operation: string, error: Error, when?: 'before' | 'after'): void;
  /** The next such operation waits until it is released: before its work, or after it. */
  holdNext(operation: string, when?: 'before' | 'after'): Hold;
  /** Every operation that began, in order. */
  readonly steps: readonly Step[];
}

/** Each instruction serves one step, first come first served. */
export function scriptedInterference(): ScriptedInterference {
  const steps: Step[] = [];
  const plans = new Map<string, (() => Promise<void>)[]>();
  const plan = (when: string, operation: string, act: () => Promise<void>) => {
    const key = `${when} ${operation}`;
    plans.set(key, [...(plans.get(key) ?? []), act]);
  };
  const act = async (when: string, operation: string) => plans.get(`${when} ${operation}`)?.shift()?.();
  return {
    steps,
    before: async (step) => {
      steps.push(step);
      await act('before', step.operation);
    },
    after: async ({ operation }) => act('after', operation),
    failNext: (operation, error, when = 'before') => plan(when, operation, () => Promise.reject(error)),
    holdNext: (operation, when = 'before') => {
      const reached = Promise.withResolvers<void>();
      const released = Promise.withResolvers<void>();
      plan(when, operation, () => {
        reached.resolve();
        return released.promise;
      });
      return { reached: reached.promise, release: released.resolve };
    },
  };
}
