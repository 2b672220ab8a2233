import { tagFor } from './file-name.ts';
import { samePair, withoutPairs, withPair } from './identity.ts';
import { type Arrival, type DocumentItem, type Pair, type ReceiptMessage, UNKNOWN_BATCH } from './model.ts';

/** What a message brings to a document. */
export interface Bearer {
  readonly arrival: Arrival;
  readonly parkId?: string | undefined;
}

/**
 * The conditions of the ledger protocol on a document, each by its name. Every rule stands here once; standing, claims
 * and writes call it here.
 */
export const documentRules = {
  leaseEndMs(item: Pick<DocumentItem, 'leaseExpiresAtMs'>): number {
    return item.leaseExpiresAtMs ?? 0;
  },

  /** A holder's life is its lease: until then nobody else may send. [V11] */
  leaseLapsed(item: Pick<DocumentItem, 'leaseExpiresAtMs'>, nowMs: number): boolean {
    return documentRules.leaseEndMs(item) < nowMs;
  },

  /** Whether an answer was lost on the way: told by a release, or by a lease that lapsed without one. [V19, V22] */
  lostAnAnswer(
    item: Pick<DocumentItem, 'state' | 'sentTo' | 'lostAtMs' | 'leaseExpiresAtMs'>,
    nowMs: number,
  ): boolean {
    const lapsed = item.state === 'uploading' && documentRules.leaseLapsed(item, nowMs);
    return item.lostAtMs !== undefined || (lapsed && item.sentTo.length > 0);
  },

  /** Only the message that carries the current `parkId` may wake a parked document. [V3, V6] */
  mayWake(item: DocumentItem, bearer: Bearer): boolean {
    return item.parkId !== undefined && bearer.parkId === item.parkId;
  },

  /** While a redrive's decision is unused, the document is its bearer's alone. [V18] */
  decidedForAnother(item: DocumentItem, bearer: Bearer): boolean {
    return item.decision !== undefined && bearer.parkId !== item.decision;
  },

  /**
   * A skipped document may come back by a later event. What we queued ourselves (no sequencer) is looked at again. [V13]
   * Sequencers of different lengths are compared padded on the right.
   * https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
   */
  isLaterArrival(item: DocumentItem, bearer: Bearer): boolean {
    const then = item.arrival.sequencer;
    const now = bearer.arrival.sequencer;
    if (then === undefined || now === undefined) return true;
    const width = Math.max(then.length, now.length);
    return now.padEnd(width, '0').toUpperCase() > then.padEnd(width, '0').toUpperCase();
  },

  /** `beginSend`, `release`, `park` and `skip` are their claim's holder's alone, and never undo a settle. [V16] */
  holds(item: DocumentItem | undefined, claimToken: string): item is DocumentItem {
    return item?.state === 'uploading' && item.claimToken === claimToken;
  },

  /**
   * A send that named no batch can't be looked for. One whose answer is lost counts as an attempt even while the line
   * is paused: each may make one more file that nobody finds again, and an outage must not make them without end.
   */
  canBeLookedFor(pair: Pair): boolean {
    return pair.batchId !== UNKNOWN_BATCH;
  },

  /** The mark in a sent name that finds a document's file again: of its identity and edition, not of its name. [V2] */
  fileTag(arrival: Arrival, edition: number): string {
    return tagFor(arrival, edition);
  },

  /** Where an answer may have been lost is added to, never replaced. [V1] */
  added(sentTo: readonly Pair[], pair: Pair): readonly Pair[] {
    return withPair(sentTo, pair);
  },

  /** A certain failure restores the old set, less what this claim ruled out. [V1, V4] */
  restored(oldSentTo: readonly Pair[], ruledOut: readonly Pair[]): readonly Pair[] {
    return withoutPairs(oldSentTo, ruledOut);
  },

  /** A file that Extracta answered is the truth, unless another is on record. [V9] */
  noFileYet(item: DocumentItem): boolean {
    return item.mapping === undefined;
  },

  /** The answer to an opener's own POST names its generation; every other way to settle names none. [V15, V20] */
  settledGeneration(opens: ReceiptMessage['opens']): ReceiptMessage['opens'] {
    return opens;
  },

  /**
   * "Not there" counts only if it was asked a quiet time after the answer was lost, and after the last claim.
   * Of an item that reads `uploading`, the answer was lost at the lease's end, whatever the attribute says. [V19]
   */
  absenceCounts(item: DocumentItem, askedAtMs: number, quietMs: number): boolean {
    const asked = item.claimedAtMs === undefined || item.claimedAtMs <= askedAtMs;
    return asked && askedAtMs >= documentRules.lostAtMs(item) + quietMs;
  },

  lostAtMs(item: DocumentItem): number {
    return item.state === 'uploading' ? documentRules.leaseEndMs(item) : (item.lostAtMs ?? 0);
  },

  /** Ended only when nothing may be at Extracta any more. [V12] */
  mayBeSkipped(sentTo: readonly Pair[], ruledOut: readonly Pair[]): boolean {
    return sentTo.every((pair) => ruledOut.some((each) => samePair(each, pair)));
  },

  /** No file is to come, as far as is known. A parked document may yet be sent, and is looked at once it has settled. [V22] */
  isDone({ state }: Pick<DocumentItem, 'state'>): boolean {
    return state === 'uploaded' || state === 'skipped';
  },

  /** A first deferral leaves a trace, and touches nothing that is there. */
  leavesTrace(item: DocumentItem | undefined): boolean {
    return item === undefined;
  },
};
