import { afterEach, expect, test } from 'vitest';
import { knownAmong, nameOf } from '../../../lib/aws/ledger-lookups.ts';
import { connectedTo } from '../aws/connected.ts';
import { type SeenRequest, type StandIn, startStandIn } from '../aws/stand-in.ts';

let dynamodb: StandIn;
afterEach(() => dynamodb.close());

interface Key {
  readonly partition: { readonly S: string };
  readonly sort: { readonly S: string };
}

const keysIn = ({ body }: SeenRequest) =>
  (JSON.parse(body) as { RequestItems: { ledger: { Keys: Key[]; ConsistentRead: boolean } } }).RequestItems
    .ledger;

/** A DynamoDB that knows what `knows` says, and leaves `unanswered` keys of its first answer open. */
async function ledgerThat(knows: (key: Key) => boolean, unanswered = 0) {
  let answers = 0;
  dynamodb = await startStandIn((request) => {
    const { Keys } = keysIn(request);
    answers += 1;
    const left = answers === 1 ? Keys.slice(0, unanswered) : [];
    const done = Keys.slice(left.length);
    const UnprocessedKeys = left.length === 0 ? {} : { ledger: { Keys: left, ConsistentRead: true } };
    const body = JSON.stringify({ Responses: { ledger: done.filter(knows) }, UnprocessedKeys });
    return { status: 200, headers: { 'content-type': 'application/x-amz-json-1.0' }, body };
  });
  return { client: connectedTo({ dynamodb: dynamodb.url }).dynamodb, tableName: 'ledger' };
}

const keys = Array.from({ length: 250 }, (_, at) => ({ partition: `b/${at}`, sort: 'e' }));

test('asks for a hundred at a time, strongly consistent, and tells those that are known', async () => {
  const table = await ledgerThat(({ partition }) => partition.S.endsWith('7'));
  const known = await knownAmong(table, keys);
  expect(known).toEqual(new Set(keys.filter(({ partition }) => partition.endsWith('7')).map(nameOf)));
  const asked = dynamodb.requests.map(keysIn);
  expect(asked.map(({ Keys }) => Keys.length).sort()).toEqual([100, 100, 50]);
  expect(asked.every(({ ConsistentRead }) => ConsistentRead)).toBe(true);
});

test('asks again for what was left unanswered: a known document is never taken for an unknown one', async () => {
  const table = await ledgerThat(() => true, 30);
  expect((await knownAmong(table, keys.slice(0, 90))).size).toBe(90);
  expect(dynamodb.requests.map((request) => keysIn(request).Keys.length)).toEqual([90, 30]);
});

test('a key that is named twice is asked for once: DynamoDB refuses the whole question else', async () => {
  const table = await ledgerThat(() => true);
  await knownAmong(table, [...keys.slice(0, 2), ...keys.slice(0, 2)]);
  expect(dynamodb.requests.map((request) => keysIn(request).Keys.length)).toEqual([2]);
});

test('of nothing nothing is asked', async () => {
  const table = await ledgerThat(() => true);
  expect(await knownAmong(table, [])).toEqual(new Set());
  expect(dynamodb.requests).toEqual([]);
});
