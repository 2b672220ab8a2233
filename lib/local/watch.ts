import { setTimeout as sleep } from 'node:timers/promises';
import type { LedgerQueries } from '../aws/ledger-queries.ts';
import type { DocumentItem, DocumentKey } from '../pipeline/model.ts';

/** Every document of the ledger, as it was read last. */
export type Documents = ReadonlyMap<string, DocumentItem>;

const INTERVAL_MS = 250;
/** However large the ledger, most of the time is not spent on reading it. */
const REST_FACTOR = 4;

export function nameOf({ partition, sort }: Pick<DocumentKey, 'partition' | 'sort'>): string {
  return JSON.stringify([partition, sort]);
}

export async function readDocuments(queries: LedgerQueries): Promise<Documents> {
  const documents = new Map<string, DocumentItem>();
  for await (const item of queries.documents()) documents.set(nameOf(item), item);
  return documents;
}

/**
 * Reads the ledger again and again until `isEnough` says so, which sees every reading. Rejects when `signal` aborts.
 * Polling is all there is: the embedded DynamoDB has no streams.
 */
export async function watchDocuments(
  queries: LedgerQueries,
  isEnough: (documents: Documents) => boolean,
  signal: AbortSignal,
): Promise<Documents> {
  for (;;) {
    const startedMs = performance.now();
    const documents = await readDocuments(queries);
    if (isEnough(documents)) return documents;
    const tookMs = performance.now() - startedMs;
    await sleep(Math.max(INTERVAL_MS, tookMs * REST_FACTOR), undefined, { signal });
  }
}
