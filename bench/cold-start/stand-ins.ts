import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export interface Places {
  readonly s3: string;
  readonly dynamodb: string;
  readonly extracta: string;
  /** What S3 would send to the queue of each document. */
  readonly events: readonly string[];
}

export interface StandIns extends AsyncDisposable {
  readonly places: Places;
  /** Uploads that Extracta has taken. */
  accepted(): Promise<number>;
}

const FILE = join(import.meta.dirname, 'stand-ins-process.ts');

/** The services that a first upload asks, in a process of their own: they take no part in what is measured. */
export async function startStandIns(
  dataDir: string,
  documents: number,
  signal: AbortSignal,
): Promise<StandIns> {
  const { PATH = '' } = process.env;
  const child = fork(FILE, [dataDir, String(documents)], {
    env: { PATH },
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    signal,
    killSignal: 'SIGKILL',
  });
  // Said once more by whoever waits for a message.
  child.on('error', () => undefined);
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const end = async () => {
    child.kill('SIGKILL');
    await exited;
  };
  try {
    const places = (await message(child, exited, signal)) as Places;
    const accepted = () => {
      const answer = message(child, exited, signal) as Promise<number>;
      child.send('accepted', () => undefined);
      return answer;
    };
    return { places, accepted, [Symbol.asyncDispose]: end };
  } catch (error) {
    await end();
    throw error;
  }
}

/** Rejects where the process ends before it. */
async function message(child: ChildProcess, exited: Promise<void>, signal: AbortSignal): Promise<unknown> {
  const over = new AbortController();
  const arrived = once(child, 'message', { signal: AbortSignal.any([signal, over.signal]) });
  const ended = exited.then(() => {
    throw new Error(`The stand-ins of the cold start ended with ${child.signalCode ?? child.exitCode}`);
  });
  try {
    const [received] = await Promise.race([arrived, ended]);
    return received;
  } finally {
    over.abort();
  }
}
