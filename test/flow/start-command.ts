import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { onTestFinished } from 'vitest';
import { bundleLambda } from '../../lambdas/bundle.ts';
import type { Report } from '../../lib/local/report.ts';
import { start } from '../../lib/local/start.ts';
import { hearer } from '../support/leaks/heard.ts';

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface StartedCommand extends AsyncDisposable {
  readonly child: ChildProcess;
  /** Resolves when standard output holds it. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  readonly ended: Promise<Ended>;
}

const COMMAND = join(import.meta.dirname, '../../bin/local.ts');

/** `npm start -- …`, as the process that npm starts. */
export function startCommand(
  args: readonly string[],
  environment: Record<string, string> = {},
): StartedCommand {
  const child = spawn(process.execPath, [COMMAND, ...args], {
    env: { PATH: process.env['PATH'] ?? '', NO_COLOR: '1', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr] = [collected(child.stdout), collected(child.stderr)];
  const ended = once(child, 'close').then(([code]) => ({
    code: code as number | null,
    stdout: stdout.text(),
    stderr: stderr.text(),
  }));
  const kill = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  // A test that ran into its time limit never comes to dispose of anything.
  onTestFinished(kill);
  return { child, says: stdout.says, ended, [Symbol.asyncDispose]: kill };
}

function collected(stream: Readable) {
  let text = '';
  const hear = hearer('npm start');
  stream.setEncoding('utf8').on('data', (piece: string) => {
    hear(piece);
    text += piece;
  });
  const says = async (pattern: RegExp): Promise<RegExpExecArray> => {
    for (;;) {
      const found = pattern.exec(text);
      if (found !== null) return found;
      await once(stream, 'data');
    }
  };
  return { text: () => text, says };
}

export async function runCommand(
  args: readonly string[],
  environment: Record<string, string> = {},
): Promise<Ended> {
  await using started = startCommand(args, environment);
  return await started.ended;
}

/** The same without a process of its own, where all that matters is what is said and how it ends. */
export async function runHere(
  args: readonly string[],
  apiToken?: string,
  interrupted = new AbortController().signal,
): Promise<Ended> {
  const streams = [new PassThrough(), new PassThrough()] as const;
  const [stdout, stderr] = [collected(streams[0]), collected(streams[1])];
  const code = await start(args, {
    stdout: streams[0],
    stderr: streams[1],
    version: '0.0.0',
    apiToken,
    extraEnvironment: {},
    samplesFolder: join(import.meta.dirname, '../../samples'),
    bundle: async (name) => (await bundleLambda(name)).file,
    directory: process.cwd(),
    interrupted,
  });
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

/** The report of a run with --json: standard output must hold nothing else. */
export const reportIn = ({ stdout }: Ended): Report => JSON.parse(stdout) as Report;
