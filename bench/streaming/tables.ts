import type { Table } from '../section.ts';
import { SCHEMES, type Scheme } from './ends.ts';
import {
  cpuSecondsPerGb,
  type Figure,
  mbPerSecond,
  medianOf,
  peakMb,
  requestsPerSecond,
  type Sample,
} from './figures.ts';
import { AT_ONCE, SIZES, SLOW_SIZES, SMALL_SIZES } from './plan.ts';
import { VARIANT_NAMES, type VariantName, variantOf } from './variants/variants.ts';
import { SCHEME_TITLES, sizeShown } from './words.ts';

type Row = Table['rows'][number];

export function tablesOf(samples: readonly Sample[]): readonly Table[] {
  const bySize = (figure: Figure) => (name: VariantName, scheme: Scheme) =>
    SIZES.map((sizeBytes) => medianOf(samples, { name, scheme, sizeBytes }, figure));
  const byCrowd = (figure: Figure) => (name: VariantName, scheme: Scheme) =>
    CROWDS.map((crowd) => medianOf(samples, { name, scheme, ...crowd }, figure));
  const sizes = SIZES.map(sizeShown);
  const slow = ['extracta-uploader, the sink slow', 'plain', ...slowPeaks(samples)];
  const memory = tableOf('Peak resident memory above idle, MB', sizes, bySize(peakMb));
  return [
    tableOf('Throughput, MB/s', sizes, bySize(mbPerSecond)),
    tableOf('CPU seconds of the uploader per GB', sizes, bySize(cpuSecondsPerGb)),
    { ...memory, rows: [...memory.rows, slow] },
    tableOf('Requests a second', CROWD_TITLES, byCrowd(requestsPerSecond)),
    tableOf('Peak resident memory above idle with several at once, MB', CROWD_TITLES, byCrowd(peakMb)),
  ];
}

const CROWDS = SMALL_SIZES.flatMap((sizeBytes) => AT_ONCE.map((atOnce) => ({ sizeBytes, atOnce })));
const CROWD_TITLES = CROWDS.map(({ sizeBytes, atOnce }) => `${sizeShown(sizeBytes)} × ${atOnce}`);

function slowPeaks(samples: readonly Sample[]): Row {
  return SIZES.map((sizeBytes) =>
    SLOW_SIZES.some((size) => size === sizeBytes)
      ? rounded(medianOf(samples, { name: 'ours', scheme: 'plain', sizeBytes, taking: 'slow' }, peakMb))
      : null,
  );
}

function tableOf(
  title: string,
  columns: readonly string[],
  cells: (name: VariantName, scheme: Scheme) => readonly (number | null)[],
): Table {
  const rows = SCHEMES.flatMap((scheme) =>
    VARIANT_NAMES.map((name): Row => {
      return [variantOf(name).title, SCHEME_TITLES[scheme], ...cells(name, scheme).map(rounded)];
    }),
  );
  return { title, columns: ['', '', ...columns], rows };
}

/** Three digits say all that such a measurement knows. */
export function rounded(value: number | null): number | null {
  return value === null ? null : Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3));
}
