import { expect, test } from 'vitest';
import { doneMessages } from '../../../lib/local/pump-response.ts';

const ids = ['a', 'b', 'c'];
const failures = (...identifiers: unknown[]) => ({
  batchItemFailures: identifiers.map((itemIdentifier) => ({ itemIdentifier })),
});

// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html, success and failure conditions
test.each([
  ['nothing', undefined],
  ['null', null],
  ['an empty object', {}],
  ['a null list', { batchItemFailures: null }],
  ['an empty list', { batchItemFailures: [] }],
])('%s is success for all', (_, response) => {
  expect(doneMessages(response, ids)).toEqual(ids);
});

test('named failures stay, the others are done', () => {
  expect(doneMessages(failures('b'), ids)).toEqual(['a', 'c']);
  expect(doneMessages(failures('a', 'b', 'c'), ids)).toEqual([]);
});

test.each([
  ['an empty identifier', failures('')],
  ['a null identifier', failures(null)],
  ['an identifier of no message', failures('a', 'z')],
  ['a wrong key', { batchItemFailures: [{ messageId: 'a' }] }],
  ['a list of bare identifiers', { batchItemFailures: ['a'] }],
  ['no list', { batchItemFailures: 'a' }],
  ['a text', 'done'],
  ['a list instead of an object', []],
])('%s is failure for all', (_, response) => {
  expect(doneMessages(response, ids)).toEqual([]);
});
