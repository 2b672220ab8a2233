#!/usr/bin/env node
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { chance, clock } from '../lambdas/clock-and-chance.ts';
import { runOperator } from '../lib/operator/run.ts';
import { interruption } from '../lib/terminal/interruption.ts';
import { assents } from '../lib/terminal/question.ts';
import project from '../package.json' with { type: 'json' };

/** The operator's command. `extracta-uploader --help` tells the rest. */

const leave = () => process.exit(130);
const interrupted = interruption({ process, nowMs: () => performance.now(), leave });
// A reader that has gone (`| head`) is no failure of ours.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

const conversation = { input: process.stdin, output: process.stderr, interruption: interrupted };
const isThere = process.stdin.isTTY === true && process.stderr.isTTY === true;

process.exitCode = await runOperator(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  version: project.version,
  apiToken: process.env['EXTRACTA_API_TOKEN'],
  stateFolder: join(process.env['XDG_STATE_HOME'] || join(homedir(), '.local/state'), 'extracta-uploader'),
  projectConfigFile: resolve('uploader.config.json'),
  clock,
  chance,
  ask: isThere ? (question) => assents(question, conversation) : undefined,
  interrupted: interrupted.signal,
});
