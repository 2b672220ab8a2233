/** `count` counts the body's bytes, `hash` hashes the file in it, `slow` reads `SLOW_BYTES_PER_SECOND` and no more. */
export type Taking = 'count' | 'hash' | 'slow';

/** What came since it was last told how to take it. */
export interface Tally {
  readonly requests: number;
  readonly bodyBytes: number;
  readonly sha256: readonly string[];
}

export const SLOW_BYTES_PER_SECOND = 250_000_000;
