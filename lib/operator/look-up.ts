import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { versionsOf } from '../aws/ledger-lookups.ts';
import { documentKey } from '../pipeline/identity.ts';
import type { DocumentItem } from '../pipeline/model.ts';
import type { OpenLine } from './open-line.ts';
import { objectOf } from './story.ts';

export interface FindRequest {
  readonly what: string;
  /** What it is, where a person says so. Default: whatever of these finds something, in this order. */
  readonly as?: 'key' | 'file' | 'batch';
  /** Documents that are shown. */
  readonly limit: number;
  /** Whether each attempt is looked up in the log. */
  readonly withLog: boolean;
  /** Whether the whole ledger may be read, where no index tells. */
  readonly mayScan: boolean;
}

export interface Found {
  readonly by: 'object' | 'file' | 'batch' | 'prefix' | 'nothing';
  readonly items: readonly DocumentItem[];
}

const NOTHING: Found = { by: 'nothing', items: [] };

/** By whatever names it, the cheapest question first. */
export async function lookUp(open: OpenLine, request: FindRequest): Promise<Found> {
  const { as } = request;
  const ways = [
    ...(as === undefined || as === 'key' ? [byObject] : []),
    ...(as === undefined || as === 'file' ? [byFile] : []),
    ...(as === undefined || as === 'batch' ? [byBatch] : []),
    byReading,
  ];
  for (const way of ways) {
    if (way === byReading && (!request.mayScan || (await isAnObject(open, request)))) return NOTHING;
    const found = await way(open, request);
    if (found.items.length > 0) return found;
  }
  return NOTHING;
}

/** It lies in the bucket under exactly this name: so it is no prefix, and the ledger was asked for it already. */
async function isAnObject({ clients, line, host }: OpenLine, { what }: FindRequest): Promise<boolean> {
  const object = objectNamed(what, line.bucket);
  if (object === undefined || object.key === '' || object.key.endsWith('/')) return false;
  const head = new HeadObjectCommand({ Bucket: object.bucket, Key: object.key });
  return clients.s3.send(head, { abortSignal: host.interrupted }).then(
    () => true,
    () => false,
  );
}

/** The parts of an S3 URI; of a bare key the bucket is the line's. */
export function objectNamed(
  what: string,
  bucket: string | undefined,
): { bucket: string; key: string } | undefined {
  const [, named, key] = /^s3:\/\/([^/]+)(?:\/(.*))?$/s.exec(what) ?? [];
  if (named !== undefined) return { bucket: named, key: key ?? '' };
  return bucket === undefined ? undefined : { bucket, key: what };
}

async function byObject({ table, line }: OpenLine, { what }: FindRequest): Promise<Found> {
  const object = objectNamed(what, line.bucket);
  if (object === undefined || object.key === '') return NOTHING;
  const items = [...(await versionsOf(table, object.bucket, object.key))];
  return {
    by: 'object',
    items: items.sort((one, other) => other.arrival.eventTimeMs - one.arrival.eventTimeMs),
  };
}

async function byFile({ queries, ledger }: OpenLine, { what }: FindRequest): Promise<Found> {
  const seen = await queries.byFile(what);
  const item = seen === undefined ? undefined : await ledger.read(documentKey(seen.arrival));
  return { by: 'file', items: item === undefined ? [] : [item] };
}

async function byBatch(open: OpenLine, { what, limit }: FindRequest): Promise<Found> {
  return { by: 'batch', items: await inBatch(open, what, limit + 1) };
}

/** Mapped to the batch, or perhaps sent to it. */
export async function inBatch(
  { queries }: OpenLine,
  batchId: string,
  most: number,
): Promise<readonly DocumentItem[]> {
  const items: DocumentItem[] = [];
  for await (const item of queries.byBatch(batchId)) {
    items.push(item);
    if (items.length >= most) return items;
  }
  for (const state of ['uploading', 'unknown', 'parked', 'waiting'] as const)
    for await (const item of queries.unsettled(state)) {
      if (item.sentTo.some((pair) => pair.batchId === batchId)) items.push(item);
      if (items.length >= most) return items;
    }
  return items;
}

/** By reading the whole ledger: prefixes, and files beside the mapped one, stand in no index. */
async function byReading({ queries, line, progress, host }: OpenLine, request: FindRequest): Promise<Found> {
  const { what, as, limit } = request;
  const object = objectNamed(what, line.bucket);
  const isUri = what.startsWith('s3://');
  const items: DocumentItem[] = [];
  let by: Found['by'] = 'prefix';
  let read = 0;
  for await (const item of queries.documents()) {
    read += 1;
    if (read % 1000 === 0) progress.show(`Reading the ledger: ${read} documents`);
    if (host.interrupted.aborted || items.length > limit) break;
    const isUnder =
      as !== 'file' &&
      as !== 'batch' &&
      item.arrival.key.startsWith(object?.key ?? what) &&
      (!isUri || item.arrival.bucket === object?.bucket);
    const isBeside = !isUri && as !== 'key' && besideIds(item).includes(what);
    if (isBeside) by = item.extraFiles?.some(({ batchId }) => batchId === what) ? 'batch' : 'file';
    if (isUnder || isBeside) items.push(item);
  }
  progress.clear();
  return { by, items: items.sort((one, other) => (objectOf(one) < objectOf(other) ? -1 : 1)) };
}

function besideIds({ extraFiles = [], earlierFiles = [] }: DocumentItem): readonly string[] {
  return [...extraFiles, ...earlierFiles].flatMap(({ fileId, batchId }) => [fileId, batchId]);
}
