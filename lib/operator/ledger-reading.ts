import type { DocumentItem } from '../pipeline/model.ts';
import type { OpenLine } from './open-line.ts';
import { iso } from './story.ts';

/** One minute of the last hour. */
export interface Minute {
  readonly at: string;
  readonly uploaded: number;
  /** Milliseconds; null: nothing was uploaded in it, or nobody measured. */
  readonly middleMs: number | null;
  readonly longestMs: number | null;
}

export interface BatchRow {
  readonly batchId: string;
  readonly classificationId: string;
  /** The folders in the bucket that its documents come from, three at most. */
  readonly folders: readonly string[];
  readonly documents: number;
  readonly pages: number;
  readonly lastUploadedAt: string;
}

/** What the whole ledger tells of what was uploaded. */
export interface LedgerReading {
  /** Newest first. */
  readonly latest: readonly DocumentItem[];
  /** Newest first; null: more than anybody could look through. */
  readonly batches: readonly BatchRow[] | null;
  /** Oldest first; the last one is not over yet. */
  readonly minutes: readonly Minute[];
}

const MINUTE_MS = 60_000;
export const MINUTES = 60;
const MOST_LATEST = 40;
const MOST_BATCHES = 5_000;
const BATCHES_SHOWN = 100;

/** One pass over the whole ledger, in memory that does not grow with it. */
export async function readLedger({ queries, host }: OpenLine): Promise<LedgerReading> {
  const latest = new Latest();
  const batches = new Batches();
  const hour = new Hour(host.clock.nowMs());
  for await (const item of queries.documents()) {
    if (host.interrupted.aborted) break;
    if (item.mapping === undefined) continue;
    batches.add(item);
    hour.add(item);
    if (item.state === 'uploaded') latest.add(item);
  }
  return { latest: latest.list(), batches: batches.list(), minutes: hour.minutes() };
}

/** The minutes that the last hour is shown in. */
export function minutesUntil(nowMs: number): readonly number[] {
  const lastMs = Math.floor(nowMs / MINUTE_MS) * MINUTE_MS;
  return Array.from({ length: MINUTES }, (_, at) => lastMs - (MINUTES - 1 - at) * MINUTE_MS);
}

const uploadedAtMs = ({ mapping }: DocumentItem) => mapping?.uploadedAtMs ?? 0;

class Latest {
  #items: DocumentItem[] = [];

  add(item: DocumentItem): void {
    this.#items.push(item);
    if (this.#items.length > 10 * MOST_LATEST) this.#items = [...this.list()];
  }

  list(): readonly DocumentItem[] {
    return this.#items
      .toSorted((one, other) => uploadedAtMs(other) - uploadedAtMs(one))
      .slice(0, MOST_LATEST);
  }
}

class Hour {
  readonly #starts: readonly number[];
  readonly #tookMs = new Map<number, number[]>();

  constructor(nowMs: number) {
    this.#starts = minutesUntil(nowMs);
  }

  add(item: DocumentItem): void {
    const minuteMs = Math.floor(uploadedAtMs(item) / MINUTE_MS) * MINUTE_MS;
    if (minuteMs < (this.#starts[0] ?? 0)) return;
    const took = this.#tookMs.get(minuteMs) ?? [];
    took.push(Math.max(0, uploadedAtMs(item) - askedForAtMs(item)));
    this.#tookMs.set(minuteMs, took);
  }

  minutes(): readonly Minute[] {
    return this.#starts.map((startMs) => {
      const took = (this.#tookMs.get(startMs) ?? []).toSorted((one, other) => one - other);
      const [middleMs = null, longestMs = null] = [took[Math.floor(took.length / 2)], took.at(-1)];
      return { at: iso(startMs), uploaded: took.length, middleMs, longestMs };
    });
  }
}

interface Gathered {
  readonly classificationId: string;
  readonly folders: Set<string>;
  documents: number;
  pages: number;
  lastAtMs: number;
}

const MOST_FOLDERS = 3;

class Batches {
  readonly #byId = new Map<string, Gathered>();
  #isTooMany = false;

  add({ mapping, arrival }: DocumentItem): void {
    if (mapping === undefined || this.#isTooMany) return;
    const { batchId, classificationId, numberOfPages = 0, uploadedAtMs: atMs } = mapping;
    const none: Gathered = { classificationId, folders: new Set(), documents: 0, pages: 0, lastAtMs: 0 };
    const batch = this.#byId.get(batchId) ?? none;
    batch.documents += 1;
    batch.pages += numberOfPages;
    batch.lastAtMs = Math.max(batch.lastAtMs, atMs);
    if (batch.folders.size < MOST_FOLDERS)
      batch.folders.add(arrival.key.slice(0, arrival.key.lastIndexOf('/') + 1));
    this.#byId.set(batchId, batch);
    this.#isTooMany = this.#byId.size > MOST_BATCHES;
  }

  list(): readonly BatchRow[] | null {
    if (this.#isTooMany) return null;
    return [...this.#byId]
      .toSorted(([, one], [, other]) => other.lastAtMs - one.lastAtMs)
      .slice(0, BATCHES_SHOWN)
      .map(([batchId, { lastAtMs, folders, ...batch }]) => ({
        batchId,
        ...batch,
        folders: [...folders],
        lastUploadedAt: iso(lastAtMs),
      }));
  }
}

/** A further file on purpose was not on its way since its document was first seen. */
function askedForAtMs({ firstSeenAtMs, reuploads = [] }: DocumentItem): number {
  const last = reuploads.at(-1);
  return last === undefined ? firstSeenAtMs : Date.parse(last.at);
}
