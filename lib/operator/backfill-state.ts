import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** How far a backfill came, on disk, so that a killed one goes on from there. */
export interface BackfillState {
  readonly bucket: string;
  readonly prefix: string;
  readonly queueUrl: string;
  /** Everything up to this key is in the ledger or in the queue, as the queue confirmed. */
  readonly afterKey: string;
  readonly counts: BackfillCounts;
  readonly at: string;
}

export interface BackfillCounts {
  readonly listed: number;
  readonly known: number;
  readonly queued: number;
  readonly archived: number;
}

export type BackfillPlace = Pick<BackfillState, 'bucket' | 'prefix' | 'queueUrl'>;

export interface StateFile {
  readonly file: string;
  read(): Promise<BackfillState | undefined>;
  write(state: BackfillState): Promise<void>;
  remove(): Promise<void>;
}

/** One file for each bucket, prefix and queue. */
export function stateFile(folder: string, { bucket, prefix, queueUrl }: BackfillPlace): StateFile {
  const name = createHash('sha256')
    .update(JSON.stringify([bucket, prefix, queueUrl]))
    .digest('hex')
    .slice(0, 16);
  const file = join(folder, `backfill-${name}.json`);
  return {
    file,
    read: async () => {
      try {
        return JSON.parse(await readFile(file, 'utf8')) as BackfillState;
      } catch {
        return undefined;
      }
    },
    write: async (state) => {
      await mkdir(folder, { recursive: true });
      const half = `${file}.${randomUUID()}`;
      await writeFile(half, JSON.stringify(state));
      await rename(half, file);
    },
    remove: () => rm(file, { force: true }),
  };
}
