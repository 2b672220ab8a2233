import type { AcceptedFile } from '../../../lib/local/extracta/store.ts';
import { tagIn } from '../../../lib/pipeline/file-name.ts';
import type { DocumentItem } from '../../../lib/pipeline/model.ts';
import type { FaultDocument } from './documents.ts';
import type { Evidence } from './evidence.ts';

/** One document beside what the ledger says of it and what Extracta holds of it. */
export interface Holding {
  readonly document: FaultDocument;
  readonly item: DocumentItem | undefined;
  readonly files: readonly AcceptedFile[];
  /** Those whose sends named no batch: each made one. */
  readonly openings: readonly AcceptedFile[];
  /** Those of them whose answer was lost on the way: P3's price. */
  readonly lostOpenings: readonly AcceptedFile[];
}

export function holdingsOf(evidence: Evidence): readonly Holding[] {
  const byTag = Map.groupBy(evidence.files, ({ fileName }) => tagIn(fileName));
  const openings = madeBatches(evidence.files);
  return evidence.documents.map((document) => {
    const files = byTag.get(document.tag) ?? [];
    const own = files.filter((file) => openings.has(file));
    const lostOpenings = own.filter(({ fileId }) => !evidence.heardOf(fileId));
    return { document, item: evidence.items.get(document.object), files, openings: own, lostOpenings };
  });
}

/** Extracta makes a batch for the file that names none: it is the batch's first. */
function madeBatches(files: readonly AcceptedFile[]): ReadonlySet<AcceptedFile> {
  const first = new Map<string, AcceptedFile>();
  for (const file of files) if (!first.has(file.batchId)) first.set(file.batchId, file);
  return new Set(first.values());
}

/** The files that the ledger knows to be this document's. */
export function onRecord({ item }: Holding): readonly string[] {
  return [item?.mapping, ...(item?.extraFiles ?? [])].flatMap((file) =>
    file === undefined ? [] : [file.fileId],
  );
}
