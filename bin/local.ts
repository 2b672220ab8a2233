#!/usr/bin/env node
import { join } from 'node:path';
import { bundleFolder, HANDLER_FILE } from '../lambdas/bundle-folder.ts';
import { chance, clock } from '../lambdas/clock-and-chance.ts';
import { start } from '../lib/local/start.ts';
import { serveRunsConsole } from '../lib/operator/console/console.ts';
import { interruption } from '../lib/terminal/interruption.ts';
import project from '../package.json' with { type: 'json' };

/** `npm start`. `npm start -- --help` tells the rest. */

const leave = () => process.exit(130);
const interrupted = interruption({ process, nowMs: () => performance.now(), leave });
// A reader that has gone (`| head`) is no failure of ours.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

const passedOn = ['NODE_EXTRA_CA_CERTS'].flatMap((name) => {
  const value = process.env[name];
  return value === undefined ? [] : [[name, value] as const];
});

/** npm runs its scripts in the project's folder, and says where the person stood. */
const stood = process.env['npm_lifecycle_event'] === 'start' ? process.env['INIT_CWD'] : undefined;

/** Of the operator's command, not of its page. */
const unused = { stateFolder: '', projectConfigFile: '' };

const given = {
  stdout: process.stdout,
  stderr: process.stderr,
  version: project.version,
  apiToken: process.env['EXTRACTA_API_TOKEN'],
  interrupted: interrupted.signal,
};

const exitCode = await start(process.argv.slice(2), {
  ...given,
  extraEnvironment: Object.fromEntries(passedOn),
  directory: stood ?? process.cwd(),
  samplesFolder: join(import.meta.dirname, '../samples'),
  bundle: async (name) => join(await bundleFolder(name), HANDLER_FILE),
  openConsole: (line, sentBytes) =>
    serveRunsConsole(line, { ...given, clock, chance, ask: undefined, ...unused }, sentBytes),
});
// The emulators' libraries leave timers behind.
process.exit(exitCode);
