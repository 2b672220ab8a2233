import type { Interference, Step } from './interference.ts';

/** Where in a visit something happens: before the work of a step, or after it (applied, its answer not yet seen). */
export type Where = `${'before' | 'after'} ${string}`;

/** One thing that goes wrong, or that happens meanwhile, at one step. */
export interface Twist {
  /** `before ledger.write`, `after extracta.upload`, … */
  readonly at: Where;
  /** Only steps with such a subject. Default: all. */
  readonly of?: (subject: never) => boolean;
  /** How many such steps it meets. Default: one. */
  readonly times?: number;
  /** An error is thrown; a function is awaited. */
  readonly does: Error | (() => unknown);
}

export interface Twists extends Interference {
  add(twist: Twist): void;
  /** Every step that began, in order. */
  readonly steps: readonly Step[];
}

/** Twists meet their steps in the order in which they were added, one a step. */
export function twisted(...planned: readonly Twist[]): Twists {
  const open = planned.map((twist) => ({ twist, left: twist.times ?? 1 }));
  const steps: Step[] = [];
  const meet = async (when: 'before' | 'after', { operation, subject }: Step) => {
    const met = open.find(
      ({ twist, left }) =>
        left > 0 && twist.at === `${when} ${operation}` && (twist.of?.(subject as never) ?? true),
    );
    if (met === undefined) return;
    met.left -= 1;
    if (met.twist.does instanceof Error) throw met.twist.does;
    await met.twist.does();
  };
  return {
    steps,
    add: (twist) => void open.push({ twist, left: twist.times ?? 1 }),
    before: (step) => {
      steps.push(step);
      return meet('before', step);
    },
    after: (step) => meet('after', step),
  };
}
