import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import type { DocumentItem, DocumentState, LedgerItem } from '../pipeline/model.ts';
import { LEDGER_INDEXES } from './ledger-table.ts';

/** Ledger items to and from DynamoDB's attributes. */

type Attributes = Record<string, AttributeValue>;

export type UnsettledState = Exclude<DocumentState, 'uploaded' | 'skipped'>;

const UNSETTLED: ReadonlySet<DocumentState> = new Set<UnsettledState>([
  'waiting',
  'uploading',
  'unknown',
  'parked',
]);

/** The attributes that put an item into the table's indexes; a function of the item and of nothing else. */
export function indexAttributes(item: LedgerItem): Readonly<Record<string, string>> {
  if (item.kind !== 'document') return {};
  return Object.fromEntries(
    [
      [LEDGER_INDEXES.byBatch.hash.name, item.mapping?.batchId],
      [LEDGER_INDEXES.byFile.hash.name, item.mapping?.fileId],
      [LEDGER_INDEXES.byUnsettled.hash.name, UNSETTLED.has(item.state) ? item.state : undefined],
    ].filter(hasValue),
  );
}

// DynamoDB refuses an item whose index key is an empty string.
const hasValue = (entry: (string | undefined)[]): entry is [string, string] => Boolean(entry[1]);

const indexNames = Object.values(LEDGER_INDEXES).map((index) => index.hash.name);

export function toAttributes(item: LedgerItem): Attributes {
  return marshall({ ...item, ...indexAttributes(item) }, { removeUndefinedValues: true });
}

export function fromAttributes<T extends LedgerItem>(attributes: Attributes): T {
  const item = unmarshall(attributes);
  for (const name of indexNames) delete item[name];
  return item as T;
}

export const documentOf = (attributes: Attributes): DocumentItem => fromAttributes<DocumentItem>(attributes);
