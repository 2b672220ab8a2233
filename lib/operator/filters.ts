/** Which parked documents a person means. */
export interface Filters {
  /** A failure code; `area.*` for all of an area. */
  readonly reason?: string;
  /** Of the key. */
  readonly prefix?: string;
  /** Parked so long ago. */
  readonly olderThanMs?: number;
}

export interface Filtered {
  readonly reason: string;
  readonly keys: readonly string[];
  readonly parkedAtMs: number;
}

export function matches({ reason, prefix, olderThanMs }: Filters, what: Filtered, nowMs: number): boolean {
  return (
    (reason === undefined || isReason(reason, what.reason)) &&
    (prefix === undefined || what.keys.some((key) => key.startsWith(prefix))) &&
    (olderThanMs === undefined || nowMs - what.parkedAtMs >= olderThanMs)
  );
}

function isReason(wanted: string, reason: string): boolean {
  return wanted.endsWith('.*') ? reason.startsWith(wanted.slice(0, -1)) : reason === wanted;
}

const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `90s`, `15m`, `6h`, `14d`; undefined: it is no duration. */
export function durationMs(given: string): number | undefined {
  const [, count, unit] = /^(\d{1,6}(?:\.\d+)?)(s|m|h|d)$/.exec(given) ?? [];
  return count === undefined ? undefined : Number(count) * UNITS[unit as keyof typeof UNITS];
}
