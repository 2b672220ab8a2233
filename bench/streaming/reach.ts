import type { Reach } from '../section.ts';
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
type Measured = readonly (readonly [on: string, value: number | null])[];

interface Goal {
  readonly what: string;
  readonly better: 'more' | 'less';
  readonly target: number;
  readonly stretch: number | null;
  readonly unit: '×' | 'MB';
  readonly measured: Measured;
}

/** Each is judged by the worst of what was measured, without allowance for noise. */
export function reachOf(samples: readonly Sample[]): readonly Reach[] {
  return goalsOf(samples).map(judged);
}

const LARGE = [500 * MB, 2000 * MB];

function goalsOf(samples: readonly Sample[]): readonly Goal[] {
  const against = (other: VariantName, scheme: Scheme, sizes: readonly number[], figure: Figure): Measured =>
    sizes.map((sizeBytes) => [
      `${SCHEME_TITLES[scheme]}, ${sizeShown(sizeBytes)}`,
      ratioOf(samples, { scheme, sizeBytes }, ['ours', other], figure),
    ]);
  const vendors = (figure: Figure) =>
    SCHEMES.flatMap((scheme) => against('axios', scheme, [500 * MB], figure));
  const [more, less] = [
    { better: 'more', unit: '×' },
    { better: 'less', unit: '×' },
  ] as const;
  return [
    {
      what: 'throughput from 500 MB, plain, against raw',
      ...more,
      target: 0.95,
      stretch: 1.2,
      measured: against('raw', 'plain', LARGE, mbPerSecond),
    },
    {
      what: 'CPU per GB from 500 MB, TLS on both ends, against raw',
      ...less,
      target: 1,
      stretch: 0.75,
      measured: against('raw', 'tls', LARGE, cpuSecondsPerGb),
    },
    {
      what: 'throughput from 500 MB, TLS, against raw',
      ...more,
      target: 0.95,
      stretch: 1.3,
      measured: against('raw', 'tls', LARGE, mbPerSecond),
    },
    {
      what: '10 KB, 50 at once, requests a second against raw',
      ...more,
      target: 0.95,
      stretch: 1.5,
      measured: SCHEMES.map((scheme) => {
        const which = { scheme, sizeBytes: 10 * KB, atOnce: 50 };
        return [SCHEME_TITLES[scheme], ratioOf(samples, which, ['ours', 'raw'], requestsPerSecond)];
      }),
    },
    {
      what: 'peak memory above idle, any size, the slow sink too',
      better: 'less',
      unit: 'MB',
      target: 100,
      stretch: 60,
      measured: peaks(samples),
    },
    {
      what: 'peak memory of 2 GB beyond that of 500 MB',
      better: 'less',
      unit: 'MB',
      target: 15,
      stretch: null,
      measured: growth(samples),
    },
    {
      what: 'throughput of 500 MB against the vendor’s sample',
      ...more,
      target: 3,
      stretch: null,
      measured: vendors(mbPerSecond),
    },
    {
      what: 'memory of 500 MB against the vendor’s sample',
      ...less,
      target: 0.1,
      stretch: null,
      measured: vendors(peakMb),
    },
  ];
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

/** Null where one of them is missing: of what was not measured nothing is claimed. */
function worstOf(better: Goal['better'], values: readonly (number | null)[]): number | null {
  if (values.some((value) => value === null)) return null;
  return (better === 'more' ? Math.min : Math.max)(...(values as number[]));
}

function judged({ what, better, target, stretch, unit, measured }: Goal): Reach {
  const worst = worstOf(
    better,
    measured.map(([, value]) => value),
  );
  const isReached = (bound: number) =>
    worst !== null && (better === 'more' ? worst >= bound : worst <= bound);
  const bound = (value: number) => `${better === 'more' ? '≥' : '≤'} ${value} ${unit}`;
  return {
    what,
    target: bound(target),
    stretch: stretch === null ? null : bound(stretch),
    measured: measured.map(([on, value]) => `${on}: ${figureShown(value, unit)}`).join('; '),
    reached: stretch !== null && isReached(stretch) ? 'stretch' : isReached(target) ? 'target' : 'no',
  };
}

function figureShown(value: number | null, unit: Goal['unit']): string {
  if (value === null) return 'not measured';
  return unit === 'MB' ? `${value.toFixed(1)} MB` : `${value.toFixed(2)} ×`;
}
