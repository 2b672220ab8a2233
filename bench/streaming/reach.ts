import type { Reach } from '../section.ts';
import { verdictOn } from '../verdict.ts';
import type { Sample } from './figures.ts';
import { type Goal, goalsOf, worstOf } from './goals.ts';

/** Each is judged by the worst of what was measured. */
export function reachOf(samples: readonly Sample[]): readonly Reach[] {
  return goalsOf(samples).map(judged);
}

function judged({ what, better, target, stretch, unit, measured }: Goal): Reach {
  const worst = worstOf(
    better,
    measured.map(([, value]) => value),
  );
  const bound = (value: number) => `${better === 'more' ? '≥' : '≤'} ${value} ${unit}`;
  return {
    what,
    target: bound(target),
    stretch: stretch === null ? null : bound(stretch),
    measured: measured.map(([on, value]) => `${on}: ${figureShown(value, unit)}`).join('; '),
    reached: verdictOn(worst, { better, target, stretch }),
  };
}

function figureShown(value: number | null, unit: Goal['unit']): string {
  if (value === null) return 'not measured';
  return unit === 'MB' ? `${value.toFixed(1)} MB` : `${value.toFixed(2)} ×`;
}
