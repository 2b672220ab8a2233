import type { LedgerQueries } from '../../../lib/aws/ledger-queries.ts';
import type { DocumentItem, ItemKey, LedgerItem, SlotItem } from '../../../lib/pipeline/model.ts';
import type { Ledger, PlaceRequest, WriteResult } from '../../../lib/pipeline/ports.ts';
import { type Interference, noInterference, withInterference } from './interference.ts';
import { snapshot } from './snapshot.ts';

export interface MemoryLedger extends Ledger {
  /** Everything stored, in the order of first writing. */
  items(): readonly LedgerItem[];
  documents(): readonly DocumentItem[];
  /** Looks without interference. */
  peek<T extends LedgerItem>(key: ItemKey<T>): T | undefined;
  /** Stores without condition or interference: for setting a scene. */
  store(item: LedgerItem): void;
}

/** The ledger in memory. Operations: `ledger.read`, `ledger.write`, `ledger.takePlace`. */
export function memoryLedger(interference: Interference = noInterference): MemoryLedger {
  const stored = new Map<string, LedgerItem>();
  const peek = <T extends LedgerItem>(key: ItemKey<T>) => stored.get(id(key)) as T | undefined;
  const store = (item: LedgerItem) => void stored.set(id(item), snapshot(item));
  const write = <T extends LedgerItem>(item: T, expectedRev: string | undefined): WriteResult<T> => {
    const current = peek<T>(item);
    return current?.rev === expectedRev ? applied(item) : refused(current, item.rev);
  };
  const takePlace = (request: PlaceRequest): WriteResult<SlotItem> => {
    const current = peek<SlotItem>(request.slot);
    const taken = withPlaceTaken(current, request);
    return taken === undefined ? refused(current, request.rev) : applied(taken);
  };
  const applied = (item: LedgerItem) => {
    store(item);
    return { applied: true } as const;
  };
  const run = <T>(operation: string, subject: unknown, work: () => T) =>
    withInterference(interference, `ledger.${operation}`, subject, work);
  return {
    read: (key) => run('read', key, () => peek(key)),
    write: (item, expectedRev) => run('write', { item, expectedRev }, () => write(item, expectedRev)),
    takePlace: (request) => run('takePlace', request, () => takePlace(request)),
    items: () => [...stored.values()],
    documents: () => [...stored.values()].filter((item) => item.kind === 'document'),
    peek,
    store,
  };
}

function refused<T extends LedgerItem>(current: T | undefined, rev: string): WriteResult<T> {
  return current?.rev === rev ? { applied: true } : { applied: false, current };
}

function withPlaceTaken(slot: SlotItem | undefined, request: PlaceRequest): SlotItem | undefined {
  const { generation, maxFiles, rev } = request;
  if (slot?.state !== 'open' || slot.generation !== generation || slot.files >= maxFiles) return undefined;
  return { ...slot, files: slot.files + 1, rev };
}

const id = ({ partition, sort }: { partition: string; sort: string }) => JSON.stringify([partition, sort]);

export function memoryLedgerQueries(ledger: Pick<MemoryLedger, 'documents'>): LedgerQueries {
  const firstSeenFirst = () => [...ledger.documents()].sort((a, b) => a.firstSeenAtMs - b.firstSeenAtMs);
  const where = (matches: (item: DocumentItem) => boolean) => each(() => firstSeenFirst().filter(matches));
  return {
    unsettled: (state) => where((item) => item.state === state),
    byBatch: (batchId) => where((item) => item.mapping?.batchId === batchId),
    byFile: async (fileId) => ledger.documents().find((item) => item.mapping?.fileId === fileId),
    documents: () => each(() => ledger.documents()),
  };
}

async function* each<T>(list: () => readonly T[]): AsyncGenerator<T> {
  yield* list();
}
