import { marshall } from '@aws-sdk/util-dynamodb';
import { afterEach, describe, expect, test } from 'vitest';
import { createLedger } from '../../../lib/aws/ledger.ts';
import { fromAttributes, indexAttributes, toAttributes } from '../../../lib/aws/ledger-items.ts';
import { createLedgerQueries } from '../../../lib/aws/ledger-queries.ts';
import { ledgerTable } from '../../../lib/aws/ledger-table.ts';
import type { DocumentItem } from '../../../lib/pipeline/model.ts';
import {
  closedBreaker,
  documentItem,
  fullDocument,
  keyOf,
  openSlot,
  slotKey,
  uploadedTo,
} from '../../contract/ledger-scene.ts';
import { connectedTo } from './connected.ts';
import { type Answer, type StandIn, startStandIn } from './stand-in.ts';

let standIn: StandIn;
afterEach(() => standIn?.close());

async function tableThat(answer: (operation: string) => Answer) {
  standIn = await startStandIn(({ headers }) => answer(String(headers['x-amz-target']).split('.')[1] ?? ''));
  return { client: connectedTo({ dynamodb: standIn.url }).dynamodb, tableName: 'ledger' };
}

const json = (status: number, body: object): Answer => ({
  status,
  headers: { 'content-type': 'application/x-amz-json-1.0' },
  body: JSON.stringify(body),
});

const refused = (name: string, more: object = {}) =>
  json(400, { __type: `com.amazonaws.dynamodb.v20120810#${name}`, message: 'as told', ...more });

const asked = () => standIn.requests.map(({ headers }) => String(headers['x-amz-target']).split('.')[1]);

describe('a refusal that carries the item', () => {
  test('answers what is stored without reading again', async () => {
    const stored = documentItem('a', { rev: 'another', attempts: 2 });
    const table = await tableThat(() =>
      refused('ConditionalCheckFailedException', { Item: toAttributes(stored) }),
    );
    const result = await createLedger(table).write(documentItem('a'), undefined);
    expect(result).toStrictEqual({ applied: false, current: stored });
    expect(asked()).toEqual(['PutItem']);
    expect(JSON.parse(standIn.requests[0]?.body ?? '')).toMatchObject({
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
  });

  test('with our own token means that the write was applied', async () => {
    const slot = { ...openSlot, rev: 'mine' };
    const table = await tableThat(() => refused('ConditionalCheckFailedException', { Item: marshall(slot) }));
    const place = { slot: slotKey, generation: 3, maxFiles: 1, rev: 'mine' };
    expect(await createLedger(table).takePlace(place)).toEqual({ applied: true });
    expect(asked()).toEqual(['UpdateItem']);
  });
});

test('a refusal without the item is followed by a consistent read', async () => {
  const stored = documentItem('a', { rev: 'another' });
  const table = await tableThat((operation) =>
    operation === 'GetItem'
      ? json(200, { Item: toAttributes(stored) })
      : refused('ConditionalCheckFailedException'),
  );
  const result = await createLedger(table).write(documentItem('a'), undefined);
  expect(result).toStrictEqual({ applied: false, current: stored });
  expect(asked()).toEqual(['PutItem', 'GetItem']);
  expect(JSON.parse(standIn.requests[1]?.body ?? '')).toMatchObject({ ConsistentRead: true });
});

describe('a ledger that fails says so in our words', () => {
  test.each([
    ['ProvisionedThroughputExceededException', 'ledger.throttled'],
    ['ThrottlingException', 'ledger.throttled'],
    ['ResourceNotFoundException', 'ledger.unavailable'],
    ['ValidationException', 'ledger.unavailable'],
  ])('%s is %s, whatever was asked', async (name, code) => {
    const table = await tableThat(() => refused(name));
    const [ledger, queries] = [createLedger(table), createLedgerQueries(table)];
    const failure = { name: 'UploaderError', code, cause: { name } };
    await expect(ledger.read(keyOf(fullDocument))).rejects.toMatchObject(failure);
    await expect(ledger.write(fullDocument, undefined)).rejects.toMatchObject(failure);
    const place = { slot: slotKey, generation: 1, maxFiles: 1, rev: 'r' };
    await expect(ledger.takePlace(place)).rejects.toMatchObject(failure);
    await expect(queries.byFile('-Of')).rejects.toMatchObject(failure);
    await expect(firstOf(queries.unsettled('parked'))).rejects.toMatchObject(failure);
    await expect(firstOf(queries.documents())).rejects.toMatchObject(failure);
  });

  test('an item that cannot be stored at all is an unavailable ledger, with the cause', async () => {
    const table = await tableThat(() => json(200, {}));
    const unheardOf = { ...fullDocument, attempts: Number.POSITIVE_INFINITY };
    const write = createLedger(table).write(unheardOf, undefined);
    await expect(write).rejects.toMatchObject({ code: 'ledger.unavailable', cause: expect.any(Error) });
    expect(asked()).toEqual([]);
  });
});

const firstOf = async (items: AsyncIterable<DocumentItem>) => items[Symbol.asyncIterator]().next();

describe('index attributes', () => {
  test.each(['waiting', 'uploading', 'unknown', 'parked'] as const)('%s is not settled', (state) => {
    expect(indexAttributes(documentItem('a', { state }))).toEqual({ unsettledIndex: state });
  });

  test('an uploaded document is found by its batch and its file, and is not among the unsettled', () => {
    expect(indexAttributes(uploadedTo('a', '-Ob', '-Of', 1))).toEqual({
      batchIndex: '-Ob',
      fileIndex: '-Of',
    });
  });

  test.each([documentItem('a', { state: 'skipped' }), openSlot, closedBreaker])('none for %j', (item) => {
    expect(indexAttributes(item)).toEqual({});
  });

  test('an empty id is left out: DynamoDB would refuse the whole item', () => {
    expect(indexAttributes(uploadedTo('a', '', '', 1))).toEqual({});
  });

  test('are stored and stripped again on reading, and undefined fields with them', () => {
    const item = { ...fullDocument, route: undefined } as unknown as DocumentItem;
    const { route: _, ...without } = fullDocument;
    expect(toAttributes(item)).toMatchObject({ batchIndex: { S: '-Ob' }, fileIndex: { S: '-Of' } });
    expect(fromAttributes(toAttributes(item))).toStrictEqual(without);
  });
});

test('the table defines exactly the attributes that its keys use', () => {
  const {
    AttributeDefinitions = [],
    KeySchema = [],
    GlobalSecondaryIndexes = [],
    BillingMode,
  } = ledgerTable('t');
  const used = [KeySchema, ...GlobalSecondaryIndexes.map((index) => index.KeySchema ?? [])].flat();
  const names = (list: readonly { AttributeName?: string | undefined }[]) =>
    list.map((one) => one.AttributeName);
  expect(new Set(names(AttributeDefinitions))).toEqual(new Set(names(used)));
  expect(AttributeDefinitions).toHaveLength(new Set(names(used)).size);
  expect(GlobalSecondaryIndexes.map((index) => index.IndexName)).toEqual([
    'byBatch',
    'byFile',
    'byUnsettled',
  ]);
  expect(BillingMode).toBe('PAY_PER_REQUEST');
});
