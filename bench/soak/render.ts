import { cpus, totalmem, type } from 'node:os';
import { NODE_OPTIONS } from '../../lib/config/node-options.ts';
import { MOST_GROWTH } from './judged.ts';
import { BURST_DOCUMENTS } from './load.ts';
import type { Judgement } from './samples.ts';
import type { Soak } from './soak.ts';

/** The figures for a terminal, and for docs/soak.md. */

export function tableOf(result: Soak): string {
  return `${[...saidOf(result), ...rowsOf(result), verdictOf(result)].join('\n')}\n`;
}

export function documentOf(result: Soak): string {
  return `# Soak

What the uploader holds must not grow, however long it works. \`npm run soak -- --minutes 30 --write\` made this page
and its picture, on ${machine()}.

${saidOf(result).join('\n')}

${rowsOf(result).join('\n')}

**${verdictOf(result)}**

![The curves of all eight, over the run](soak.svg)

- The deployed bundle runs in ${result.containers.started} processes, as in Lambda's sandboxes. Each says after an invocation, at most twice a
  second, what it holds at rest; the sums are sampled before each burst of ${BURST_DOCUMENTS} documents. \`timers\` are those that keep a
  process alive. A process that is started late or replaced fails the run: what is young is always flat.
- They run as deployed, with \`NODE_OPTIONS=${NODE_OPTIONS}\`. Left alone V8 widens its room for short-lived objects in steps for a
  quarter of an hour, by 100 MB a process, while what is alive after a collection stays at 19 MB: that is V8's appetite, and would hide a leak.
- Judged is the median of the last third against the middle third's, at most ${MOST_GROWTH} times as much. The first third is the start:
  code is compiled, caches fill.
- The stack's process holds emulators, the embedded Extracta, the pump and the one that puts. Of it sockets, timers and
  handles are judged. Its memory is only shown: the embedded Extracta keeps what it was given, and LevelDB maps the emulated ledger's files, some
  34 KB a document with its indexes and old versions. It grew by
  ${Math.round(result.stackBytesADocument)} bytes a document. Objects are deleted two minutes after they were put, so that the disk does not fill up.
- Of a hundred uploads Extracta fails five: 500 and broken connections, each with the file kept and not kept, 429, and bodies cut off. Of
  400 documents one is always rejected, and one fails until it is parked and comes back by the scheduled redrive, whose process is started anew each time.
  The uploader's own waits are divided by 100.
`;
}

function machine(): string {
  const [cpu] = cpus();
  const memoryGb = Math.round(totalmem() / 1024 ** 3);
  return `${cpus().length} cores of ${cpu?.model.trim() ?? 'an unknown processor'}, ${memoryGb} GB, ${type()}, Node ${process.version}`;
}

function saidOf({ minutes, load, events, invocations, containers, messagesLeft }: Soak): readonly string[] {
  const count = (event: string) => (events[event] ?? 0).toLocaleString('en');
  return [
    `${minutes.toFixed(1)} minutes, ${load.documents.toLocaleString('en')} documents (${Math.round(load.bytes / 1024 ** 2).toLocaleString('en')} MB), ` +
      `${load.duplicates.toLocaleString('en')} of them put twice, ${load.overwritten.toLocaleString('en')} overwritten at once; ` +
      `${invocations.toLocaleString('en')} invocations in ${containers.started} processes, of which ${containers.lived} lived from the first third to the end.`,
    `${count('document.uploaded')} uploaded, ${count('document.skipped')} skipped (overwritten before they were read), ` +
      `${count('document.parked')} parked, ${count('document.deferred')} deferrals, ${count('outcome.lost')} answers lost, ` +
      `${count('breaker.opened')} pauses of the whole line; ${messagesLeft} messages left at the end.`,
  ];
}

function rowsOf({ functions, stack }: Soak): readonly string[] {
  return [
    '',
    '| | first third | middle third | last third | last / middle | |',
    '|---|---|---|---|---|---|',
    ...functions.map((each) => row('function processes', each)),
    ...stack.map((each) => row('the stack’s process', each)),
    '',
  ];
}

function row(whose: string, { what, first, middle, last, growth, isFlat, isJudged }: Judgement): string {
  const verdict = !isJudged ? 'only shown' : isFlat === undefined ? 'too short' : isFlat ? 'flat' : 'grew';
  const shown = [first, middle, last].map((value) => String(Math.round(value * 10) / 10));
  return `| ${whose}: ${what} | ${shown.join(' | ')} | ${growth.toFixed(3)} | ${verdict} |`;
}

function verdictOf({ isFlat, containers, functions, stack }: Soak): string {
  if (isFlat) return 'Flat: nothing that is judged grew.';
  const grown = [...functions, ...stack].filter((each) => each.isJudged && each.isFlat !== true);
  const lived =
    containers.started === containers.lived ? '' : ' A function process was started late or replaced.';
  return `Not flat: ${grown.map(({ what }) => what).join(', ') || 'no curve, but'}.${lived}`;
}
