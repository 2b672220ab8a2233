import { expect, test } from 'vitest';
import { reuploaded } from '../../../lib/operator/reupload-write.ts';
import { settled } from '../../../lib/pipeline/document-writes.ts';
import type { DocumentItem } from '../../../lib/pipeline/model.ts';
import { documentItem, uploadedTo } from '../../contract/ledger-scene.ts';

const NOW = Date.parse('2026-05-01T12:00:00Z');
const uploaded: DocumentItem = {
  ...uploadedTo('a', '-Ob', '-Of', 1),
  edition: 1,
  attempts: 3,
  openedGeneration: 2,
  openedSlot: 'slot',
};

test('an uploaded document waits as its next edition; its file is kept as an earlier one', () => {
  expect(reuploaded(uploaded, 'the scan was bad', NOW)).toMatchObject({
    result: { kind: 'begun', edition: 2 },
    write: {
      state: 'waiting',
      edition: 2,
      attempts: 0,
      earlierFiles: [uploaded.mapping],
      reuploads: [{ edition: 2, reason: 'the scan was bad', at: '2026-05-01T12:00:00.000Z' }],
    },
  });
  const { write } = reuploaded(uploaded, 'again', NOW) as { write: object };
  for (const gone of ['mapping', 'openedGeneration', 'openedSlot']) expect(write).not.toHaveProperty(gone);
});

test('the reason outlives the settling of the further file', () => {
  const { write } = reuploaded(uploaded, 'again', NOW) as { write: Omit<DocumentItem, 'rev'> };
  const file = { classificationId: '-Oc', batchId: '-Ob', fileId: '-Og', fileName: 'a.pdf' };
  const settling = { bearer: { arrival: uploaded.arrival }, edition: 2, file, others: [], opens: undefined };
  const after = settled({ ...write, rev: 'r' }, { ...settling, answeredAtMs: NOW, nowMs: NOW });
  expect(after).toMatchObject({
    write: { state: 'uploaded', mapping: { fileId: '-Og' }, reuploads: [{ edition: 2, reason: 'again' }] },
  });
});

test('a crash between the write and the message is mended by the same command', () => {
  const { write } = reuploaded(uploaded, 'again', NOW) as { write: Omit<DocumentItem, 'rev'> };
  expect(reuploaded({ ...write, rev: 'r' }, 'again', NOW)).toEqual({
    keep: { kind: 'begun-before', edition: 2 },
  });
});

test.each([
  ['one that is parked', documentItem('a', { state: 'parked', parkId: 'p' }), 'use redrive'],
  ['one that is being sent', documentItem('a', { state: 'uploading' }), 'it is uploading'],
  ['one that waits', documentItem('a', { state: 'waiting', attempts: 2 }), 'it is waiting'],
  ['one whose answer was lost', documentItem('a', { state: 'unknown' }), 'it is unknown'],
  ['one that nobody knows', undefined, 'use backfill'],
  ['one whose last look is not queued yet', { ...uploaded, lookAt: [] }, 'try again in a minute'],
])('%s is refused', (_, item, because) => {
  expect(reuploaded(item, 'again', NOW)).toEqual({
    keep: { kind: 'refused', because: expect.stringContaining(because) },
  });
});

test('a skipped one never had a file: an arrival wakes it, and its edition stays', () => {
  expect(reuploaded(documentItem('a', { state: 'skipped' }), 'again', NOW)).toEqual({
    keep: { kind: 'skipped' },
  });
});
