import { constants } from 'node:fs';
import { access, mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { BadInput } from './bad-input.ts';

export interface DataFolder extends AsyncDisposable {
  readonly folder: string;
}

/**
 * The folder that was named, from `directory` on, made if need be; else a temporary one, removed when disposed of.
 * Throws `BadInput`.
 */
export async function openDataFolder(named: string | undefined, directory: string): Promise<DataFolder> {
  if (named === undefined) return openTemporary();
  const folder = resolve(directory, named);
  try {
    await makeFolder(folder);
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    return { folder, [Symbol.asyncDispose]: async () => {} };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new BadInput(`--data ${folder} can't be written to (${code}): name a folder of your own.`);
  }
}

/** Node's own recursive `mkdir` never ends where a folder can't be made though its parent is there, as in /proc. */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && (await isFolder(folder))) return;
    if (code !== 'ENOENT' || (await isFolder(dirname(folder)))) throw error;
    await makeFolder(dirname(folder));
    await makeFolder(folder);
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

async function openTemporary(): Promise<DataFolder> {
  const folder = await mkdtemp(join(tmpdir(), 'extracta-uploader-'));
  const remove = () => rm(folder, { recursive: true, force: true, maxRetries: 3 });
  return { folder, [Symbol.asyncDispose]: remove };
}
