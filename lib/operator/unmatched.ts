import type { Filters } from './filters.ts';

/** Something is parked, and the filters take none of it: no all-clear. */
export interface Unmatched {
  /** As they are given on the command line. */
  readonly filters: string;
  readonly parked: number;
  readonly reasons: readonly string[];
}

/** `reasons`: of each that is parked. */
export function unmatchedBy(filters: Filters, reasons: readonly string[]): Unmatched | undefined {
  if (reasons.length === 0) return undefined;
  return { filters: asGiven(filters), parked: reasons.length, reasons: [...new Set(reasons)].sort() };
}

function asGiven({ reason, prefix, olderThanMs }: Filters): string {
  return [
    reason === undefined ? [] : [`--reason=${reason}`],
    prefix === undefined ? [] : [`--prefix=${prefix}`],
    olderThanMs === undefined ? [] : [`--older-than=${olderThanMs / 1000}s`],
  ]
    .flat()
    .join(' ');
}
