import type { Scheme } from './ends.ts';
import { mbPerSecond, type Sample } from './figures.ts';

const UNITS = [
  [1e9, 'GB'],
  [1e6, 'MB'],
  [1e3, 'KB'],
] as const;

/** `500 MB`; decimal, as everywhere here. */
export function sizeShown(bytes: number): string {
  const [size, unit] = UNITS.find(([least]) => bytes >= least) ?? [1, 'bytes'];
  return `${Number((bytes / size).toFixed(1))} ${unit}`;
}

export const SCHEME_TITLES: Readonly<Record<Scheme, string>> = { plain: 'plain', tls: 'TLS' };

/** A sample as a line of progress has it. */
export function shown(sample: Sample): string {
  const { load, taking } = sample;
  const many = load.atOnce > 1 ? ` × ${load.atOnce}` : '';
  return `${sizeShown(load.sizeBytes)}${many} ${'failed' in sample ? 'failed' : taking === 'hash' ? 'verified' : `${mbPerSecond(sample)?.toFixed(0)} MB/s`}`;
}
