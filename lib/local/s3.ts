import { mkdir, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import S3rver from '@20minutes/s3rver';
import { closeAtOnce, listenOnLoopback } from './loopback.ts';
import { createSequencer, type ObjectCreated } from './s3-events.ts';
import { s3Middleware } from './s3-middleware.ts';
import { AtomicStore } from './s3-store.ts';

/** The only access key that s3rver knows; any secret goes with it. */
export const LOCAL_ACCESS_KEY_ID = 'S3RVER';

export interface LocalS3Options {
  /** Objects lie in `objects/` below it and stay; `incoming/` holds bodies that are not yet whole. */
  readonly dataDir: string;
  /** Buckets that exist from the start. */
  readonly buckets: readonly string[];
  /** Default: any free one. */
  readonly port?: number;
  /** Whoever stores an object is answered once this has settled. If it rejects, `onError` hears of it. */
  onObjectCreated(created: ObjectCreated): Promise<void>;
  onError(error: unknown): void;
  readonly nowMs?: () => number;
}

export interface LocalS3 {
  /** `http://127.0.0.1:port`; path-style addressing only. */
  readonly endpoint: string;
  /** Ends every connection, also those that are in use. */
  close(): Promise<void>;
}

/**
 * An S3 on 127.0.0.1, without versions. Throws `PortTaken`. It honours If-Match, replaces objects in one step, lists in
 * pages, and refuses keys that a file system cannot hold (see s3-names.ts).
 */
export async function startLocalS3(options: LocalS3Options): Promise<LocalS3> {
  const s3rver = await configure(options);
  const server = createServer(s3rver.callback());
  const endpoint = await listenOnLoopback(server, options.port ?? 0);
  return { endpoint, close: () => closeAtOnce(server) };
}

async function configure(options: LocalS3Options): Promise<S3rver> {
  const store = await openStore(options);
  const s3rver = new S3rver({
    directory: join(options.dataDir, 'objects'),
    silent: true,
    allowMismatchedSignatures: true,
    vhostBuckets: false,
  });
  s3rver.store = s3rver.context.store = store;
  // In front of s3rver's router and behind its own writer of XML, which is then left with nothing to write.
  s3rver.middleware.splice(-1, 0, ...s3Middleware(store));
  s3rver.on('error', (error, context) => {
    if (!isRefusal(error) && context?.req.socket.destroyed !== true) options.onError(error);
  });
  return s3rver;
}

async function openStore(options: LocalS3Options): Promise<AtomicStore> {
  const [objectsDir, incomingDir] = [join(options.dataDir, 'objects'), join(options.dataDir, 'incoming')];
  // What a crash left half-written.
  await rm(incomingDir, { recursive: true, force: true });
  await Promise.all([objectsDir, incomingDir].map((dir) => mkdir(dir, { recursive: true })));
  const nowMs = options.nowMs ?? Date.now;
  const sequencer = createSequencer(nowMs);
  const store = new AtomicStore({
    objectsDir,
    incomingDir,
    onStored: (stored) =>
      options.onObjectCreated({ ...stored, atMs: nowMs(), sequencer: sequencer() }).catch(options.onError),
  });
  await Promise.all(options.buckets.map((bucket) => store.putBucket(bucket)));
  return store;
}

function isRefusal(error: unknown): boolean {
  return ((error as { status?: number }).status ?? 500) < 500;
}
