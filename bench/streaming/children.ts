import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';

/** A forked process that is sent a message and answers with one. */
export interface Child extends AsyncDisposable {
  ask<T>(message: object): Promise<T>;
  next<T>(): Promise<T>;
}

export interface Forking {
  readonly args?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** A benchmark of minutes must not hang for ever on one that hangs. */
const ANSWER_WITHIN_MS = 5 * 60_000;

/** Forks a file beside this one. It ends with this process, with the signal, or when it is disposed of. */
export function forkBeside(file: string, { args = [], environment = {}, signal }: Forking): Child {
  const { PATH = '', TMPDIR = '' } = process.env;
  const child = fork(join(import.meta.dirname, file), [...args], {
    env: { PATH, ...(TMPDIR === '' ? {} : { TMPDIR }), ...environment },
    execArgv: ['--expose-gc', '--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const end = () => void child.kill('SIGKILL');
  signal.addEventListener('abort', end);
  // A message to one that has just died: its exit says so.
  child.on('error', () => {});
  const next = <T>() => message<T>(child, file, signal);
  return {
    next,
    ask<T>(asked: object) {
      const answer = next<T>();
      child.send(asked);
      return answer;
    },
    async [Symbol.asyncDispose]() {
      signal.removeEventListener('abort', end);
      await ended(child);
    },
  };
}

/** Throws where the process ends before it answers, or takes too long. */
function message<T>(child: ChildProcess, file: string, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const over = (act: () => void) => {
      clearTimeout(timer);
      child.off('message', onMessage).off('exit', onExit);
      act();
    };
    const onMessage = (received: unknown) => over(() => resolve(received as T));
    const onExit = (code: number | null, by: string | null) =>
      over(() => reject(signal.aborted ? signal.reason : new Error(`${file} ended with ${by ?? code}`)));
    const timer = setTimeout(() => {
      over(() => reject(new Error(`${file} took more than ${ANSWER_WITHIN_MS / 60_000} minutes`)));
    }, ANSWER_WITHIN_MS);
    child.on('message', onMessage).on('exit', onExit);
    if (child.exitCode !== null || child.signalCode !== null) onExit(child.exitCode, child.signalCode);
  });
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}
