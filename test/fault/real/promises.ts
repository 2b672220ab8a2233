import { tagIn } from '../../../lib/pipeline/file-name.ts';
import type { Evidence } from './evidence.ts';
import { type Holding, holdingsOf, onRecord } from './holdings.ts';

/** A promise that did not hold. */
export interface Broken {
  readonly promise: string;
  /** The document's `object`, where it is one's. */
  readonly object?: string;
  readonly what: string;
}

/** Every promise that the evidence contradicts. */
export function brokenPromises(evidence: Evidence): readonly Broken[] {
  const holdings = holdingsOf(evidence);
  const ofDocuments = holdings.flatMap((holding) =>
    DOCUMENT_PROMISES.flatMap(([promise, check]) =>
      check(holding, evidence).map((what) => ({ promise, object: holding.document.object, what })),
    ),
  );
  const ofAll = PROMISES.flatMap(([promise, check]) =>
    check(evidence, holdings).map((what) => ({ promise, what })),
  );
  return [...ofDocuments, ...ofAll];
}

type DocumentCheck = (holding: Holding, evidence: Evidence) => readonly string[];

const DOCUMENT_PROMISES: readonly (readonly [string, DocumentCheck])[] = [
  [
    'P1: every document is uploaded, or parked with a dead letter',
    ({ item }, { letters }) => {
      if (item === undefined) return ['the ledger does not know it'];
      if (item.state === 'uploaded') return [];
      if (item.state !== 'parked') return [`it is ${item.state}`];
      return letters.has(item.parkId ?? '') ? [] : ['it is parked, and its dead letter is not there'];
    },
  ],
  [
    'P1: what is uploaded is at Extracta',
    ({ item, files }) => {
      const { mapping } = item ?? {};
      if (mapping === undefined) return [];
      const file = files.find(({ fileId }) => fileId === mapping.fileId);
      if (file === undefined) return [`Extracta has no file ${mapping.fileId} of it`];
      return file.batchId === mapping.batchId ? [] : [`it is in ${file.batchId}, not in ${mapping.batchId}`];
    },
  ],
  [
    'P2: one file where the batch was known',
    ({ files, openings }) => {
      const named = files.length - openings.length;
      return named <= 1 ? [] : [`${named} files of sends that named a batch`];
    },
  ],
  [
    'P3: at most one more file for each lost answer of an opener',
    ({ files, lostOpenings }) =>
      files.length <= 1 + lostOpenings.length
        ? []
        : [`${files.length} files, ${lostOpenings.length} lost answers of openers`],
  ],
  [
    'every answered file is on record',
    (holding) => {
      const known = new Set([...onRecord(holding), ...holding.lostOpenings.map(({ fileId }) => fileId)]);
      return holding.files.filter(({ fileId }) => !known.has(fileId)).map(({ fileId }) => `${fileId} is not`);
    },
  ],
  [
    'P2: where an answer was lost a late look is made',
    ({ item }) => (item?.lookAt === undefined ? [] : ['it was never queued']),
  ],
  [
    'P4: Extracta holds the very bytes',
    ({ document, files }) =>
      files.filter(({ sha256 }) => sha256 !== document.sha256).map(({ fileId }) => `${fileId} holds others`),
  ],
];

type Check = (evidence: Evidence, holdings: readonly Holding[]) => readonly string[];

const PROMISES: readonly (readonly [string, Check])[] = [
  [
    'nothing is left in the queue',
    ({ messagesLeft }) => (messagesLeft === 0 ? [] : [`${messagesLeft} messages`]),
  ],
  [
    'no slot is left opening',
    ({ slots }) =>
      slots
        .filter(({ state }) => state === 'opening')
        .map((slot) => `${slot.sort}, generation ${slot.generation}`),
  ],
  [
    'no file is mapped to two documents',
    (_, holdings) => {
      const ids = holdings.flatMap(onRecord);
      return [...new Set(ids.filter((id, at) => ids.indexOf(id) !== at))];
    },
  ],
  [
    'P4: every file is of one of the documents',
    ({ files, documents }) => {
      const tags = new Set<string | undefined>(documents.map(({ tag }) => tag));
      return files.filter(({ fileName }) => !tags.has(tagIn(fileName))).map(({ fileName }) => fileName);
    },
  ],
  [
    'Extracta is used as it is documented',
    ({ violations }) => violations.map(({ what, detail }) => `${what}: ${detail}`),
  ],
  [
    'P7: no secret is logged',
    ({ log, secrets }) =>
      log.filter((line) => secrets.some((secret) => line.includes(secret))).map(() => 'a line holds one'),
  ],
  ['no defect of ours', ({ log }) => log.filter((line) => line.includes('internal.unexpected'))],
];
