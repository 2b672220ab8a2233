#!/usr/bin/env node
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { chance, clock } from '../lambdas/clock-and-chance.ts';
import { runOperator } from '../lib/operator/run.ts';
import project from '../package.json' with { type: 'json' };

/** The operator's command. `extracta-uploader --help` tells the rest. */

const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    interruption.abort();
    // Whoever asks twice does not want to wait.
    process.once(signal, () => process.exit(130));
  });
}
// A reader that has gone (`| head`) is no failure of ours.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

async function ask(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // While a question stands, readline hears Ctrl-C, and nobody else.
  terminal.on('SIGINT', () => interruption.abort());
  try {
    const answer = await terminal.question(`${question} [y/N] `, { signal: interruption.signal });
    return /^y(?:es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}

process.exitCode = await runOperator(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  version: project.version,
  apiToken: process.env['EXTRACTA_API_TOKEN'],
  stateFolder: join(process.env['XDG_STATE_HOME'] || join(homedir(), '.local/state'), 'extracta-uploader'),
  projectConfigFile: resolve('uploader.config.json'),
  clock,
  chance,
  ask: process.stdin.isTTY === true && process.stderr.isTTY === true ? ask : undefined,
  interrupted: interruption.signal,
});
