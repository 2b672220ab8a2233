import type { LedgerItem, Pair } from '../../lib/pipeline/model.ts';
import { timeOf } from './world.ts';

/** What does not help who reads a trace. */
const UNSHOWN = new Set([
  ...['partition', 'sort', 'kind', 'rev', 'arrival', 'route', 'opener', 'lastFailure'],
  ...['firstSeenAtMs', 'updatedAtMs', 'claimedAtMs'],
]);

/** An item as one line for people: its state first, times as the trace has them, pairs as classification/batch. */
export function shownItem(item: LedgerItem): string {
  return Object.entries(item)
    .filter(([field, value]) => !UNSHOWN.has(field) && value !== 0)
    .map(([field, value]) => (field === 'state' ? String(value) : `${field} ${shown(field, value)}`))
    .join(', ');
}

function shown(field: string, value: unknown): string {
  if (field.endsWith('AtMs') && typeof value === 'number') return timeOf(value);
  if (field === 'sentTo' || field === 'lookAt')
    return `[${(value as readonly Pair[]).map(pairOf).join(' ')}]`;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function pairOf({ classificationId, batchId }: Pair): string {
  return `${classificationId}/${batchId}`;
}
