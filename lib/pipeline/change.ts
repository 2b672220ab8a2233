import { UploaderError } from './failures.ts';
import type { ItemKey, LedgerItem } from './model.ts';
import type { Ports } from './ports.ts';

/** A pure rule's answer: the item as it shall be, or why it stays as it is. */
export type Decision<T extends LedgerItem, R> =
  | { readonly write: Omit<T, 'rev'>; readonly result: R }
  | { readonly keep: R };

export interface Changed<T extends LedgerItem, R> {
  readonly result: R;
  /** The item as it stood when the rule decided. */
  readonly before: T | undefined;
  /** The item as it stands now, as far as this write knows. */
  readonly item: T | undefined;
}

/** One writer always wins a round; this bound only stops a defect from spinning. */
const MAX_ROUNDS = 200;

/**
 * Applies a pure rule to an item, atomically: the write holds only if the item is still the one that the rule saw;
 * else the rule decides again on what is there now. `seen` saves the first read where the item was just read.
 */
export async function change<T extends LedgerItem, R>(
  ports: Pick<Ports, 'ledger' | 'chance'>,
  key: ItemKey<T>,
  rule: (item: T | undefined) => Decision<T, R>,
  seen?: { readonly item: T | undefined },
): Promise<Changed<T, R>> {
  let before = seen === undefined ? await ports.ledger.read(key) : seen.item;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const decision = rule(before);
    if ('keep' in decision) return { result: decision.keep, before, item: before };
    const item = { ...decision.write, rev: ports.chance.token() } as unknown as T;
    const written = await ports.ledger.write(item, before?.rev);
    if (written.applied) return { result: decision.result, before, item };
    before = written.current;
  }
  throw new UploaderError(
    'ledger.throttled',
    `The item ${key.sort} changed under every one of ${MAX_ROUNDS} writes.`,
  );
}
