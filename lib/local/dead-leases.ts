import { randomUUID } from 'node:crypto';
import { paginateScan } from '@aws-sdk/client-dynamodb';
import { createLedger, type LedgerTable } from '../aws/ledger.ts';
import { fromAttributes } from '../aws/ledger-items.ts';
import type { LedgerItem } from '../pipeline/model.ts';

/**
 * The last run is gone, with every process of it: what it held is nobody's. Leases end at `endsAtMs` at the latest,
 * instead of an invocation's whole time later; whatever was being sent then counts as lost from there. Resolves with
 * how many were made to end.
 */
export async function endDeadLeases(table: LedgerTable, endsAtMs: number): Promise<number> {
  const ledger = createLedger(table);
  let count = 0;
  for await (const { Items = [] } of paginateScan(
    { client: table.client },
    { TableName: table.tableName, ConsistentRead: true },
  )) {
    for (const item of Items.map((attributes) => fromAttributes<LedgerItem>(attributes))) {
      const ended = withLeaseEnded(item, endsAtMs);
      if (ended === undefined) continue;
      await ledger.write({ ...ended, rev: randomUUID() }, item.rev);
      count += 1;
    }
  }
  return count;
}

/** Undefined: it has no lease that runs longer. */
export function withLeaseEnded(item: LedgerItem, endsAtMs: number): LedgerItem | undefined {
  if (item.kind === 'breaker')
    return (item.probeExpiresAtMs ?? 0) > endsAtMs ? { ...item, probeExpiresAtMs: endsAtMs } : undefined;
  if (item.kind === 'gate' || (item.state !== 'uploading' && item.state !== 'opening')) return undefined;
  return (item.leaseExpiresAtMs ?? 0) > endsAtMs ? { ...item, leaseExpiresAtMs: endsAtMs } : undefined;
}
