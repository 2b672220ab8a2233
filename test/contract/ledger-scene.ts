import type {
  Arrival,
  BreakerItem,
  DocumentItem,
  DocumentKey,
  SlotItem,
  SlotKey,
} from '../../lib/pipeline/model.ts';

export const arrivalOf = (name: string): Arrival => ({
  bucket: 'inbox',
  key: `letters/${name}.pdf`,
  versionId: `version-of-${name}`,
  eTag: 'd41d8cd98f00b204e9800998ecf8427e',
  sizeBytes: 12,
  eventTimeMs: 1_767_225_600_000,
});

export function documentItem(name: string, more: Partial<DocumentItem> = {}): DocumentItem {
  const arrival = arrivalOf(name);
  return {
    kind: 'document',
    partition: `${arrival.bucket}/${arrival.key}`,
    sort: arrival.versionId as string,
    rev: `rev-of-${name}`,
    state: 'waiting',
    arrival,
    firstSeenAtMs: arrival.eventTimeMs,
    updatedAtMs: arrival.eventTimeMs,
    attempts: 0,
    looks: 0,
    redrives: 0,
    edition: 0,
    sentTo: [],
    ...more,
  };
}

export const keyOf = ({ partition, sort }: DocumentItem): DocumentKey => ({
  partition,
  sort,
  kind: 'document',
});

/** Every optional field filled, so that a field lost on the way shows. */
export const fullDocument: DocumentItem = documentItem('full', {
  state: 'uploaded',
  route: 'letters',
  lookingSinceMs: 8,
  skippedBecause: 'document.gone',
  claimToken: 'claim-1',
  claimedAtMs: 1,
  leaseExpiresAtMs: 2,
  sentTo: [
    { classificationId: '-Oc', batchId: '-Ob' },
    { classificationId: '-Oc', batchId: '?' },
  ],
  lostAtMs: 3,
  lookAt: [{ classificationId: '-Oc', batchId: '-Ob' }],
  openedGeneration: 4,
  parkId: 'park-1',
  sentBack: 'park-1',
  decision: 'park-0',
  mapping: {
    classificationId: '-Oc',
    batchId: '-Ob',
    fileId: '-Of',
    fileName: 'ünï "quoted" – 漢字 😀.pdf',
    numberOfPages: 2,
    uploadedAtMs: 5,
  },
  extraFiles: [{ classificationId: '-Oc', batchId: '-Ob', fileId: '-Og', fileName: '' }],
  earlierFiles: [],
  lastFailure: { code: 'extracta.reply-lost', message: '', httpStatus: 502, atMs: 6 },
});

export const uploadedTo = (
  name: string,
  batchId: string,
  fileId: string,
  firstSeenAtMs: number,
): DocumentItem =>
  documentItem(name, {
    state: 'uploaded',
    firstSeenAtMs,
    mapping: { classificationId: '-Oc', batchId, fileId, fileName: `${name}.pdf`, uploadedAtMs: 7 },
  });

export const slotKey: SlotKey = { partition: 'slot/-Oc/letters', sort: 'folder/letters', kind: 'slot' };

export const openSlot: SlotItem = {
  ...slotKey,
  rev: 'rev-of-slot',
  state: 'open',
  generation: 3,
  batchId: '-Ob',
  files: 1,
};

export const closedBreaker: BreakerItem = {
  kind: 'breaker',
  partition: 'line',
  sort: 'breaker',
  rev: 'rev-of-breaker',
  state: 'closed',
  strikes: 0,
  pauses: 0,
};
