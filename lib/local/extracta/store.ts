import { appendFileSync, existsSync, readFileSync } from 'node:fs';

export interface Classification {
  readonly id: string;
  readonly name: string;
}

/** One file that the embedded Extracta accepted, as it really was: not as it was answered. */
export interface AcceptedFile {
  readonly classificationId: string;
  readonly batchId: string;
  readonly fileId: string;
  /** The name that was sent. */
  readonly fileName: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly acceptedAtMs: number;
}

/** What is kept of a file: the truth, and what is answered for it. */
export interface StoredFile extends AcceptedFile {
  readonly shownName: string;
  readonly numberOfPages?: number;
  readonly url: string;
  /** When it was deleted again. */
  readonly deletedAtMs?: number;
}

type Entry =
  | { readonly kind: 'classification'; readonly classification: Classification }
  | { readonly kind: 'file'; readonly file: StoredFile }
  | {
      readonly kind: 'deleted';
      readonly classificationId: string;
      readonly batchId: string;
      /** Undefined: the whole batch. */
      readonly fileIds?: readonly string[];
      readonly atMs: number;
    };

/**
 * What the embedded Extracta remembers: a fold over a log of entries. With a `logFile` the log outlives the process;
 * an entry is in it before anybody is answered.
 */
export class Store {
  readonly #logFile: string | undefined;
  readonly #classifications = new Map<string, Classification>();
  readonly #files = new Map<string, StoredFile>();
  readonly #batches = new Set<string>();

  constructor(classifications: readonly Classification[], logFile?: string) {
    this.#logFile = logFile;
    for (const classification of classifications) this.#apply({ kind: 'classification', classification });
    if (logFile !== undefined) for (const entry of readLog(logFile)) this.#apply(entry);
  }

  record(entry: Entry): void {
    // Synchronous: entries stand in the log in the order in which they became true.
    if (this.#logFile !== undefined) appendFileSync(this.#logFile, `${JSON.stringify(entry)}\n`);
    this.#apply(entry);
  }

  classification(id: string): Classification | undefined {
    return this.#classifications.get(id);
  }

  hasBatch(classificationId: string, batchId: string): boolean {
    return this.#batches.has(batchKey(classificationId, batchId));
  }

  get accepted(): number {
    return this.#files.size;
  }

  /** Every file ever accepted, deleted ones included, in order of acceptance. */
  all(): readonly StoredFile[] {
    return [...this.#files.values()];
  }

  filesOf(classificationId: string, batchId: string): readonly StoredFile[] {
    return this.all().filter(
      (file) =>
        file.classificationId === classificationId &&
        file.batchId === batchId &&
        file.deletedAtMs === undefined,
    );
  }

  #apply(entry: Entry): void {
    if (entry.kind === 'classification')
      this.#classifications.set(entry.classification.id, entry.classification);
    else if (entry.kind === 'file') {
      this.#batches.add(batchKey(entry.file.classificationId, entry.file.batchId));
      this.#files.set(entry.file.fileId, entry.file);
    } else {
      if (entry.fileIds === undefined) this.#batches.delete(batchKey(entry.classificationId, entry.batchId));
      for (const file of this.filesOf(entry.classificationId, entry.batchId))
        if (entry.fileIds?.includes(file.fileId) ?? true)
          this.#files.set(file.fileId, { ...file, deletedAtMs: entry.atMs });
    }
  }
}

const batchKey = (classificationId: string, batchId: string): string =>
  JSON.stringify([classificationId, batchId]);

/** A process that was killed may have left half a line at the end: nobody was answered for it, so it is let go. */
function readLog(logFile: string): Entry[] {
  if (!existsSync(logFile)) return [];
  const text = readFileSync(logFile, 'utf8');
  const lines = text.split('\n');
  if (lines.pop() !== '') appendFileSync(logFile, '\n');
  return lines.flatMap((line) => {
    try {
      return [JSON.parse(line) as Entry];
    } catch {
      return [];
    }
  });
}
