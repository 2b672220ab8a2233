import type { Decision } from '../pipeline/change.ts';
import type { DocumentItem, Reupload } from '../pipeline/model.ts';

export type ReuploadStanding =
  /** A new edition is written; its message is to be sent. */
  | { readonly kind: 'begun'; readonly edition: number }
  /** An ordinary arrival wakes it: it never had a file. */
  | { readonly kind: 'skipped' }
  /** An earlier command wrote the edition; its message may never have been sent. */
  | { readonly kind: 'begun-before'; readonly edition: number }
  | { readonly kind: 'refused'; readonly because: string };

/**
 * The next edition of an uploaded document: its file goes to `earlierFiles`, and it waits to be sent anew, under a tag of
 * its own. A late look that nobody queued yet comes first: it belongs to the edition that is.
 */
export function reuploaded(
  item: DocumentItem | undefined,
  reason: string,
  nowMs: number,
): Decision<DocumentItem, ReuploadStanding> {
  const standing = standingOf(item);
  if (item?.mapping === undefined || standing.kind !== 'begun') return { keep: standing };
  const { mapping } = item;
  const { mapping: _mapping, openedGeneration: _generation, openedSlot: _slot, ...rest } = item;
  const { edition } = standing;
  const reupload: Reupload = { edition, reason, at: new Date(nowMs).toISOString() };
  const write: Omit<DocumentItem, 'rev'> = {
    ...rest,
    state: 'waiting',
    edition,
    attempts: 0,
    looks: 0,
    earlierFiles: [...(item.earlierFiles ?? []), mapping],
    reuploads: [...(rest.reuploads ?? []), reupload],
    updatedAtMs: nowMs,
  };
  return { write, result: standing };
}

function standingOf(item: DocumentItem | undefined): ReuploadStanding {
  const refused = (because: string) => ({ kind: 'refused', because }) as const;
  if (item === undefined) return refused('The ledger does not know it: use backfill.');
  switch (item.state) {
    case 'uploaded':
      return item.lookAt === undefined
        ? { kind: 'begun', edition: item.edition + 1 }
        : refused('A last look for its file is still to be queued: try again in a minute.');
    case 'skipped':
      return { kind: 'skipped' };
    case 'parked':
      return refused('It is parked, not settled: use redrive.');
    default:
      return isBegun(item)
        ? { kind: 'begun-before', edition: item.edition }
        : refused(`It is not settled: it is ${item.state}.`);
  }
}

/** Nothing has been tried since the edition was written. */
export function isBegun({ state, edition, attempts, lastFailure, reuploads }: DocumentItem): boolean {
  return (
    state === 'waiting' &&
    attempts === 0 &&
    lastFailure === undefined &&
    reuploads?.at(-1)?.edition === edition
  );
}
