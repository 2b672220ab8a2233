import Table from 'cli-table3';
import { type Machine, machineShown } from './machine.ts';
import type { Reach, Section, Table as SectionTable } from './section.ts';
import { NOISE } from './verdict.ts';

/** What a run of the benchmark found. `--json` prints it as it is. */
export interface Findings {
  readonly machine: Machine;
  readonly quick: boolean;
  readonly sections: readonly Section[];
  /** Sections that could not be measured, and why. */
  readonly failed: readonly { readonly section: string; readonly reason: string }[];
}

type Cell = string | number | null;

const REACHED: Readonly<Record<Reach['reached'], string>> = {
  stretch: 'stretch',
  target: 'target',
  noise: `within ${100 * NOISE} % of the target`,
  no: 'not reached',
};
const REACH_COLUMNS = ['', 'Target', 'Stretch', 'Measured', 'Reached'] as const;

const reachRow = ({ what, target, stretch, measured, reached }: Reach): readonly Cell[] => [
  what,
  target,
  stretch ?? '',
  measured,
  REACHED[reached],
];

const cellShown = (cell: Cell): string =>
  cell === null ? '–' : typeof cell === 'number' ? cell.toLocaleString('en-US') : cell;

/** For a terminal. */
export function renderTerminal({ machine, sections, failed }: Findings): string {
  const parts = sections.flatMap((section) => [
    `\n${section.title}\n${'='.repeat(section.title.length)}`,
    ...section.says,
    ...section.tables.map((table) => `${table.title}\n${boxed(table)}`),
    ...(section.reach.length === 0 ? [] : [`What was to be reached\n${boxed(reachTable(section.reach))}`]),
  ]);
  const failures = failed.map(({ section, reason }) => `${section} could not be measured: ${reason}`);
  return `${[machineShown(machine), ...parts, ...failures].join('\n\n')}\n`;
}

const reachTable = (reach: readonly Reach[]): SectionTable => ({
  title: '',
  columns: REACH_COLUMNS,
  rows: reach.map(reachRow),
});

function boxed({ columns, rows }: SectionTable): string {
  const table = new Table({
    head: [...columns],
    colAligns: columns.map((_, at) => (isNumbers(rows, at) ? 'right' : 'left')),
    style: { head: [], border: [], compact: true },
  });
  table.push(...rows.map((row) => row.map(cellShown)));
  return table.toString();
}

function isNumbers(rows: SectionTable['rows'], at: number): boolean {
  return rows.some((row) => typeof row[at] === 'number');
}

const HOW = `    npm run bench                  # all of it; writes this page and its picture
    npm run bench -- --quick       # every row in at most four minutes, fewer runs; writes nothing
    npm run bench -- --json        # the same as data

Written by the command, but for the notes at its end. No test judges by these times: they belong to the machine they were
measured on, their ratios less so.`;

/** docs/benchmarks.md. `notes` is what a person wrote, with its heading. */
export function renderPage(findings: Findings, notes: string): string {
  const { machine, quick, sections, failed } = findings;
  const reach = sections.flatMap((section) => section.reach);
  return `${[
    '# Benchmarks',
    `Measured on ${machineShown(machine)}${quick ? ', in a quick run: single measurements' : ''}.`,
    HOW,
    '![The uploader against what people would use instead](benchmarks.svg)',
    ...(reach.length === 0 ? [] : ['## What was to be reached', piped(reachTable(reach))]),
    ...sections.flatMap(pageOf),
    ...failed.map(({ section, reason }) => `**${section} could not be measured**: ${escaped(reason)}`),
    notes.trim(),
  ].join('\n\n')}\n`;
}

function pageOf({ title, says, tables }: Section): readonly string[] {
  return [
    `## ${title}`,
    ...(says.length === 0 ? [] : [says.map((sentence) => `- ${escaped(sentence)}`).join('\n')]),
    ...tables.flatMap((table) => [`### ${table.title}`, piped(table)]),
  ];
}

function piped({ columns, rows }: SectionTable): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escaped).join(' | ')} |`;
  const rule = columns.map((_, at) => (isNumbers(rows, at) ? '---:' : '---'));
  return [line(columns), `| ${rule.join(' | ')} |`, ...rows.map((row) => line(row.map(cellShown)))].join(
    '\n',
  );
}

/** A failure's text may hold anything. */
function escaped(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[|<]/g, (sign) => (sign === '|' ? '\\|' : '&lt;'));
}
