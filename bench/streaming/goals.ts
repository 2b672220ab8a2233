import { SCHEMES, type Scheme } from './ends.ts';
import {
  cpuSecondsPerGb,
  type Figure,
  mbPerSecond,
  medianOf,
  peakMb,
  ratioOf,
  requestsPerSecond,
  type Sample,
} from './figures.ts';
import { KB, MB, SIZES, SLOW_SIZES } from './plan.ts';
import type { VariantName } from './variants/variants.ts';
import { SCHEME_TITLES, sizeShown } from './words.ts';

/** A figure by what it was measured on, such as `TLS, 2 GB`. */
export type Measured = readonly (readonly [on: string, value: number | null])[];

export interface Goal {
  readonly what: string;
  readonly better: 'more' | 'less';
  readonly target: number;
  readonly stretch: number | null;
  readonly unit: '×' | 'MB';
  readonly measured: Measured;
}

/** Null where one of them is missing: of what was not measured nothing is claimed. */
export function worstOf(better: Goal['better'], values: readonly (number | null)[]): number | null {
  if (values.some((value) => value === null)) return null;
  return (better === 'more' ? Math.min : Math.max)(...(values as number[]));
}

/** The streaming part of what was to be reached, and what was measured for each. */
export function goalsOf(samples: readonly Sample[]): readonly Goal[] {
  return [...againstRaw(samples), ...ofMemory(samples), ...againstVendors(samples)];
}

const LARGE = [500 * MB, 2000 * MB];
const MORE = { better: 'more', unit: '×' } as const;
const LESS = { better: 'less', unit: '×' } as const;

function againstRaw(samples: readonly Sample[]): readonly Goal[] {
  const raw = (scheme: Scheme, figure: Figure) => against('raw', samples, scheme, LARGE, figure);
  const crowds: Measured = SCHEMES.map((scheme) => {
    const which = { scheme, sizeBytes: 10 * KB, atOnce: 50 };
    return [SCHEME_TITLES[scheme], ratioOf(samples, which, ['ours', 'raw'], requestsPerSecond)];
  });
  const [plain, cpu, tls] = [raw('plain', mbPerSecond), raw('tls', cpuSecondsPerGb), raw('tls', mbPerSecond)];
  return [
    {
      what: 'throughput from 500 MB, plain, against raw',
      ...MORE,
      target: 0.95,
      stretch: 1.2,
      measured: plain,
    },
    {
      what: 'CPU per GB from 500 MB, TLS on both ends, against raw',
      ...LESS,
      target: 1,
      stretch: 0.75,
      measured: cpu,
    },
    { what: 'throughput from 500 MB, TLS, against raw', ...MORE, target: 0.95, stretch: 1.3, measured: tls },
    {
      what: '10 KB, 50 at once, requests a second against raw',
      ...MORE,
      target: 0.95,
      stretch: 1.5,
      measured: crowds,
    },
  ];
}

function ofMemory(samples: readonly Sample[]): readonly Goal[] {
  const memory = { better: 'less', unit: 'MB' } as const;
  return [
    {
      what: 'peak memory above idle, any size, the slow sink too',
      ...memory,
      target: 100,
      stretch: 60,
      measured: peaks(samples),
    },
    {
      what: 'peak memory of 2 GB beyond that of 500 MB',
      ...memory,
      target: 15,
      stretch: null,
      measured: growth(samples),
    },
  ];
}

function againstVendors(samples: readonly Sample[]): readonly Goal[] {
  const vendors = (figure: Figure) =>
    SCHEMES.flatMap((scheme) => against('axios', samples, scheme, [500 * MB], figure));
  const [speed, memory] = [vendors(mbPerSecond), vendors(peakMb)];
  return [
    {
      what: 'throughput of 500 MB against the vendor’s sample',
      ...MORE,
      target: 3,
      stretch: null,
      measured: speed,
    },
    {
      what: 'memory of 500 MB against the vendor’s sample',
      ...LESS,
      target: 0.1,
      stretch: null,
      measured: memory,
    },
  ];
}

function against(
  other: VariantName,
  samples: readonly Sample[],
  scheme: Scheme,
  sizes: readonly number[],
  figure: Figure,
): Measured {
  return sizes.map((sizeBytes) => [
    `${SCHEME_TITLES[scheme]}, ${sizeShown(sizeBytes)}`,
    ratioOf(samples, { scheme, sizeBytes }, ['ours', other], figure),
  ]);
}

const STREAMS = [
  { title: 'plain', scheme: 'plain', taking: 'count' },
  { title: 'TLS', scheme: 'tls', taking: 'count' },
  { title: 'slow sink', scheme: 'plain', taking: 'slow' },
] as const;

type Stream = (typeof STREAMS)[number];

function peakOf(samples: readonly Sample[], { scheme, taking }: Stream, sizeBytes: number): number | null {
  return medianOf(samples, { name: 'ours', scheme, sizeBytes, taking }, peakMb);
}

function peaks(samples: readonly Sample[]): Measured {
  return STREAMS.map((stream) => {
    const sizes = stream.taking === 'slow' ? SLOW_SIZES : SIZES;
    return [
      stream.title,
      worstOf(
        'less',
        sizes.map((size) => peakOf(samples, stream, size)),
      ),
    ];
  });
}

function growth(samples: readonly Sample[]): Measured {
  return STREAMS.map((stream) => {
    const [small, large] = SLOW_SIZES.map((size) => peakOf(samples, stream, size));
    return [stream.title, small == null || large == null ? null : large - small];
  });
}
