#!/usr/bin/env node
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { pictureOf } from './soak/picture.ts';
import { documentOf, tableOf } from './soak/render.ts';
import { soak } from './soak/soak.ts';

/** `npm run soak -- --minutes 30`: what the uploader holds while it works must not grow. */

const minutesOf = (given: string) => {
  const minutes = Number(given);
  if (/^\d+(\.\d+)?$/.test(given) && minutes > 0) return minutes;
  throw new InvalidArgumentError('Give a number of minutes above 0.');
};

const command = new Command('npm run soak --')
  .description(
    'Mixed load on the local stack: new documents of mixed sizes, duplicates, overwritten ones, failed ones, redrives. ' +
      'Memory, sockets, timers and file handles are sampled all the while. Exit code 1 where one of them grew, or where ' +
      'the run was too short to tell; 130 after Ctrl-C.',
  )
  .option('--minutes <number>', 'how long documents are put', minutesOf, 30)
  .option('--json', 'the figures as JSON on standard output', false)
  .option('--write', 'writes docs/soak.md and docs/soak.svg', false)
  .parse();

const { minutes, json, write } = command.opts<{ minutes: number; json: boolean; write: boolean }>();
const interrupt = new AbortController();
process.once('SIGINT', () => {
  process.stderr.write('Ending: what was measured is judged. Ctrl-C again ends at once.\n');
  interrupt.abort();
});
const say = (line: string) => void process.stderr.write(`${line}\n`);
const result = await soak({ minutes, signal: interrupt.signal, say });
process.stdout.write(json ? `${JSON.stringify(result, undefined, 2)}\n` : tableOf(result));
if (write) {
  const docs = join(import.meta.dirname, '../docs');
  await writeFile(join(docs, 'soak.md'), documentOf(result));
  await writeFile(join(docs, 'soak.svg'), pictureOf(result));
}
// The emulators' libraries leave timers behind.
process.exit(interrupt.signal.aborted ? 130 : result.isFlat ? 0 : 1);
