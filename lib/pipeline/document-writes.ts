import type { Decision } from './change.ts';
import { type Bearer, documentRules } from './document-rules.ts';
import { documentKey, slotName } from './identity.ts';
import type {
  DocumentItem,
  ExtractaFile,
  FailureNote,
  LookMessage,
  Mapping,
  Pair,
  ReceiptMessage,
} from './model.ts';
import { type Standing, standingOf } from './standing.ts';

/** Every write to a document, as a pure function: the item as it is -> the item as it shall be, or why not. */

type Draft = Omit<DocumentItem, 'rev'>;
type DocumentDecision<R> = Decision<DocumentItem, R>;

const without = <K extends keyof Draft>(item: Draft, ...fields: readonly K[]): Draft => {
  const rest = { ...item };
  for (const field of fields) delete (rest as Partial<Draft>)[field];
  return rest;
};

function draftOf(
  item: DocumentItem | undefined,
  bearer: Bearer,
  route: string | undefined,
  nowMs: number,
): Draft {
  if (item !== undefined) return { ...item, updatedAtMs: nowMs };
  const { kind, partition, sort } = documentKey(bearer.arrival);
  return {
    kind,
    partition,
    sort,
    state: 'waiting',
    arrival: bearer.arrival,
    ...(route === undefined ? {} : { route }),
    firstSeenAtMs: nowMs,
    updatedAtMs: nowMs,
    attempts: 0,
    looks: 0,
    redrives: 0,
    edition: 1,
    sentTo: [],
  };
}

/** What a claim is for: a send whose pair is known now, or to look, park or skip under its protection. */
export interface ClaimRequest {
  readonly bearer: Bearer;
  readonly route: string | undefined;
  readonly token: string;
  readonly nowMs: number;
  readonly leaseExpiresAtMs: number;
  /** The pair that will be sent to; absent on a claim that names no batch. */
  readonly sending?: { readonly pair: Pair; readonly openedGeneration: number | undefined };
  /** Whether the document must be certainly unsent, as it was when it was read. */
  readonly onlyIfUnsent: boolean;
  /** Whether this claim counts as an attempt. */
  readonly counts: boolean;
}

export type ClaimResult =
  | { readonly granted: true }
  | { readonly granted: false; readonly standing: Standing };

/** One conditional write claims. A claim that may be sent to a pair names it before the first byte goes out. */
export function claimed(
  item: DocumentItem | undefined,
  request: ClaimRequest,
): DocumentDecision<ClaimResult> {
  const standing = standingOf(item, request.bearer, request.nowMs);
  const free = standing.kind === 'unsent' || (standing.kind === 'may-be-sent' && !request.onlyIfUnsent);
  if (!free) return { keep: { granted: false, standing } };
  const draft = wokenUp(lapsed(draftOf(item, request.bearer, request.route, request.nowMs)), request);
  const write: Draft = {
    ...without(draft, 'openedGeneration', 'skippedBecause'),
    state: 'uploading',
    claimToken: request.token,
    claimedAtMs: request.nowMs,
    leaseExpiresAtMs: request.leaseExpiresAtMs,
    attempts: draft.attempts + (request.counts ? 1 : 0),
  };
  return {
    write: request.sending === undefined ? write : sendingTo(write, request.sending),
    result: { granted: true },
  };
}

/** The holder before us died: what it may have sent was lost at its lease's end. */
function lapsed(draft: Draft): Draft {
  if (draft.state !== 'uploading' || draft.sentTo.length === 0) return draft;
  return { ...draft, lostAtMs: documentRules.leaseEndMs(draft) };
}

/** A redrive starts attempts afresh, keeps `sentTo`, and turns `parkId` into the decision. A later event is the newer arrival. */
function wokenUp(draft: Draft, { bearer }: ClaimRequest): Draft {
  if (draft.state === 'skipped') return { ...draft, arrival: bearer.arrival, attempts: 0 };
  if (draft.state !== 'parked' || draft.parkId === undefined) return draft;
  return {
    ...without(draft, 'parkId'),
    decision: draft.parkId,
    attempts: 0,
    redrives: draft.redrives + 1,
  };
}

/** Whoever adds a pair uses the decision up [V17], and ends the looks for what was sent before. */
function sendingTo(draft: Draft, sending: NonNullable<ClaimRequest['sending']>): Draft {
  return {
    ...without(draft, 'decision', 'openedGeneration', 'lookingSinceMs'),
    looks: 0,
    sentTo: documentRules.added(draft.sentTo, sending.pair),
    ...(sending.openedGeneration === undefined ? {} : { openedGeneration: sending.openedGeneration }),
  };
}

export type HolderResult = 'done' | 'refused';

/** The second write of a claim that named no batch, when a send follows after all. */
export function sendBegun(
  item: DocumentItem | undefined,
  claimToken: string,
  sending: NonNullable<ClaimRequest['sending']>,
  nowMs: number,
): DocumentDecision<HolderResult> {
  if (!documentRules.holds(item, claimToken)) return { keep: 'refused' };
  const draft = { ...item, updatedAtMs: nowMs, attempts: item.attempts + 1 };
  return { write: sendingTo(draft, sending), result: 'done' };
}

export interface Release {
  readonly claimToken: string;
  /** The pairs that may hold the file now. */
  readonly sentTo: readonly Pair[];
  /** Given when this claim's own send may have arrived. */
  readonly lostAtMs?: number | undefined;
  readonly givesBackAttempt: boolean;
  /** What a look under this claim ruled out: a body may still be accepted late, so it is looked at once more. [V22] */
  readonly ruledOut: readonly Pair[];
  /** Restored when the send that used it certainly failed. */
  readonly decision?: string | undefined;
  readonly failure: FailureNote;
  readonly nowMs: number;
}

export function released(item: DocumentItem | undefined, release: Release): DocumentDecision<HolderResult> {
  if (!documentRules.holds(item, release.claimToken)) return { keep: 'refused' };
  const free = without(item, 'claimToken', 'leaseExpiresAtMs', 'openedGeneration');
  const lost =
    release.lostAtMs === undefined
      ? free
      : { ...without(free, 'lookingSinceMs'), looks: 0, lostAtMs: release.lostAtMs };
  return {
    write: {
      ...toLookAt(lost, release.ruledOut),
      state: release.sentTo.length === 0 ? 'waiting' : 'unknown',
      sentTo: release.sentTo,
      attempts: Math.max(0, item.attempts - (release.givesBackAttempt ? 1 : 0)),
      ...(release.decision === undefined ? {} : { decision: release.decision }),
      lastFailure: release.failure,
      updatedAtMs: release.nowMs,
    },
    result: 'done',
  };
}

/** The dead letter was sent before; it carries `parkId`, which is the claim's token. [V5] */
export function parked(
  item: DocumentItem | undefined,
  park: Pick<Release, 'claimToken' | 'sentTo' | 'ruledOut' | 'failure' | 'nowMs'>,
): DocumentDecision<HolderResult> {
  if (!documentRules.holds(item, park.claimToken)) return { keep: 'refused' };
  const free = without(
    item,
    'claimToken',
    'leaseExpiresAtMs',
    'openedGeneration',
    'decision',
    'lookingSinceMs',
  );
  return {
    write: {
      ...toLookAt(free, park.ruledOut),
      state: 'parked',
      parkId: park.claimToken,
      looks: 0,
      sentTo: park.sentTo,
      lastFailure: park.failure,
      updatedAtMs: park.nowMs,
    },
    result: 'done',
  };
}

export function skipped(
  item: DocumentItem | undefined,
  skip: {
    readonly claimToken: string;
    readonly reason: string;
    /** What a look ruled out: a body may still be accepted late, so it is looked at once more. [V22] */
    readonly ruledOut: readonly Pair[];
    /** What this claim named and then certainly did not send to: it holds nothing either. */
    readonly sendingTo?: Pair | undefined;
    readonly nowMs: number;
  },
): DocumentDecision<HolderResult> {
  if (!documentRules.holds(item, skip.claimToken)) return { keep: 'refused' };
  const { ruledOut, sendingTo } = skip;
  const nowhere = sendingTo === undefined ? ruledOut : [...ruledOut, sendingTo];
  if (!documentRules.mayBeSkipped(item.sentTo, nowhere)) return { keep: 'refused' };
  const free = without(
    item,
    'claimToken',
    'leaseExpiresAtMs',
    'openedGeneration',
    'decision',
    'lostAtMs',
    'lookingSinceMs',
  );
  return {
    write: {
      ...toLookAt(free, ruledOut),
      state: 'skipped',
      skippedBecause: skip.reason,
      sentTo: [],
      updatedAtMs: skip.nowMs,
    },
    result: 'done',
  };
}

export interface Settlement {
  readonly bearer: Bearer;
  readonly edition: number;
  readonly file: ExtractaFile;
  /** Second files of the same document, seen in the same look. */
  readonly others: readonly ExtractaFile[];
  /** The generation whose opening POST this file answers. */
  readonly opens: ReceiptMessage['opens'];
  readonly answeredAtMs: number;
  readonly nowMs: number;
}

/** `doubled`: Extracta holds a second file of this document; it is on record and must be told to a person. */
export type SettleResult = { readonly doubled: readonly ExtractaFile[] };

/** Whoever holds the claim: the answered file is recorded, unless one is. */
export function settled(
  item: DocumentItem | undefined,
  settlement: Settlement,
): DocumentDecision<SettleResult> {
  const draft = draftOf(item, settlement.bearer, undefined, settlement.nowMs);
  if (draft.edition !== settlement.edition)
    return withExtraFiles(draft, [settlement.file, ...settlement.others]);
  if (item !== undefined && !documentRules.noFileYet(item)) {
    return withExtraFiles(draft, [settlement.file, ...settlement.others]);
  }
  const mapped = mappedTo(draft, settlement);
  const extra = withExtraFiles(mapped, settlement.others);
  return 'write' in extra ? extra : { write: mapped, result: { doubled: [] } };
}

function mappedTo(draft: Draft, settlement: Settlement): Draft {
  const { file, answeredAtMs, nowMs } = settlement;
  const opens = documentRules.settledGeneration(settlement.opens);
  const mapping: Mapping = { ...file, uploadedAtMs: answeredAtMs };
  const lookAt = pairsToLookAt(draft, file, nowMs);
  return {
    ...without(
      draft,
      'claimToken',
      'leaseExpiresAtMs',
      'openedGeneration',
      'openedSlot',
      'parkId',
      'decision',
      'lostAtMs',
      'lookingSinceMs',
      'skippedBecause',
      'lastFailure',
    ),
    state: 'uploaded',
    mapping,
    sentTo: [],
    ...(opens && { openedGeneration: opens.generation, openedSlot: slotName(opens.slot) }),
    ...(lookAt.length === 0 ? {} : { lookAt }),
  };
}

/** An answer was lost on the way: its pairs are looked at once more, later. [V22] */
function pairsToLookAt(draft: Draft, file: ExtractaFile, nowMs: number): readonly Pair[] {
  if (!documentRules.lostAnAnswer(draft, nowMs)) return [];
  const settledPair = { classificationId: file.classificationId, batchId: file.batchId };
  const { lookAt = [] } = toLookAt(draft, documentRules.added(draft.sentTo, settledPair));
  return lookAt;
}

/** Files that are neither the mapping nor on record yet. */
export function withExtraFiles(draft: Draft, files: readonly ExtractaFile[]): DocumentDecision<SettleResult> {
  const known = [draft.mapping, ...(draft.extraFiles ?? []), ...(draft.earlierFiles ?? [])];
  const isKnown = (file: ExtractaFile) => known.some((each) => each?.fileId === file.fileId);
  const doubled = files.filter((file) => !isKnown(file));
  if (doubled.length === 0) return { keep: { doubled } };
  return { write: { ...draft, extraFiles: [...(draft.extraFiles ?? []), ...doubled] }, result: { doubled } };
}

/** What a late look found: a second file; or, of a document that was skipped as surely not there, its file after all. */
export function foundLate(
  item: DocumentItem | undefined,
  look: Pick<LookMessage, 'arrival' | 'edition'>,
  files: readonly ExtractaFile[],
  nowMs: number,
): DocumentDecision<SettleResult> {
  const [file, ...others] = files;
  if (item === undefined) return { keep: { doubled: files } };
  if (item.state !== 'skipped' || file === undefined) return withExtraFiles(item, files);
  const { arrival, edition } = look;
  const answer = { bearer: { arrival }, edition, file, others, opens: undefined };
  return settled(item, { ...answer, answeredAtMs: nowMs, nowMs });
}

function toLookAt(draft: Draft, pairs: readonly Pair[]): Draft {
  const known = pairs.filter((pair) => documentRules.canBeLookedFor(pair));
  return known.length === 0
    ? draft
    : { ...draft, lookAt: known.reduce(documentRules.added, draft.lookAt ?? []) };
}

/** Before a message is first deferred its document leaves a trace. */
export function noted(
  item: DocumentItem | undefined,
  bearer: Bearer,
  route: string | undefined,
  nowMs: number,
): DocumentDecision<undefined> {
  if (!documentRules.leavesTrace(item)) return { keep: undefined };
  return { write: draftOf(undefined, bearer, route, nowMs), result: undefined };
}

export function looked(
  item: DocumentItem | undefined,
  claimToken: string | undefined,
  nowMs: number,
): DocumentDecision<number> {
  if (item === undefined || item.mapping !== undefined) return { keep: 0 };
  // A live holder's item is the holder's alone: a look that came late counts for nothing.
  if (item.state === 'uploading' && item.claimToken !== claimToken && !documentRules.leaseLapsed(item, nowMs))
    return { keep: item.looks };
  const looks = item.looks + 1;
  return {
    write: { ...item, looks, lookingSinceMs: item.lookingSinceMs ?? nowMs, updatedAtMs: nowMs },
    result: looks,
  };
}

/** After the late look was queued, and before the message is acknowledged. [V22] */
export function lookQueued(item: DocumentItem | undefined): DocumentDecision<undefined> {
  if (item?.lookAt === undefined) return { keep: undefined };
  return { write: without(item, 'lookAt'), result: undefined };
}
