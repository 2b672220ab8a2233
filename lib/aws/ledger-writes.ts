import type {
  GetItemCommandInput,
  PutItemCommandInput,
  UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import type { ItemKey, LedgerItem } from '../pipeline/model.ts';
import type { PlaceRequest } from '../pipeline/ports.ts';
import { toAttributes } from './ledger-items.ts';

/** What is asked of DynamoDB, as data. */

export function readRequest(tableName: string, { partition, sort }: ItemKey): GetItemCommandInput {
  return {
    TableName: tableName,
    Key: { partition: { S: partition }, sort: { S: sort } },
    ConsistentRead: true,
  };
}

/** Stores `item` if the stored one's `rev` still is `expectedRev`; undefined: if there is none. */
export function writeRequest(
  tableName: string,
  item: LedgerItem,
  expectedRev: string | undefined,
): PutItemCommandInput {
  const isNew = {
    ConditionExpression: 'attribute_not_exists(#key)',
    ExpressionAttributeNames: { '#key': 'partition' },
  };
  const isUnchanged = (rev: string) => ({
    ConditionExpression: '#rev = :expected',
    ExpressionAttributeNames: { '#rev': 'rev' },
    ExpressionAttributeValues: { ':expected': { S: rev } },
  });
  return {
    TableName: tableName,
    Item: toAttributes(item),
    ...(expectedRev === undefined ? isNew : isUnchanged(expectedRev)),
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  };
}

/** Adds one to the files of an open slot of this generation, while there are fewer than `maxFiles`. */
export function placeRequest(tableName: string, place: PlaceRequest): UpdateItemCommandInput {
  const isOpen = '#state = :open';
  const isThisGeneration = '#generation = :generation';
  const hasRoom = '#files < :maxFiles';
  return {
    TableName: tableName,
    Key: { partition: { S: place.slot.partition }, sort: { S: place.slot.sort } },
    UpdateExpression: 'SET #files = #files + :one, #rev = :rev',
    ConditionExpression: [isOpen, isThisGeneration, hasRoom].join(' AND '),
    ExpressionAttributeNames: {
      '#state': 'state',
      '#generation': 'generation',
      '#files': 'files',
      '#rev': 'rev',
    },
    ExpressionAttributeValues: {
      ':open': { S: 'open' },
      ':generation': { N: String(place.generation) },
      ':maxFiles': { N: String(place.maxFiles) },
      ':one': { N: '1' },
      ':rev': { S: place.rev },
    },
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  };
}
