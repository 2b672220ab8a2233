import type { Reach } from './section.ts';

export interface Bounds {
  readonly better: 'more' | 'less';
  readonly target: number;
  readonly stretch?: number | null;
  /** What was counted, and not timed, has no noise. */
  readonly isExact?: boolean;
}

/** As a share: two runs of the same thing differ by as much. */
export const NOISE = 0.1;

/** `noise`: the target is missed by no more than noise. Of what was not measured (null) nothing is claimed. */
export function verdictOn(
  value: number | null,
  { better, target, stretch, isExact }: Bounds,
): Reach['reached'] {
  if (value === null) return 'no';
  const isWithin = (bound: number) => (better === 'more' ? value >= bound : value <= bound);
  if (stretch != null && isWithin(stretch)) return 'stretch';
  if (isWithin(target)) return 'target';
  const lenient = better === 'more' ? target * (1 - NOISE) : target * (1 + NOISE);
  return !isExact && isWithin(lenient) ? 'noise' : 'no';
}
