import { expect } from 'vitest';
import type { Decision } from '../../../lib/pipeline/change.ts';
import { documentKey } from '../../../lib/pipeline/identity.ts';
import type { Arrival, DocumentItem, ExtractaFile, LedgerItem, Pair } from '../../../lib/pipeline/model.ts';

/** Values that the tests of the pure rules share. */

export const NOW = Date.UTC(2026, 0, 1, 12);

export const arrival: Arrival = {
  bucket: 'inbox',
  key: 'letters/a.pdf',
  versionId: 'v1',
  eTag: 'd41d8cd98f00b204e9800998ecf8427e',
  sizeBytes: 1024,
  sequencer: '0055AED6DCD90281E5',
  eventTimeMs: Date.UTC(2026, 0, 1),
};

export const A: Pair = { classificationId: '-Oc', batchId: '-Oa' };
export const B: Pair = { classificationId: '-Oc', batchId: '-Ob' };
/** A send that named no batch. */
export const NOWHERE: Pair = { classificationId: '-Oc', batchId: '?' };

export function documentItem(more: Partial<DocumentItem> = {}): DocumentItem {
  return {
    ...documentKey(arrival),
    kind: 'document',
    rev: 'rev-1',
    state: 'waiting',
    arrival,
    route: 'letters',
    firstSeenAtMs: NOW - 1000,
    updatedAtMs: NOW - 1000,
    attempts: 0,
    looks: 0,
    redrives: 0,
    edition: 1,
    sentTo: [],
    ...more,
  };
}

export const fileIn = (pair: Pair, fileId: string): ExtractaFile => ({
  ...pair,
  fileId,
  fileName: 'a~aaaaaaaaaaaaa.pdf',
});

/** The item that a rule writes; fails where the rule keeps what is there. */
export function written<T extends LedgerItem, R>(decision: Decision<T, R>): T {
  if ('keep' in decision) expect.fail(`nothing is written: ${JSON.stringify(decision.keep)}`);
  return { ...decision.write, rev: 'rev-2' } as unknown as T;
}

/** Why a rule keeps what is there; fails where it writes. */
export function kept<T extends LedgerItem, R>(decision: Decision<T, R>): R {
  if ('write' in decision) expect.fail(`something is written: ${JSON.stringify(decision.write)}`);
  return decision.keep;
}
