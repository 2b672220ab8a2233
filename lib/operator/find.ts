import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { versionsOf } from '../aws/ledger-lookups.ts';
import { type LogEvent, logStory } from '../aws/log-story.ts';
import { documentKey } from '../pipeline/identity.ts';
import type { DocumentItem } from '../pipeline/model.ts';
import { isLetterGone, type Peek, peekAtDeadLetters } from './dead-letter-peek.ts';
import { termsOf } from './line-in-use.ts';
import type { OpenLine } from './open-line.ts';
import { iso, objectOf, type Story, type StoryTerms, storyOf } from './story.ts';

export interface FindRequest {
  readonly what: string;
  /** What it is, where a person says so. Default: whatever of these finds something, in this order. */
  readonly as?: 'key' | 'file' | 'batch';
  /** Documents that are shown. */
  readonly limit: number;
  /** Whether each attempt is looked up in the log. */
  readonly withLog: boolean;
}

export interface FoundDocument extends Story {
  /** Its dead letter: `there`, `gone` (all letters were read), `not-seen` (not all were, or before it was parked), `none` (it is not parked). */
  readonly letter: 'there' | 'gone' | 'not-seen' | 'none';
  /** Attempt by attempt, out of the function's log. Null: not to be had, `logWhy` says why. */
  readonly log: readonly LogEvent[] | null;
  readonly logWhy: string | null;
}

export interface FindReport {
  readonly verb: 'find';
  readonly line: string;
  readonly what: string;
  readonly foundBy: 'object' | 'file' | 'batch' | 'prefix' | 'nothing';
  readonly documents: readonly FoundDocument[];
  /** There are more than are shown. */
  readonly isCut: boolean;
  /** Where the ledger knows nothing: what S3 and the dead letters say. */
  readonly notes: readonly string[];
}

/** A document's whole story, from the ledger, the dead letters, the bucket and the log. Changes nothing. */
export async function find(open: OpenLine, request: FindRequest): Promise<FindReport> {
  const { line, host } = open;
  const found = await lookUp(open, request);
  const items = found.items.slice(0, request.limit);
  const needsLetters = items.some(({ state }) => state === 'parked') || found.items.length === 0;
  const peek = needsLetters ? await peekAtDeadLetters(open) : undefined;
  const { waits, onUnknownOutcome } = termsOf(line);
  const terms = { nowMs: host.clock.nowMs(), gapsMs: waits.redriveGapsMs, onUnknownOutcome };
  const documents: FoundDocument[] = [];
  for (const item of items) documents.push(await told(item, peek, terms, open, request));
  return {
    verb: 'find',
    line: line.title,
    what: request.what,
    foundBy: found.by,
    documents,
    isCut: found.items.length > request.limit,
    notes: found.items.length > 0 ? [] : await notesOnNothing(open, request.what, peek),
  };
}

interface Found {
  readonly by: FindReport['foundBy'];
  readonly items: readonly DocumentItem[];
}

const NOTHING: Found = { by: 'nothing', items: [] };

async function lookUp(open: OpenLine, request: FindRequest): Promise<Found> {
  const { as } = request;
  const ways = [
    ...(as === undefined || as === 'key' ? [byObject] : []),
    ...(as === undefined || as === 'file' ? [byFile] : []),
    ...(as === undefined || as === 'batch' ? [byBatch] : []),
    byReading,
  ];
  for (const way of ways) {
    const found = await way(open, request);
    if (found.items.length > 0) return found;
  }
  return NOTHING;
}

/** The parts of an S3 URI; of a bare key the bucket is the line's. */
export function objectNamed(
  what: string,
  bucket: string | undefined,
): { bucket: string; key: string } | undefined {
  const [, named, key] = /^s3:\/\/([^/]+)\/(.*)$/s.exec(what) ?? [];
  if (named !== undefined && key !== undefined) return { bucket: named, key };
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

async function told(
  item: DocumentItem,
  peek: Peek | undefined,
  terms: StoryTerms,
  open: OpenLine,
  { withLog }: FindRequest,
): Promise<FoundDocument> {
  const log = withLog ? await logOf(item, open) : { log: null, logWhy: 'not asked for: add --log' };
  return { ...storyOf(item, terms), letter: letterOf(item, peek), ...log };
}

function letterOf(item: DocumentItem, peek: Peek | undefined): FoundDocument['letter'] {
  if (item.state !== 'parked' || peek === undefined) return 'none';
  if (peek.letters.some(({ parkId }) => parkId === item.parkId)) return 'there';
  return isLetterGone(peek, item) ? 'gone' : 'not-seen';
}

async function logOf(
  item: DocumentItem,
  { line, host }: OpenLine,
): Promise<Pick<FoundDocument, 'log' | 'logWhy'>> {
  const groups = line.stack?.logGroups ?? [];
  if (groups.length === 0) return { log: null, logWhy: 'only a deployed stack keeps a log' };
  try {
    return {
      log: await logStory(groups, item.partition, item.firstSeenAtMs, host.interrupted),
      logWhy: null,
    };
  } catch (error) {
    return { log: null, logWhy: `the log can't be read: ${(error as Error).message}` };
  }
}

async function notesOnNothing(
  open: OpenLine,
  what: string,
  peek: Peek | undefined,
): Promise<readonly string[]> {
  const object = objectNamed(what, open.line.bucket);
  if (object === undefined) return ['The ledger knows nothing by that name.', NO_BUCKET];
  const letters = peek?.letters.filter(({ arrivals }) =>
    arrivals.some(({ bucket, key }) => bucket === object.bucket && key === object.key),
  );
  return [
    'The ledger knows nothing by that name.',
    await saidByS3(open, object),
    ...(letters ?? []).map(
      ({ reason, sentAtMs }) => `A dead letter of ${iso(sentAtMs)} names it: ${reason}.`,
    ),
    ...(peek === undefined || peek.isComplete ? [] : ['Not every dead letter could be read.']),
    'Whether a message for it waits in the queue cannot be known without taking it from the function.',
  ];
}

const NO_BUCKET = 'No bucket is known here: give the whole s3:// URI, or --bucket.';

async function saidByS3(
  { clients, host }: OpenLine,
  object: { bucket: string; key: string },
): Promise<string> {
  try {
    const head = new HeadObjectCommand({ Bucket: object.bucket, Key: object.key });
    const { LastModified } = await clients.s3.send(head, { abortSignal: host.interrupted });
    const since = LastModified === undefined ? '' : ` since ${LastModified.toISOString()}`;
    return `The object is in the bucket${since}: its event has not been read yet, or matches no route, or it is older than the uploader. backfill queues it.`;
  } catch (error) {
    const { $metadata, name } = error as { $metadata?: { httpStatusCode?: number }; name: string };
    return $metadata?.httpStatusCode === 404
      ? `There is no object s3://${object.bucket}/${object.key}.`
      : `S3 does not say whether the object is there: ${name}.`;
  }
}
