import { expect, test } from 'vitest';
import type { AcceptedFile } from '../../../lib/local/extracta/store.ts';
import type { DocumentItem, SlotItem } from '../../../lib/pipeline/model.ts';
import { makeDocuments } from '../../fault/real/documents.ts';
import type { Evidence } from '../../fault/real/evidence.ts';
import { brokenPromises } from '../../fault/real/promises.ts';

const documents = makeDocuments(3, 'documents', 1);
const [first, second, third] = documents.map(({ object, tag, sha256 }) => ({ object, tag, sha256 }));
if (first === undefined || second === undefined || third === undefined) throw new Error('three documents');
type Of = typeof first;

const file = (of: Of, fileId: string, overrides: Partial<AcceptedFile> = {}): AcceptedFile => ({
  classificationId: 'c',
  batchId: 'b',
  fileId,
  fileName: `x~${of.tag}.pdf`,
  sha256: of.sha256,
  sizeBytes: 1,
  acceptedAtMs: 0,
  ...overrides,
});

const item = ({ object }: Of, fileId: string, overrides: Partial<DocumentItem> = {}): DocumentItem => ({
  kind: 'document',
  partition: object,
  sort: 'e',
  rev: 'r',
  state: 'uploaded',
  arrival: { bucket: 'documents', key: 'k', eTag: 'e', eventTimeMs: 0 },
  firstSeenAtMs: 0,
  updatedAtMs: 0,
  attempts: 1,
  looks: 0,
  redrives: 0,
  edition: 1,
  sentTo: [],
  mapping: { classificationId: 'c', batchId: 'b', fileId, fileName: 'x', uploadedAtMs: 0 },
  ...overrides,
});

const items = (...all: readonly DocumentItem[]) => new Map(all.map((each) => [each.partition, each]));
const itemsWith = (changed: DocumentItem) =>
  items(item(first, 'f1'), item(second, 'f2'), item(third, 'f3'), changed);
const threeFiles = [file(first, 'f1'), file(second, 'f2'), file(third, 'f3')];

const well: Evidence = {
  documents,
  items: items(item(first, 'f1'), item(second, 'f2'), item(third, 'f3')),
  slots: [],
  files: threeFiles,
  uploads: [],
  heardOf: () => true,
  messagesLeft: 0,
  letters: new Set(),
  violations: [],
  log: ['{"event":"document.uploaded"}'],
  secrets: ['the-token'],
};

const opening: SlotItem = {
  kind: 'slot',
  partition: '#slot c r',
  sort: 'f',
  rev: 'r',
  state: 'opening',
  generation: 1,
  files: 1,
};

test('evidence of a run that went well contradicts nothing', () => {
  expect(brokenPromises(well)).toEqual([]);
});

test("an opener's second file is its price where the first one's answer was lost, and only there", () => {
  const files = [file(first, 'f0', { batchId: 'a' }), ...threeFiles];
  const opened = { ...well, files, heardOf: (fileId: string) => fileId !== 'f0' };
  expect(brokenPromises(opened)).toEqual([]);
  expect(brokenPromises({ ...opened, heardOf: () => true }).map(({ promise }) => promise)).toEqual([
    'P3: at most one more file for each lost answer of an opener',
    'every answered file is on record',
  ]);
});

test('a parked document needs its dead letter', () => {
  const { mapping: _, ...unmapped } = item(second, 'f2', { state: 'parked', parkId: 'p' });
  const parked = { ...well, items: itemsWith(unmapped), files: [file(first, 'f1'), file(third, 'f3')] };
  expect(brokenPromises({ ...parked, letters: new Set(['p']) })).toEqual([]);
  expect(brokenPromises(parked)).toMatchObject([{ what: 'it is parked, and its dead letter is not there' }]);
});

test.each<[string, Partial<Evidence>]>([
  ['P1: every document is uploaded, or parked with a dead letter', { items: items(item(first, 'f1')) }],
  [
    'P1: every document is uploaded, or parked with a dead letter',
    { items: itemsWith(item(second, 'f2', { state: 'waiting' })) },
  ],
  ['P1: what is uploaded is at Extracta', { items: itemsWith(item(second, 'none')) }],
  [
    'P2: one file where the batch was known',
    { files: [...threeFiles, file(second, 'f4'), file(third, 'f5')] },
  ],
  ['every answered file is on record', { files: [...threeFiles, file(second, 'f4')] }],
  [
    'P2: where an answer was lost a late look is made',
    { items: itemsWith(item(second, 'f2', { lookAt: [{ classificationId: 'c', batchId: 'b' }] })) },
  ],
  [
    'P4: Extracta holds the very bytes',
    { files: [file(first, 'f1'), file(second, 'f2', { sha256: first.sha256 }), file(third, 'f3')] },
  ],
  [
    'P4: every file is of one of the documents',
    { files: [...threeFiles, file({ ...first, tag: 'aaaaaaaaaaaaa' }, 'f9')] },
  ],
  ['nothing is left in the queue', { messagesLeft: 1 }],
  ['no slot is left opening', { slots: [opening] }],
  ['no file is mapped to two documents', { items: itemsWith(item(second, 'f1')) }],
  [
    'Extracta is used as it is documented',
    { violations: [{ what: 'several-files', detail: 'two', atMs: 0 }] },
  ],
  ['P7: no secret is logged', { log: ['Bearer the-token'] }],
  ['no defect of ours', { log: ['{"code":"internal.unexpected"}'] }],
])('%s: the check bites', (promise, change) => {
  expect(brokenPromises({ ...well, ...change }).map((broken) => broken.promise)).toContain(promise);
});
