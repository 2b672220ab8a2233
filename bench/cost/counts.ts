import { unmarshall } from '@aws-sdk/util-dynamodb';
import { indexAttributes } from '../../lib/aws/ledger-items.ts';
import { LEDGER_INDEXES } from '../../lib/aws/ledger-table.ts';
import type { LedgerItem } from '../../lib/pipeline/model.ts';
import type { ProxiedRequest } from '../../test/fault/real/fault-proxy.ts';
import { operationOf } from '../line/calls.ts';

/** Requests by service and operation, and the units that DynamoDB would bill for them. */
export interface Counts {
  readonly requests: Map<string, number>;
  writeUnits: number;
  readUnits: number;
  /** Of the largest item that was written. */
  largestItemBytes: number;
}

export const noCounts = (): Counts => ({
  requests: new Map(),
  writeUnits: 0,
  readUnits: 0,
  largestItemBytes: 0,
});

const KILOBYTE = 1024;
const indexNames = Object.values(LEDGER_INDEXES).map(({ hash }) => hash.name);

/** Counts what passes. One ledger's items are remembered: what a write costs hangs on what was there. */
export function createCounter(counts: Counts): (service: string, request: ProxiedRequest) => void {
  const items = new Map<string, Stored>();
  return (service, request) => {
    const { method, path, headers } = request;
    const target = headers['x-amz-target']?.toString();
    const operation = `${service} ${operationOf({ method, path, target })}`;
    counts.requests.set(operation, (counts.requests.get(operation) ?? 0) + 1);
    if (service !== 'DynamoDB') return;
    const body = JSON.parse(request.body.toString());
    if (body.Item !== undefined) put(items, counts, body.Item);
    // Strongly consistent: a unit for each 4 KB; our items are below.
    else if (body.Key !== undefined) counts.readUnits += 1;
  };
}

interface Stored {
  readonly units: number;
  readonly indexes: Readonly<Record<string, string>>;
}

/**
 * A unit for each KB of the item, and as much for each index that it enters, leaves or stays in (every index projects the
 * whole item; a changed key is a removal and an entry).
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.ThroughputConsiderations.Writes
 */
function put(items: Map<string, Stored>, counts: Counts, attributes: Parameters<typeof unmarshall>[0]): void {
  const item = unmarshall(attributes) as LedgerItem;
  const bytes = Buffer.byteLength(JSON.stringify(unmarshall(attributes)));
  const now: Stored = { units: Math.ceil(bytes / KILOBYTE), indexes: indexAttributes(item) };
  const key = JSON.stringify([item.partition, item.sort]);
  const before = items.get(key);
  items.set(key, now);
  counts.largestItemBytes = Math.max(counts.largestItemBytes, bytes);
  counts.writeUnits += Math.max(now.units, before?.units ?? 0);
  for (const name of indexNames) counts.writeUnits += indexUnits(before, now, name);
}

function indexUnits(before: Stored | undefined, now: Stored, name: string): number {
  const [old, fresh] = [before?.indexes[name], now.indexes[name]];
  if (old === fresh) return fresh === undefined ? 0 : Math.max(now.units, before?.units ?? 0);
  return (old === undefined ? 0 : (before?.units ?? 0)) + (fresh === undefined ? 0 : now.units);
}
