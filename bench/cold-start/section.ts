import { bytesByPackage } from '../../lambdas/bundle-report.ts';
import { median } from '../line/quantile.ts';
import type { Asked, Reach, Section, Table } from '../section.ts';
import type { ColdStart } from './cold-start.ts';
import { type Round, type Rounds, runRounds } from './run-rounds.ts';

const NAMED_PACKAGES = 10;

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
      'The bare handler has clients of S3, DynamoDB and Secrets Manager as the SDK makes them, and is bundled as ours is. It makes its clients on import, ours on the first invocation; its first answer is one GetObject read to its end and one GetItem.',
      'Our first upload is a whole one of 10 KB: the settings, the ledger’s read and writes, the document streamed into the form, Extracta’s answer. S3, DynamoDB and Extracta are stand-ins in another process; Secrets Manager is asked by neither.',
      `Medians of ${rounds.length} fresh processes each, one after the other in turns, without a compile cache, as on Lambda; times by the process’s own clock, CPU of all its threads. The ratio is the median of the ratios within a round. Node’s own start is before the clock.`,
    ],
    tables: [sizes(bundles), times(rounds)],
    reach: [
      reachOf('upload bundle, minified bytes', bytes, [1_000_000, 750_000], bytes.toLocaleString('en-US')),
      importReach(rounds),
    ],
  };
}

function sizes({ ours, bare }: Rounds['bundles']): Table {
  const bareBytes = new Map(bytesByPackage(bare.metafile));
  const named = bytesByPackage(ours.metafile).slice(0, NAMED_PACKAGES);
  const rows = named.map(([name, bytes]) => [name, bytes, bareBytes.get(name) ?? 0] as const);
  const rest = (all: number, column: 1 | 2) => rows.reduce((left, row) => left - row[column], all);
  return {
    title: 'Bundle, minified bytes by package',
    columns: ['', 'upload', 'bare handler'],
    rows: [
      ...rows,
      ['the rest', rest(ours.sizeBytes, 1), rest(bare.sizeBytes, 2)],
      ['all', ours.sizeBytes, bare.sizeBytes],
    ],
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
    median(rounds.map(({ bare }) => of(bare))).toFixed(1),
    ratio(rounds, of).toFixed(2),
  ]);
  return { title: 'Import and first answer', columns: ['', 'upload', 'bare handler', 'ratio'], rows };
}

/** What a round suffered, both suffered: that falls out. */
export function ratio(rounds: readonly Round[], of: Measure): number {
  return median(rounds.map(({ ours, bare }) => of(ours) / of(bare)));
}

function importReach(rounds: readonly Round[]): Reach {
  const measured = ratio(rounds, ({ importMs }) => importMs);
  return reachOf('import, against bare clients', measured, [1.25, 1.1], `${measured.toFixed(2)} ×`, ' ×');
}

function reachOf(
  what: string,
  value: number,
  [target, stretch]: readonly [number, number],
  measured: string,
  unit = '',
): Reach {
  const bound = (most: number) => `≤ ${most.toLocaleString('en-US')}${unit}`;
  const reached = value <= stretch ? 'stretch' : value <= target ? 'target' : 'no';
  return { what, target: bound(target), stretch: bound(stretch), measured, reached };
}
