import { randomUUID } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

/** Where a line that runs on this machine is found by the operator's command. Holds no token of a real Extracta. */
export interface RunningLine {
  readonly pid: number;
  readonly startedAtMs: number;
  readonly region: string;
  readonly endpoints: { readonly s3: string; readonly sqs: string; readonly dynamodb: string };
  readonly bucket: string;
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
  readonly tableName: string;
  readonly configFile: string;
  readonly waitsDivisor: number;
  readonly extractaUrl: string;
  /** Of the embedded Extracta alone: anybody may know it. */
  readonly embeddedToken?: string;
}

/** Nobody else's business: the endpoints take any key. */
const OWN_FILE = 0o600;
const OWN_FOLDER = 0o700;

/** One folder a user. */
export function runningLinesFolder(): string {
  return join(tmpdir(), `extracta-uploader-${userInfo().uid}-running`);
}

/** Leaves word of a running line; disposing leaves nothing behind. Throws where another user owns the folder. */
export async function announceRunningLine(
  line: RunningLine,
  folder: string = runningLinesFolder(),
): Promise<AsyncDisposable> {
  const file = join(folder, `${line.pid}.json`);
  // Another run that ends takes the empty folder away.
  await write(line, folder, file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return write(line, folder, file);
  });
  const takeAway = async () => {
    await rm(file, { force: true });
    // Other runs may have their files there.
    await rmdir(folder).catch(() => undefined);
  };
  return { [Symbol.asyncDispose]: takeAway };
}

async function write(line: RunningLine, folder: string, file: string): Promise<void> {
  await mkdir(folder, { mode: OWN_FOLDER, recursive: true });
  await requireOwn(folder);
  const half = join(folder, `${randomUUID()}.half`);
  await writeFile(half, JSON.stringify(line), { mode: OWN_FILE, flag: 'wx' });
  await rename(half, file);
}

/** The lines whose process lives, newest first. What a killed one left behind is taken away. */
export async function runningLines(folder: string = runningLinesFolder()): Promise<readonly RunningLine[]> {
  const names = await readdir(folder).catch(() => []);
  if (names.length === 0) return [];
  await requireOwn(folder);
  const found: RunningLine[] = [];
  for (const name of names.filter((each) => each.endsWith('.json'))) {
    const line = await read(join(folder, name));
    if (line !== undefined && lives(line.pid)) found.push(line);
    else await rm(join(folder, name), { force: true });
  }
  return found.sort((one, other) => other.startedAtMs - one.startedAtMs);
}

async function read(file: string): Promise<RunningLine | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as RunningLine;
  } catch {
    return undefined;
  }
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The temporary folder is everybody's: what another user put there could send our requests to a server of theirs. */
async function requireOwn(folder: string): Promise<void> {
  const { uid } = userInfo();
  const found = await lstat(folder);
  // Windows knows no owner by number.
  if (found.isDirectory() && (uid === -1 || found.uid === uid)) return;
  throw new Error(`${folder} is not a folder of this user's: remove it.`);
}
