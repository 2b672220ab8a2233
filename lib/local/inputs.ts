import { access, constants, lstat, readdir, stat } from 'node:fs/promises';
import { basename, join, relative, resolve, sep } from 'node:path';
import { BadInput } from './bad-input.ts';
import { keyProblem } from './s3-names.ts';

/** A file on this machine, and the key that it gets in the bucket. */
export interface Input {
  readonly file: string;
  readonly key: string;
  readonly sizeBytes: number;
}

/**
 * The files that were named, folders walked, in order of their keys. A file's key is its name; a folder's files lie
 * under the folder's name. Relative paths begin at `directory`. Throws one `BadInput` for all the paths that are missing,
 * unreadable or empty, or for two files that would meet at a key.
 */
export async function listInputs(paths: readonly string[], directory: string): Promise<readonly Input[]> {
  const byKey = new Map<string, Input>();
  const refused: string[] = [];
  for (const path of paths) {
    const found = await listNamed(resolve(directory, path)).catch((error: unknown) => {
      if (!(error instanceof BadInput)) throw error;
      refused.push(error.message);
      return [];
    });
    for (const input of found) add(byKey, input);
  }
  if (refused.length > 0) throw new BadInput(refused.join(' '));
  return [...byKey.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** The samples: its two folders are the S3 folders. */
export async function listSamples(folder: string): Promise<readonly Input[]> {
  return (await listPath(folder, '')).toSorted((a, b) => (a.key < b.key ? -1 : 1));
}

async function listNamed(named: string): Promise<readonly Input[]> {
  const found = await listPath(named, basename(named));
  if (found.length === 0) throw new BadInput(`${named} holds no file: name a file, or a folder with files.`);
  return found;
}

async function listPath(named: string, name: string): Promise<Input[]> {
  const { isFolder, sizeBytes } = await look(named);
  if (!isFolder) return [input(named, name, sizeBytes)];
  const entries = await readdir(named, { recursive: true, withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      throw unreadable(error, named);
    },
  );
  const files = entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name));
  const inputs: Input[] = [];
  for (const file of files) {
    const found = await look(file);
    // A link to a folder is not followed: it may lead back.
    if (found.isFolder) continue;
    const below = relative(named, file).split(sep);
    inputs.push(input(file, (name === '' ? below : [name, ...below]).join('/'), found.sizeBytes));
  }
  return inputs;
}

async function look(file: string): Promise<{ isFolder: boolean; sizeBytes: number }> {
  try {
    const stats = await stat(file);
    if (!stats.isFile() && !stats.isDirectory())
      throw new BadInput(`${file} is neither a file nor a folder: leave it out.`);
    await access(file, stats.isDirectory() ? constants.R_OK | constants.X_OK : constants.R_OK);
    return { isFolder: stats.isDirectory(), sizeBytes: stats.size };
  } catch (error) {
    if (error instanceof BadInput) throw error;
    const reason = error as NodeJS.ErrnoException;
    if (reason.code === 'ENOENT' && (await isLink(file)))
      throw new BadInput(`${file} is a link to what does not exist: mend or remove it.`);
    throw unreadable(reason, file);
  }
}

async function isLink(file: string): Promise<boolean> {
  return lstat(file).then(
    (found) => found.isSymbolicLink(),
    () => false,
  );
}

function unreadable({ code }: NodeJS.ErrnoException, file: string): BadInput {
  if (code === 'ENOENT' || code === 'ENOTDIR') return new BadInput(`${file} does not exist: check its path.`);
  if (code === 'EACCES' || code === 'EPERM')
    return new BadInput(`${file} may not be read: change its permissions, or leave it out.`);
  return new BadInput(`${file} can't be read (${code ?? 'unknown error'}): check it, or leave it out.`);
}

function input(file: string, key: string, sizeBytes: number): Input {
  const problem = Buffer.byteLength(key) > 1024 ? 'its key has more than 1,024 bytes' : keyProblem(key);
  if (problem !== undefined)
    throw new BadInput(`${file} has no place in the local S3, ${problem}: rename it, or leave it out.`);
  return { file, key, sizeBytes };
}

function add(byKey: Map<string, Input>, input: Input): void {
  const other = byKey.get(input.key);
  if (other !== undefined && other.file !== input.file)
    throw new BadInput(
      `${other.file} and ${input.file} would both become ${input.key} in the bucket: rename one of them.`,
    );
  byKey.set(input.key, input);
}
