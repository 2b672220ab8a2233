import { describe, expect, test } from 'vitest';
import {
  bodyFailure,
  ledgerFailure,
  queueFailure,
  secretFailure,
  sourceFailure,
} from '../../../lib/aws/errors.ts';
import { UploaderError } from '../../../lib/pipeline/failures.ts';

const never = new AbortController().signal;
const sdkError = (name: string, httpStatusCode?: number, message = 'as told') =>
  Object.assign(new Error(message), { name, $metadata: { httpStatusCode } });

describe('the ledger is', () => {
  test.each([
    'ProvisionedThroughputExceededException',
    'ThrottlingException',
    'ThrottledException',
    'RequestLimitExceeded',
  ])('throttled by %s', (name) => {
    expect(ledgerFailure(sdkError(name, 400), 'PutItem').code).toBe('ledger.throttled');
  });

  test('throttled by any 429', () => {
    expect(ledgerFailure(sdkError('Unknown', 429), 'PutItem').code).toBe('ledger.throttled');
  });

  test.each([
    'InternalServerError',
    'ValidationException',
    'ResourceNotFoundException',
    'TimeoutError',
    'AccessDeniedException',
  ])('unavailable by %s', (name) => {
    const cause = sdkError(name, 400);
    const failure = ledgerFailure(cause, 'PutItem');
    expect(failure).toMatchObject({ code: 'ledger.unavailable', httpStatus: 400, cause });
    expect(failure.message).toBe(`DynamoDB PutItem: ${name} (400): as told`);
  });
});

test('what was never an answer has no status', () => {
  const failure = queueFailure(new Error('connect ECONNREFUSED'), 'SendMessage');
  expect(failure).toMatchObject({ code: 'queue.unavailable', httpStatus: undefined });
});

test('what is no error at all is a failure too', () => {
  expect(secretFailure('surprise', 'GetSecretValue')).toMatchObject({
    code: 'secret.unavailable',
    cause: 'surprise',
  });
});

test('what S3 answered counts, also where the signal has aborted meanwhile', () => {
  const aborted = AbortSignal.abort();
  expect(sourceFailure(sdkError('SlowDown', 503), 'GetObject', aborted).code).toBe('document.throttled');
  expect(sourceFailure(sdkError('TimeoutError'), 'GetObject', aborted).code).toBe('invocation.ending');
});

test('whoever is denied an object is told that it may be missing', () => {
  expect(sourceFailure(sdkError('AccessDenied', 403), 'GetObject', never).message).toContain('s3:ListBucket');
});

test('an error of ours passes through every translation untouched', () => {
  const ours = new UploaderError('document.stalled', 'nothing came');
  for (const translate of [ledgerFailure, queueFailure, secretFailure]) {
    expect(translate(ours, 'Anything')).toBe(ours);
  }
  expect(sourceFailure(ours, 'Anything', never)).toBe(ours);
  expect(bodyFailure(ours)).toBe(ours);
});

test('a message is cut to what a person reads', () => {
  expect(ledgerFailure(sdkError('X', 400, 'x'.repeat(5_000)), 'PutItem').message.length).toBeLessThan(400);
});
