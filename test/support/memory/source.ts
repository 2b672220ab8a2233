import { createHash } from 'node:crypto';
import { UploaderError } from '../../../lib/pipeline/failures.ts';
import type { Arrival } from '../../../lib/pipeline/model.ts';
import type { Clock, DocumentSource } from '../../../lib/pipeline/ports.ts';
import { type Interference, noInterference, withInterference } from './interference.ts';
import { snapshot } from './snapshot.ts';
import { type BodyPlan, bodyOf } from './source-body.ts';

export interface MemorySourceOptions {
  readonly clock: Pick<Clock, 'nowMs'>;
  /** Whether overwriting keeps what was there. Default true. */
  readonly versioned?: boolean;
  readonly chunkBytes?: number;
  readonly interference?: Interference;
}

export interface PutOptions {
  readonly contentType?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface MemorySource extends DocumentSource {
  /** Puts an object and answers the arrival that its event would be. */
  put(bucket: string, key: string, bytes: Uint8Array | string, options?: PutOptions): Arrival;
  /** Deletes as S3 does: versioned, a marker goes on top and the versions stay. */
  remove(bucket: string, key: string): void;
  removeVersion(arrival: Arrival): void;
  /** What `open` would read of this arrival; undefined if it is not to be had. */
  bytesOf(arrival: Arrival): Buffer | undefined;
  /** The next body that is opened breaks off after so many bytes. */
  breakNextBody(afterBytes: number): void;
  /** The next body that is opened gives so many bytes and then nothing, until it goes on. */
  stallNextBody(afterBytes: number): { goOn(): void };
}

interface Version {
  readonly arrival: Arrival;
  readonly deleted: boolean;
  readonly bytes: Buffer;
  readonly contentType: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
}

/** S3 in memory. Operations: `source.describe`, `source.open`, `source.present`. */
export function memorySource(options: MemorySourceOptions): MemorySource {
  const { clock, versioned = true, chunkBytes = 64 * 1024, interference = noInterference } = options;
  const stored = new Map<string, readonly Version[]>();
  const plans: BodyPlan[] = [];
  let made = 0;

  const versionsOf = (bucket: string, key: string) => stored.get(JSON.stringify([bucket, key])) ?? [];
  const keep = (bucket: string, key: string, versions: readonly Version[]) =>
    void stored.set(JSON.stringify([bucket, key]), versions);
  const add = (arrival: Arrival, version: Omit<Version, 'arrival'>) => {
    const older = versioned ? versionsOf(arrival.bucket, arrival.key) : [];
    keep(arrival.bucket, arrival.key, [...older, { arrival, ...version }]);
  };
  const arrivalOf = (bucket: string, key: string, bytes: Buffer): Arrival => {
    made += 1;
    const serial = made.toString(16).padStart(6, '0').toUpperCase();
    return snapshot({
      bucket,
      key,
      ...(versioned ? { versionId: `version-${made}` } : {}),
      eTag: createHash('md5').update(bytes).digest('hex'),
      sizeBytes: bytes.length,
      sequencer: `0065${serial}`,
      eventTimeMs: clock.nowMs(),
    });
  };
  const find = (arrival: Arrival): Version => {
    const versions = versionsOf(arrival.bucket, arrival.key);
    const named = versions.find((version) => version.arrival.versionId === arrival.versionId);
    const found = arrival.versionId === undefined ? versions.at(-1) : named;
    if (found === undefined || found.deleted) throw new UploaderError('document.gone', 'The object is gone');
    if (arrival.versionId === undefined && found.arrival.eTag !== arrival.eTag) {
      throw new UploaderError('document.superseded', 'The object was overwritten');
    }
    return found;
  };
  const present = (bucket: string, key: string): Arrival | undefined => {
    const newest = versionsOf(bucket, key).at(-1);
    if (newest === undefined || newest.deleted) return undefined;
    const { sequencer: _, ...arrival } = newest.arrival;
    // HEAD says Last-Modified, in whole seconds.
    return snapshot({ ...arrival, eventTimeMs: Math.floor(arrival.eventTimeMs / 1000) * 1000 });
  };
  const run = <T>(operation: string, subject: unknown, signal: AbortSignal, work: () => T) =>
    withInterference(interference, `source.${operation}`, subject, () => {
      if (signal.aborted) throw new UploaderError('invocation.ending', 'Aborted', { cause: signal.reason });
      return work();
    });
  return {
    describe: (arrival, signal) =>
      run('describe', arrival, signal, () => {
        const { bytes, contentType, metadata } = find(arrival);
        return snapshot({
          sizeBytes: bytes.length,
          ...(contentType === undefined ? {} : { contentType }),
          metadata,
        });
      }),
    open: (arrival, signal) =>
      run('open', arrival, signal, () => {
        const { bytes } = find(arrival);
        return { sizeBytes: bytes.length, body: bodyOf(bytes, chunkBytes, plans.shift(), signal) };
      }),
    present: (bucket, key, signal) => run('present', { bucket, key }, signal, () => present(bucket, key)),
    put: (bucket, key, content, put = {}) => {
      const bytes = Buffer.from(content);
      const arrival = arrivalOf(bucket, key, bytes);
      const metadata = snapshot(put.metadata ?? {});
      add(arrival, { deleted: false, bytes, contentType: put.contentType, metadata });
      return arrival;
    },
    remove: (bucket, key) => {
      const marker = { deleted: true, bytes: Buffer.alloc(0), contentType: undefined, metadata: {} };
      add(arrivalOf(bucket, key, marker.bytes), marker);
    },
    removeVersion: ({ bucket, key, versionId }) =>
      keep(
        bucket,
        key,
        versionsOf(bucket, key).filter((version) => version.arrival.versionId !== versionId),
      ),
    bytesOf: (arrival) => {
      try {
        return Buffer.from(find(arrival).bytes);
      } catch {
        return undefined;
      }
    },
    breakNextBody: (afterBytes) => void plans.push({ afterBytes, goOn: undefined }),
    stallNextBody: (afterBytes) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      plans.push({ afterBytes, goOn: promise });
      return { goOn: resolve };
    },
  };
}
