import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { ItemKey, LedgerItem } from '../pipeline/model.ts';
import type { Ledger, WriteResult } from '../pipeline/ports.ts';
import { ledgerFailure } from './errors.ts';
import { fromAttributes } from './ledger-items.ts';
import { placeRequest, readRequest, writeRequest } from './ledger-writes.ts';

export interface LedgerTable {
  readonly client: DynamoDBClient;
  readonly tableName: string;
}

/** The ledger in one DynamoDB table. Throws `ledger.throttled`, `ledger.unavailable`. */
export function createLedger(table: LedgerTable): Ledger {
  const { client, tableName } = table;
  return {
    read: (key) => read(table, key),
    write: (item, expectedRev) =>
      conditionally(table, 'PutItem', item, item.rev, () =>
        client.send(new PutItemCommand(writeRequest(tableName, item, expectedRev))),
      ),
    takePlace: (place) =>
      conditionally(table, 'UpdateItem', place.slot, place.rev, () =>
        client.send(new UpdateItemCommand(placeRequest(tableName, place))),
      ),
  };
}

async function read<T extends LedgerItem>(table: LedgerTable, key: ItemKey<T>): Promise<T | undefined> {
  try {
    const { Item } = await table.client.send(new GetItemCommand(readRequest(table.tableName, key)));
    return Item === undefined ? undefined : fromAttributes<T>(Item);
  } catch (error) {
    throw ledgerFailure(error, 'GetItem');
  }
}

/**
 * A refused write that finds its own token was applied: the SDK repeats a write whose answer was lost, and the repetition
 * is refused by what the first one stored.
 */
async function conditionally<T extends LedgerItem>(
  table: LedgerTable,
  operation: string,
  key: ItemKey,
  rev: string,
  send: () => Promise<unknown>,
): Promise<WriteResult<T>> {
  try {
    await send();
    return { applied: true };
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw ledgerFailure(error, operation);
    const current = await storedNow<T>(table, key, error);
    return current?.rev === rev ? { applied: true } : { applied: false, current };
  }
}

/** The refusal carries the item; servers that know no `ALL_OLD` leave it out, as DynamoDB does where there is none. */
async function storedNow<T extends LedgerItem>(
  table: LedgerTable,
  key: ItemKey,
  refusal: ConditionalCheckFailedException,
): Promise<T | undefined> {
  return refusal.Item === undefined
    ? read(table, key as unknown as ItemKey<T>)
    : fromAttributes<T>(refusal.Item);
}
