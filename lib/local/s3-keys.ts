import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import FilesystemStore from '@20minutes/s3rver/lib/stores/filesystem.js';
import { unlessMissing } from './s3-bodies.ts';
import { keyProblem } from './s3-names.ts';

const OBJECT = '._S3rver_object';
const UPLOADS = '._S3rver_uploads';

/** Every key of a bucket that may begin with `prefix`, in no order: only the prefix's folder is read. */
export async function keysUnder(bucketDir: string, prefix: string): Promise<string[]> {
  const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  // Such a prefix matches no key that could be stored here, and must not lead out of the bucket's folder.
  return keyProblem(folder) === undefined ? keysIn(bucketDir, folder) : [];
}

/** A folder that vanishes while it is read has no keys. */
async function keysIn(bucketDir: string, folder: string): Promise<string[]> {
  const dir = join(bucketDir, FilesystemStore.encodeKeyPath(folder));
  const entries: Dirent[] = (await readdir(dir, { withFileTypes: true }).catch(unlessMissing)) ?? [];
  const keys: string[] = [];
  for (const entry of entries) {
    const name = FilesystemStore.decodeKeyPath(entry.name);
    if (!entry.isDirectory()) {
      if (name.endsWith(OBJECT)) keys.push(`${folder}${name.slice(0, -OBJECT.length)}`);
    } else if (name !== UPLOADS) keys.push(...(await keysIn(bucketDir, `${folder}${name}/`)));
  }
  return keys;
}
