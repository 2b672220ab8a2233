import { constants } from 'node:fs';
import { access, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { BadInput } from './bad-input.ts';

export interface DataFolder extends AsyncDisposable {
  readonly folder: string;
}

/** The folder that was named, made if need be; else a temporary one, removed when disposed of. Throws `BadInput`. */
export async function openDataFolder(named: string | undefined): Promise<DataFolder> {
  if (named === undefined) return openTemporary();
  const folder = resolve(named);
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    return { folder, [Symbol.asyncDispose]: async () => {} };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new BadInput(`--data ${named} can't be written to (${code}): name a folder of your own.`);
  }
}

async function openTemporary(): Promise<DataFolder> {
  const folder = await mkdtemp(join(tmpdir(), 'extracta-uploader-'));
  const remove = () => rm(folder, { recursive: true, force: true, maxRetries: 3 });
  return { folder, [Symbol.asyncDispose]: remove };
}
