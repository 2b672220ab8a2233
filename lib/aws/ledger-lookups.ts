import { setTimeout as sleep } from 'node:timers/promises';
import { BatchGetItemCommand, type KeysAndAttributes, paginateQuery } from '@aws-sdk/client-dynamodb';
import type { DocumentItem, DocumentKey } from '../pipeline/model.ts';
import { ledgerFailure } from './errors.ts';
import type { LedgerTable } from './ledger.ts';
import { documentOf } from './ledger-items.ts';
import { chunks } from './sqs-batches.ts';

/** Questions of the operator's that the ledger's own keys answer: strongly consistent. */

/** Every version of one object that the ledger knows. Throws `ledger.throttled`, `ledger.unavailable`. */
export async function versionsOf(
  { client, tableName }: LedgerTable,
  bucket: string,
  key: string,
): Promise<readonly DocumentItem[]> {
  const query = {
    TableName: tableName,
    ConsistentRead: true,
    KeyConditionExpression: '#partition = :partition',
    ExpressionAttributeNames: { '#partition': 'partition' },
    ExpressionAttributeValues: { ':partition': { S: `${bucket}/${key}` } },
  };
  try {
    const items: DocumentItem[] = [];
    for await (const { Items = [] } of paginateQuery({ client }, query)) items.push(...Items.map(documentOf));
    return items;
  } catch (error) {
    throw ledgerFailure(error, 'Query');
  }
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html */
const MOST_KEYS = 100;
const PAUSE_MS = 100;
const MOST_PAUSES = 50;

/** What tells whether a document is known. */
export type DocumentName = Pick<DocumentKey, 'partition' | 'sort'>;

export const nameOf = ({ partition, sort }: DocumentName): string => JSON.stringify([partition, sort]);

/** Of these documents, the names of those that the ledger knows. Throws `ledger.throttled`, `ledger.unavailable`. */
export async function knownAmong(
  table: LedgerTable,
  keys: readonly DocumentName[],
): Promise<ReadonlySet<string>> {
  const unique = [...new Map(keys.map((key) => [nameOf(key), key])).values()];
  const found = await Promise.all(chunks(unique, MOST_KEYS).map((some) => knownAmongFew(table, some)));
  return new Set(found.flat());
}

async function knownAmongFew(
  { client, tableName }: LedgerTable,
  keys: readonly DocumentName[],
): Promise<readonly string[]> {
  const found: string[] = [];
  let asked: Record<string, KeysAndAttributes> = { [tableName]: request(keys) };
  try {
    for (let pauses = 0; ; pauses += 1) {
      const { Responses = {}, UnprocessedKeys = {} } = await client.send(
        new BatchGetItemCommand({ RequestItems: asked }),
      );
      for (const { partition, sort } of Responses[tableName] ?? [])
        found.push(nameOf({ partition: partition?.S ?? '', sort: sort?.S ?? '' }));
      if (Object.keys(UnprocessedKeys).length === 0) return found;
      if (pauses === MOST_PAUSES) throw new Error('DynamoDB leaves keys unanswered again and again');
      asked = UnprocessedKeys;
      await sleep(PAUSE_MS);
    }
  } catch (error) {
    throw ledgerFailure(error, 'BatchGetItem');
  }
}

function request(keys: readonly DocumentName[]): KeysAndAttributes {
  return {
    Keys: keys.map(({ partition, sort }) => ({ partition: { S: partition }, sort: { S: sort } })),
    ConsistentRead: true,
    ProjectionExpression: '#partition, #sort',
    ExpressionAttributeNames: { '#partition': 'partition', '#sort': 'sort' },
  };
}
