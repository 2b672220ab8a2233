import { documentRules } from '../pipeline/document-rules.ts';
import {
  type DocumentItem,
  type DocumentState,
  type ExtractaFile,
  type FailureNote,
  type Mapping,
  type Pair,
  type Reupload,
  UNKNOWN_BATCH,
} from '../pipeline/model.ts';
import { comebackOf, type RedriveTerms } from '../pipeline/redrive-rules.ts';
import { isBegun } from './reupload-write.ts';

/** What the ledger says of one document, and what that means. Times are ISO 8601, in UTC. */
export interface Story {
  readonly object: string;
  readonly versionId: string | null;
  readonly eTag: string;
  readonly sizeBytes: number | null;
  readonly state: DocumentState;
  /** One sentence: what that means, and what happens next. */
  readonly means: string;
  readonly firstSeenAt: string;
  readonly updatedAt: string;
  /** Claims that might send, since the last redrive. */
  readonly attempts: number;
  readonly looks: number;
  readonly redrives: number;
  readonly edition: number;
  readonly mapping: (Omit<Mapping, 'uploadedAtMs'> & { readonly uploadedAt: string }) | null;
  readonly earlierFiles: readonly ExtractaFile[];
  readonly extraFiles: readonly ExtractaFile[];
  /** Where its file may be, and was not ruled out. */
  readonly mayBeAt: readonly Pair[];
  /** Where a second file is still to be looked for. */
  readonly toBeLookedAt: readonly Pair[];
  /** A redrive was taken up, and its send has not begun yet. */
  readonly isRedriven: boolean;
  readonly lastFailure: (Omit<FailureNote, 'atMs'> & { readonly at: string }) | null;
  readonly skippedBecause: string | null;
  readonly heldUntil: string | null;
  readonly parkId: string | null;
  /** When the scheduled redrive takes it, if it is deployed; null: it waits for a person, or needs none. */
  readonly comesBackAt: string | null;
  readonly sentBack: boolean;
  readonly reuploads: readonly Reupload[];
}

export type StoryTerms = RedriveTerms;

export function storyOf(item: DocumentItem, terms: StoryTerms): Story {
  const { arrival, mapping, lastFailure } = item;
  const comeback = item.sentBack === item.parkId ? undefined : comebackOf(item, terms);
  return {
    object: objectOf(item),
    versionId: arrival.versionId ?? null,
    eTag: arrival.eTag,
    sizeBytes: arrival.sizeBytes ?? null,
    state: item.state,
    means: meaningOf(item, terms),
    firstSeenAt: iso(item.firstSeenAtMs),
    updatedAt: iso(item.updatedAtMs),
    attempts: item.attempts,
    looks: item.looks,
    redrives: item.redrives,
    edition: item.edition,
    mapping: mapping === undefined ? null : mappingOf(mapping),
    earlierFiles: item.earlierFiles ?? [],
    extraFiles: item.extraFiles ?? [],
    mayBeAt: item.sentTo,
    toBeLookedAt: item.lookAt ?? [],
    isRedriven: item.decision !== undefined,
    lastFailure: lastFailure === undefined ? null : failureOf(lastFailure),
    skippedBecause: item.skippedBecause ?? null,
    heldUntil: item.state === 'uploading' ? iso(documentRules.leaseEndMs(item)) : null,
    parkId: item.parkId ?? null,
    comesBackAt: comeback === undefined ? null : iso(comeback.dueAtMs),
    sentBack: isOnItsWay(item),
    reuploads: item.reuploads ?? [],
  };
}

export const iso = (ms: number): string => new Date(ms).toISOString();

export const objectOf = ({ arrival }: Pick<DocumentItem, 'arrival'>): string =>
  `s3://${arrival.bucket}/${arrival.key}`;

/** Its message was sent back and has not woken it yet. */
export function isOnItsWay({ state, parkId, sentBack }: DocumentItem): boolean {
  return state === 'parked' && parkId !== undefined && sentBack === parkId;
}

function mappingOf({ uploadedAtMs, ...file }: Mapping): NonNullable<Story['mapping']> {
  return { ...file, uploadedAt: iso(uploadedAtMs) };
}

function failureOf({ atMs, ...failure }: FailureNote): NonNullable<Story['lastFailure']> {
  return { ...failure, at: iso(atMs) };
}

function meaningOf(item: DocumentItem, terms: StoryTerms): string {
  switch (item.state) {
    case 'uploaded':
      return uploadedMeans(item);
    case 'skipped':
      return `It was not uploaded, on purpose: ${item.skippedBecause ?? 'skipped'}.`;
    case 'uploading':
      return documentRules.leaseLapsed(item, terms.nowMs)
        ? 'The invocation that held it is gone; its message comes back and another one takes over.'
        : 'An invocation holds it now.';
    case 'unknown':
      return 'The answer to a send was lost: Extracta is asked whether the file is there before anything is sent again.';
    case 'waiting':
      return waitingMeans(item);
    case 'parked':
      return parkedMeans(item, terms);
  }
}

function waitingMeans(item: DocumentItem): string {
  if (isBegun(item))
    return 'A further file was asked for. If nothing happens, the same reupload again sends its message once more.';
  return item.lastFailure === undefined
    ? 'It waits for its turn.'
    : 'It failed for certain or was put off; its message comes back by itself.';
}

function uploadedMeans({ extraFiles = [] }: DocumentItem): string {
  return extraFiles.length === 0
    ? 'It is at Extracta.'
    : `It is at Extracta, and ${extraFiles.length} more of its files are there too: they cost credits, and can be deleted there.`;
}

/** No redrive mends a version that is empty. */
const EMPTY =
  'It waits for a person: put the object again with its content, which is uploaded as a document of its own. Sent back as it is, this one is only parked again.';

function parkedMeans(item: DocumentItem, terms: StoryTerms): string {
  const risk = item.sentTo.some(({ batchId }) => batchId === UNKNOWN_BATCH)
    ? ' Nobody can tell whether it arrived: sending it again may make a second file.'
    : '';
  if (isOnItsWay(item)) return `It was sent back to the queue, and has not been taken up yet.${risk}`;
  const dueAtMs = comebackOf(item, terms)?.dueAtMs;
  if (item.lastFailure?.code === 'document.empty') return EMPTY;
  if (dueAtMs === undefined) return `It waits for a person: mend the cause, then redrive it.${risk}`;
  return `The scheduled redrive, if it is deployed, sends it back after ${iso(dueAtMs)}.${risk}`;
}
