import { median } from '../line/quantile.ts';
import type { Scheme } from './ends.ts';
import type { Taking } from './taking.ts';
import type { Answer, Load } from './uploader.ts';
import type { VariantName } from './variants/variants.ts';

/** One load of one variant in one round. */
export type Sample = {
  readonly name: VariantName;
  readonly scheme: Scheme;
  readonly round: number;
  readonly taking: Taking;
  readonly load: Load;
} & Answer;

/** Null: that sample does not tell. */
export type Figure = (sample: Sample) => number | null;

export const mbPerSecond: Figure = (sample) => per(sample, ({ bytes, wallMs }) => bytes / 1000 / wallMs);
export const requestsPerSecond: Figure = (sample) =>
  per(sample, ({ count, wallMs }) => (count * 1000) / wallMs);
export const cpuSecondsPerGb: Figure = (sample) => per(sample, ({ bytes, cpuMs }) => (cpuMs / bytes) * 1e6);
export const peakMb: Figure = (sample) =>
  per(sample, ({ peakAboveIdleBytes }) => (peakAboveIdleBytes === null ? null : peakAboveIdleBytes / 1e6));

type Measured = Extract<Answer, { taken: unknown }>['taken'] & Load & { readonly bytes: number };

function per(sample: Sample, figure: (measured: Measured) => number | null): number | null {
  if (!('taken' in sample)) return null;
  const { taken, load } = sample;
  return figure({ ...taken, ...load, bytes: load.sizeBytes * load.count });
}

/** Which samples are meant: all that have what is named here. */
export interface Which {
  readonly name: VariantName;
  readonly scheme: Scheme;
  readonly sizeBytes: number;
  readonly atOnce?: number;
  /** Default: `count`, the timed runs. */
  readonly taking?: Taking;
}

/** The median of the rounds; null where one of them failed: what works now and then is no variant to recommend. */
export function medianOf(samples: readonly Sample[], which: Which, figure: Figure): number | null {
  const values = chosen(samples, which).map(figure);
  return values.some((value) => value === null) ? null : medianOrNull(values as number[]);
}

/** One against the other, round by round, and of that the median: what both suffered together falls out. */
export function ratioOf(
  samples: readonly Sample[],
  which: Omit<Which, 'name'>,
  [name, against]: readonly [VariantName, VariantName],
  figure: Figure,
): number | null {
  const others = chosen(samples, { ...which, name: against });
  const ratios = chosen(samples, { ...which, name }).flatMap((sample) => {
    const other = others.find(({ round }) => round === sample.round);
    const [ours, theirs] = [figure(sample), other === undefined ? null : figure(other)];
    return ours === null || theirs === null || theirs === 0 ? [] : [ours / theirs];
  });
  return medianOrNull(ratios);
}

function chosen(
  samples: readonly Sample[],
  { atOnce = 1, taking = 'count', ...which }: Which,
): readonly Sample[] {
  return samples.filter(
    (sample) =>
      sample.name === which.name &&
      sample.scheme === which.scheme &&
      sample.taking === taking &&
      sample.load.sizeBytes === which.sizeBytes &&
      sample.load.atOnce === atOnce,
  );
}

/** Null of none. */
export function medianOrNull(values: readonly number[]): number | null {
  return values.length === 0 ? null : median(values);
}
