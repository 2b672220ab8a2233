import { median } from '../line/quantile.ts';

/** How much larger the last third's median may be than the middle third's. */
export const MOST_GROWTH = 1.05;
/** Of each third: below that a median says nothing. */
export const LEAST_SAMPLES = 5;

/** Values in the order in which they were measured. */
export interface Curve {
  readonly what: string;
  readonly values: readonly number[];
}

export interface Judged {
  readonly what: string;
  /** Medians. The first third is the start: caches fill, code is compiled. It is not judged. */
  readonly first: number;
  readonly middle: number;
  readonly last: number;
  /** Last against middle. */
  readonly growth: number;
  /** Undefined: too few samples to tell. */
  readonly isFlat: boolean | undefined;
}

export function judged({ what, values }: Curve): Judged {
  const size = Math.floor(values.length / 3);
  const [start, end] = [values.length - 2 * size, values.length - size];
  const first = median(values.slice(0, start));
  const middle = median(values.slice(start, end));
  const last = median(values.slice(end));
  const growth = last === middle ? 1 : last / middle;
  return {
    what,
    first,
    middle,
    last,
    growth,
    isFlat: size < LEAST_SAMPLES ? undefined : growth <= MOST_GROWTH,
  };
}
