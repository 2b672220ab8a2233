import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { measureColdStart } from './cold-start/section.ts';
import { type BenchCommand, readCommand } from './command.ts';
import { measureCost } from './cost/section.ts';
import { measureLine } from './line/section.ts';
import { thisMachine } from './machine.ts';
import { renderPicture } from './picture.ts';
import { type Findings, renderPage, renderTerminal } from './render.ts';
import type { Asked, Section } from './section.ts';
import { measureStreaming } from './streaming/section.ts';

/** `npm run bench`: measures section after section and shows what came of it. `--help` tells the rest. */

/** All of it, in the order in which it is shown. */
const SECTIONS: readonly { readonly name: string; readonly measure: (asked: Asked) => Promise<Section> }[] = [
  { name: 'streaming', measure: measureStreaming },
  { name: 'line', measure: measureLine },
  { name: 'cold-start', measure: measureColdStart },
  { name: 'cost', measure: measureCost },
];

const DOCS = join(import.meta.dirname, '../docs');

const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    interruption.abort();
    // Whoever asks twice does not want to wait; children end with us.
    process.once(signal, () => process.exit(130));
  });
}
// A reader that has gone (`| head`) is no failure of ours.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

process.exit(await main());

async function main(): Promise<number> {
  const reading = readCommand(
    process.argv.slice(2),
    SECTIONS.map(({ name }) => name),
    DOCS,
  );
  if (reading.kind === 'print') {
    (reading.exitCode === 0 ? process.stdout : process.stderr).write(reading.text);
    return reading.exitCode;
  }
  const { command } = reading;
  // Before minutes of measuring, not after.
  const wrong = command.folder === undefined ? undefined : await unusable(command.folder);
  if (wrong !== undefined) {
    process.stderr.write(`${wrong}\n`);
    return 2;
  }
  const findings = await measureAll(command);
  if (interruption.signal.aborted) return 130;
  await printed(command.json ? `${JSON.stringify(findings, null, 2)}\n` : renderTerminal(findings));
  if (command.folder !== undefined) await write(findings, command.folder);
  return findings.failed.length === 0 ? 0 : 1;
}

/** Makes the folder. Returns what is wrong with it. */
async function unusable(folder: string): Promise<string | undefined> {
  try {
    await mkdir(folder, { recursive: true });
    return undefined;
  } catch (error) {
    return `Nothing can be written to ${folder}: ${(error as NodeJS.ErrnoException).code}. Give another --out.`;
  }
}

async function measureAll({ quick, only }: BenchCommand): Promise<Findings> {
  const startedMs = Date.now();
  const sections: Section[] = [];
  const failed: { section: string; reason: string }[] = [];
  const say = (line: string) => {
    const seconds = ((Date.now() - startedMs) / 1000).toFixed(0).padStart(4);
    process.stderr.write(`${seconds} s  ${line}\n`);
  };
  for (const { name, measure } of SECTIONS) {
    if (interruption.signal.aborted || (only !== undefined && only !== name)) continue;
    try {
      sections.push(await measure({ quick, signal: interruption.signal, say }));
    } catch (error) {
      failed.push({ section: name, reason: String((error as Error).message ?? error) });
    }
  }
  say('all is measured');
  return { machine: thisMachine(startedMs), quick, sections, failed };
}

/** `process.exit` does not wait for a pipe. */
function printed(text: string): Promise<void> {
  return new Promise((resolve) => process.stdout.write(text, () => resolve()));
}

async function write(findings: Findings, folder: string): Promise<void> {
  const notes = await readFile(join(DOCS, 'benchmarks-notes.md'), 'utf8').catch(() => '');
  const charts = findings.sections.flatMap((section) => section.charts ?? []);
  const { cpu, cores, node, date } = findings.machine;
  await writeFile(join(folder, 'benchmarks.md'), renderPage(findings, notes));
  await writeFile(
    join(folder, 'benchmarks.svg'),
    renderPicture(charts, `${cores} cores of ${cpu}, Node ${node}, ${date}`),
  );
}
