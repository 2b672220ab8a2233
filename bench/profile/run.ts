import { writeFile } from 'node:fs/promises';
import type { Profiler } from 'node:inspector';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { machineShown, thisMachine } from '../machine.ts';
import { openTwoEnds } from '../streaming/ends.ts';
import type { Answer, Load } from '../streaming/uploader.ts';
import { callTree, type Frame, widths } from './call-tree.ts';
import { renderFlames } from './flame.ts';

/**
 * `node bench/profile/run.ts [--write]`: a CPU profile of the uploader's own path, from S3's answer to Extracta's, under
 * two loads. Prints the widest frames; with --write also docs/flame.svg.
 */

interface Profiled extends Load {
  readonly title: string;
}

const LOADS: readonly Profiled[] = [
  { title: '500 MB over TLS, one at a time', sizeBytes: 500_000_000, count: 6, atOnce: 1 },
  { title: '10 KB over TLS, 50 at once', sizeBytes: 10_000, count: 5_000, atOnce: 50 },
];
const ROWS = 15;
const PROJECT = join(import.meta.dirname, '..', '..');

const { write } = parseArgs({ options: { write: { type: 'boolean', default: false } } }).values;
const interrupted = new AbortController();
process.once('SIGINT', () => interrupted.abort(new Error('Interrupted')));

const flames = [];
for (const load of LOADS) {
  const root = callTree(await profileOf(load), `${pathToFileURL(PROJECT).href}/`);
  console.log(`${load.title}: ${root.total} samples\n${table(root)}\n`);
  flames.push({ title: load.title, root });
}
if (write) {
  const foot = machineShown(thisMachine(Date.now()));
  await writeFile(join(PROJECT, 'docs', 'flame.svg'), renderFlames(flames, foot));
}

async function profileOf(load: Load): Promise<Profiler.Profile> {
  await using ends = await openTwoEnds({ signal: interrupted.signal, asDeployed: false });
  await using uploader = await ends.uploader('ours', 'tls');
  const answer = await uploader.ask<Answer>({ ...load, profile: true } satisfies Load);
  if ('failed' in answer) throw new Error(answer.failed);
  if (answer.profile === undefined) throw new Error('The uploader gave no profile');
  return answer.profile;
}

/** By their own time. */
function table(root: Frame): string {
  const share = (samples: number) => `${((samples / root.total) * 100).toFixed(1)} %`.padStart(8);
  return widths(root)
    .slice(0, ROWS)
    .map(({ name, home, self, total }) => `${share(self)} itself ${share(total)} in all  ${name} · ${home}`)
    .join('\n');
}
