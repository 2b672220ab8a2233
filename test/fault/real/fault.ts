#!/usr/bin/env node
import { writeFile } from 'node:fs/promises';
import { Command, InvalidArgumentError } from 'commander';
import { rendered } from './render.ts';
import { runFaults } from './run.ts';

/** `npm run fault`: the uploader in real processes, under every fault that can be made on one machine. */

interface Options {
  readonly documents: number;
  readonly kills: number;
  readonly seed: number;
  readonly json: boolean;
  readonly log?: string;
}

const whole = (least: number) => (given: string) => {
  const number = Number(given);
  if (/^\d+$/.test(given) && number >= least && Number.isSafeInteger(number)) return number;
  throw new InvalidArgumentError(`Give a whole number from ${least}.`);
};

const command = new Command('npm run fault --')
  .description(
    'Uploads documents while their processes are killed, the network is cut and S3 and DynamoDB fail, then holds the ledger and an embedded Extracta to every promise. Exit code 1 if one broke.',
  )
  .option('--documents <number>', 'how many, in at most 5 folders', whole(1), 300)
  .option('--kills <number>', 'SIGKILLs, 84 % of them with a request open at Extracta', whole(0), 50)
  .option(
    '--seed <number>',
    'of bytes, cuts and kills; what the processes do meanwhile is theirs',
    whole(0),
    1,
  )
  .option('--json', 'the figures as JSON on standard output', false)
  .option('--log <file>', 'where to write all that the function said')
  .parse();

const { documents, kills, seed, json, log } = command.opts<Options>();
const run = await runFaults({ documents, kills, seed, onProgress: progress() });
const { figures, broken } = run;
if (log !== undefined) await writeFile(log, `${run.log.join('\n')}\n`);
process.stderr.write('\n');
process.stdout.write(`${json ? JSON.stringify({ figures, broken }, undefined, 2) : rendered(run)}\n`);
// The emulators' libraries leave timers behind.
process.exit(broken.length === 0 ? 0 : 1);

/** One line that is written over; where nobody watches, one every few seconds. */
function progress(): (line: string) => void {
  let saidAtMs = Number.NEGATIVE_INFINITY;
  return (line) => {
    if (process.stderr.isTTY) return void process.stderr.write(`\r\x1b[K${line}`);
    if (performance.now() - saidAtMs < 5000) return;
    saidAtMs = performance.now();
    process.stderr.write(`${line}\n`);
  };
}
