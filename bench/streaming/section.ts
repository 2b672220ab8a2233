import type { Asked, Chart, Section } from '../section.ts';
import { openTwoEnds, SCHEMES } from './ends.ts';
import { cpuSecondsPerGb, type Figure, mbPerSecond, medianOf, peakMb, type Sample } from './figures.ts';
import { FULL, MB, type Plan, QUICK } from './plan.ts';
import { reachOf } from './reach.ts';
import { takeSamples } from './samples.ts';
import { rounded, tablesOf } from './tables.ts';
import { SLOW_BYTES_PER_SECOND } from './taking.ts';
import { VARIANT_NAMES, VARIANTS, variantOf } from './variants/variants.ts';
import { SCHEME_TITLES, sizeShown } from './words.ts';

/** From S3 to Extracta and nothing else: ours against what people would use instead. */
export async function measureStreaming(asked: Asked): Promise<Section> {
  const plan = asked.quick ? QUICK : FULL;
  await using ends = await openTwoEnds({ signal: asked.signal, asDeployed: true });
  const samples = await takeSamples(ends, plan, asked);
  return {
    title: 'Streaming',
    says: [...METHOD, roundsSaid(plan), verifiedSaid(samples), ...failuresOf(samples)],
    tables: tablesOf(samples),
    reach: reachOf(samples),
    charts: chartsOf(samples),
  };
}

const METHOD = [
  'Documents are read from a source that answers as S3’s GetObject does and sent to a sink that answers as uploadFiles is documented to. Source, sink and uploader are processes of their own on 127.0.0.1, and share the machine’s cores; each run of a variant is a fresh process.',
  'The source writes one buffer again and again, the sink counts bytes. Their own limits are rows of the tables: “the source alone” is read by a plain socket and thrown away, “the sink alone” is fed from memory.',
  'extracta-uploader is the deployed function’s own composition: S3’s client, byte guard, form, pool; bundled as it is, with its `NODE_OPTIONS`; the others run as Node does by itself. “raw” pipes the SDK’s body into an http request. The vendor’s sample is axios with form-data and axios’ own redirects. fetch needs the whole object as a Blob. curl is two processes for each document: its CPU is that of both, its memory is not measured, and it is given no several at once.',
  'TLS is on both ends, its certificate made for the run. CPU is user and system time of the uploader’s process. Memory is the kernel’s high-water mark above what the warm process had when idle. Sizes are decimal.',
  `The slow sink reads ${sizeShown(SLOW_BYTES_PER_SECOND)} a second.`,
] as const;

function roundsSaid({ turns }: Plan): string {
  const rounds = Math.min(...turns.map((turn) => turn.rounds));
  return rounds === 1
    ? 'A quick run: one round, so that every figure is a single measurement.'
    : `${rounds} rounds, in each of which every variant has its turn. Figures are medians; ratios are medians of the ratios within a round.`;
}

function verifiedSaid(samples: readonly Sample[]): string {
  const hashed = samples.filter(({ taking }) => taking === 'hash');
  const arrived = hashed.filter((sample) => 'taken' in sample);
  const sizes = new Set(hashed.map(({ load }) => sizeShown(load.sizeBytes)));
  return `Apart from the timed runs the sink hashes a document of ${[...sizes].join(', ')} of each variant, and compares: ${arrived.length} of ${hashed.length} came byte for byte. In the timed runs it counts the bytes, and a run counts only where all came.`;
}

/** Why cells have no figure: a sentence for each variant and reason. */
function failuresOf(samples: readonly Sample[]): readonly string[] {
  const placesByReason = new Map<string, Set<string>>();
  for (const sample of samples) {
    if (!('failed' in sample)) continue;
    const reason = `${variantOf(sample.name).title}: ${sample.failed}`;
    placesByReason.set(reason, (placesByReason.get(reason) ?? new Set()).add(placeOf(sample)));
  }
  return [...placesByReason].map(
    ([reason, places]) => `Not measured: ${reason} (${[...places].join('; ')}).`,
  );
}

function placeOf({ load, scheme, taking }: Sample): string {
  const many = load.atOnce > 1 ? `, ${load.atOnce} at once` : '';
  const how = { count: '', hash: ', verified', slow: ', the sink slow' }[taking];
  return `${SCHEME_TITLES[scheme]}, ${sizeShown(load.sizeBytes)}${many}${how}`;
}

const SHOWN_BYTES = 500 * MB;
const SHOWN = VARIANT_NAMES.filter((name) => !variantOf(name).isLimit);

function chartsOf(samples: readonly Sample[]): readonly Chart[] {
  const size = sizeShown(SHOWN_BYTES);
  const chart = (title: string, scale: Chart['scale'], figure: Figure): Chart => ({
    title: title.replace('…', size),
    scale,
    groups: SCHEMES.map((scheme) => ({
      title: SCHEME_TITLES[scheme],
      bars: SHOWN.map((name) => ({
        title: VARIANTS[name].title,
        value: rounded(medianOf(samples, { name, scheme, sizeBytes: SHOWN_BYTES }, figure)),
      })),
    })),
  });
  return [
    chart('Throughput of … in MB/s: more is better', 'linear', mbPerSecond),
    chart('CPU seconds per GB, at …: less is better', 'linear', cpuSecondsPerGb),
    chart(
      'Memory above idle for …, in MB: less is better; each line is ten times the one before',
      'log',
      peakMb,
    ),
  ];
}
