import { bytesByPackage } from '../../lambdas/bundle-report.ts';
import { median } from '../line/quantile.ts';
import type { Asked, Reach, Section, Table } from '../section.ts';
import { verdictOn } from '../verdict.ts';
import type { ColdStart } from './cold-start.ts';
import { type ColdName, type Round, type Rounds, runRounds } from './run-rounds.ts';

const NAMED_PACKAGES = 10;
const SIZE = { target: 1_000_000, stretch: 750_000, isExact: true, unit: '' } as const;
const IMPORT = { target: 1.25, stretch: 1.1, isExact: false, unit: ' ×' } as const;

/** The upload function's bundle by dependency, its import and its first upload, each against a bare handler's. */
export async function measureColdStart(asked: Asked): Promise<Section> {
  const count = asked.quick ? 5 : 31;
  asked.say(`Cold start: ${count} rounds of fresh processes`);
  return sectionOf(await runRounds(count, asked));
}

export function sectionOf({ rounds, bundles }: Rounds): Section {
  const bytes = bundles.ours.sizeBytes;
  return {
    title: 'Cold start',
    says: [
      'The bare handler has clients of S3, DynamoDB and Secrets Manager as the SDK makes them, and is bundled as ours is; “plain” is the same handler as esbuild bundles it without our settings (`--bundle --minify --platform=node`). It makes its clients on import, ours on the first invocation; its first answer is one GetObject read to its end and one GetItem.',
      'Our first upload is a whole one of 10 KB: the settings, the ledger’s read and writes, the document streamed into the form, Extracta’s answer. S3, DynamoDB and Extracta are stand-ins in another process; Secrets Manager is asked by neither.',
      `Medians of ${rounds.length} fresh processes each, one after the other in turns, without a compile cache, as on Lambda; times by the process’s own clock, CPU of all its threads. The ratio is the median of the ratios within a round. Node’s own start is before the clock.`,
    ],
    tables: [sizes(bundles), times(rounds)],
    reach: [
      {
        ...reachOf('upload bundle, minified bytes', bytes, SIZE),
        measured: bytes.toLocaleString('en-US'),
      },
      importReach(rounds),
    ],
  };
}

function sizes({ ours, bare, plain }: Rounds['bundles']): Table {
  const columns = [ours, bare, plain].map(({ sizeBytes, metafile }) => {
    return { sizeBytes, bytes: new Map(bytesByPackage(metafile)) };
  });
  const named = bytesByPackage(ours.metafile).slice(0, NAMED_PACKAGES);
  const rows = named.map(([name]) => [name, ...columns.map(({ bytes }) => bytes.get(name) ?? 0)] as const);
  const rest = columns.map(({ sizeBytes }, at) => {
    return rows.reduce((left, row) => left - Number(row[at + 1]), sizeBytes);
  });
  return {
    title: 'Bundle, minified bytes by package',
    columns: ['', 'upload', 'bare handler', 'plain'],
    rows: [...rows, ['the rest', ...rest], ['all', ...columns.map(({ sizeBytes }) => sizeBytes)]],
  };
}

type Measure = (start: ColdStart) => number;

const TIMES: readonly (readonly [what: string, of: Measure])[] = [
  ['import, ms', ({ importMs }) => importMs],
  ['import, CPU ms', ({ importCpuMs }) => importCpuMs],
  ['from import to the first answer, ms', ({ firstMs }) => firstMs],
  ['from import to the first answer, CPU ms', ({ firstCpuMs }) => firstCpuMs],
];

function times(rounds: readonly Round[]): Table {
  const rows = TIMES.map(([what, of]) => [
    what,
    median(rounds.map(({ ours }) => of(ours))).toFixed(1),
    ...(['bare', 'plain'] as const).flatMap((name) => [
      median(rounds.map((round) => of(round[name]))).toFixed(1),
      ratio(rounds, name, of).toFixed(2),
    ]),
  ]);
  const columns = ['', 'upload', 'bare handler', 'ratio', 'plain', 'ratio'];
  return { title: 'Import and first answer', columns, rows };
}

/** What a round suffered, both suffered: that falls out. */
export function ratio(rounds: readonly Round[], to: Exclude<ColdName, 'ours'>, of: Measure): number {
  return median(rounds.map((round) => of(round.ours) / of(round[to])));
}

function importReach(rounds: readonly Round[]): Reach {
  const importOf = ({ importMs }: ColdStart) => importMs;
  const [measured, plain] = [ratio(rounds, 'bare', importOf), ratio(rounds, 'plain', importOf)];
  return {
    ...reachOf('import, against bare clients', measured, IMPORT),
    measured: `${measured.toFixed(2)} ×; plain: ${plain.toFixed(2)} ×`,
  };
}

function reachOf(what: string, value: number, bounds: typeof SIZE | typeof IMPORT): Omit<Reach, 'measured'> {
  const bound = (most: number) => `≤ ${most.toLocaleString('en-US')}${bounds.unit}`;
  const [target, stretch] = [bound(bounds.target), bound(bounds.stretch)];
  return { what, target, stretch, reached: verdictOn(value, { better: 'less', ...bounds }) };
}
