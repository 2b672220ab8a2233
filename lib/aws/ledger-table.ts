import type { CreateTableCommandInput, KeySchemaElement } from '@aws-sdk/client-dynamodb';

/** The ledger's table as data: what CreateTable takes, and what the deployed stack copies its names from. */

export interface LedgerAttribute {
  readonly name: string;
  readonly type: 'S' | 'N';
}

export interface LedgerIndex {
  readonly name: string;
  readonly hash: LedgerAttribute;
  readonly range?: LedgerAttribute;
}

export const LEDGER_KEY = {
  hash: { name: 'partition', type: 'S' },
  range: { name: 'sort', type: 'S' },
} as const satisfies { hash: LedgerAttribute; range: LedgerAttribute };

// Not `partition`: bucket/key has up to 1,088 bytes, and a range key takes 1,024.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
const firstSeen = { name: 'firstSeenAtMs', type: 'N' } as const;

/** Every one is sparse and projects the whole item: its hash attribute is there only on the items that belong in it. */
export const LEDGER_INDEXES = {
  byBatch: { name: 'byBatch', hash: { name: 'batchIndex', type: 'S' }, range: firstSeen },
  byFile: { name: 'byFile', hash: { name: 'fileIndex', type: 'S' } },
  /** Hash: the state of a document that is not settled. "What is not done?" is a query. */
  byUnsettled: { name: 'byUnsettled', hash: { name: 'unsettledIndex', type: 'S' }, range: firstSeen },
} as const satisfies Record<string, LedgerIndex>;

const indexes: readonly LedgerIndex[] = Object.values(LEDGER_INDEXES);

/** What CreateTable takes; paid per request. */
export function ledgerTable(tableName: string): CreateTableCommandInput {
  return {
    TableName: tableName,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: attributeDefinitions(),
    KeySchema: keySchema(LEDGER_KEY),
    GlobalSecondaryIndexes: indexes.map((index) => ({
      IndexName: index.name,
      KeySchema: keySchema(index),
      Projection: { ProjectionType: 'ALL' },
    })),
  };
}

function keySchema(key: { hash: LedgerAttribute; range?: LedgerAttribute }): KeySchemaElement[] {
  const hash: KeySchemaElement = { AttributeName: key.hash.name, KeyType: 'HASH' };
  return key.range === undefined ? [hash] : [hash, { AttributeName: key.range.name, KeyType: 'RANGE' }];
}

function attributeDefinitions() {
  const keys: readonly LedgerAttribute[] = [LEDGER_KEY, ...indexes].flatMap(
    ({ hash, range }: Omit<LedgerIndex, 'name'>) => (range === undefined ? [hash] : [hash, range]),
  );
  const types = new Map(keys.map(({ name, type }) => [name, type]));
  return [...types].map(([name, type]) => ({ AttributeName: name, AttributeType: type }));
}
