import { type FailureCode, UploaderError } from '../pipeline/failures.ts';

/** The one place where errors of AWS's SDK become ours. */

const MAX_MESSAGE_CHARACTERS = 300;

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html */
const LEDGER_THROTTLES = new Set([
  'ProvisionedThroughputExceededException',
  'ThrottlingException',
  'ThrottledException',
  'RequestLimitExceeded',
  'RequestThrottledException',
  'TooManyRequestsException',
]);

/** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
const SOURCE_THROTTLES = new Set([
  'SlowDown',
  'ThrottlingException',
  'RequestLimitExceeded',
  'TooManyRequests',
]);

/** To `ledger.throttled` or `ledger.unavailable`. */
export function ledgerFailure(error: unknown, operation: string): UploaderError {
  const seen = look(error);
  const throttled = LEDGER_THROTTLES.has(seen.name) || seen.httpStatus === 429;
  return translated(throttled ? 'ledger.throttled' : 'ledger.unavailable', 'DynamoDB', operation, error);
}

/**
 * To `document.gone`, `.superseded`, `.access-denied`, `.throttled` or `.unavailable`; to `invocation.ending` where no
 * answer came because our signal broke it off.
 */
export function sourceFailure(error: unknown, operation: string, signal: AbortSignal): UploaderError {
  const seen = look(error);
  const brokenOff = signal.aborted && seen.httpStatus === undefined;
  return translated(brokenOff ? 'invocation.ending' : sourceCode(seen), 'S3', operation, error);
}

function sourceCode({ name, httpStatus }: Seen): FailureCode {
  // A missing bucket is more likely a wrong endpoint than a deleted document: never skip on it.
  if (name === 'NoSuchBucket') return 'document.unavailable';
  // 405 is the answer to reading a version that is a delete marker.
  if (httpStatus === 404 || httpStatus === 405) return 'document.gone';
  if (httpStatus === 412) return 'document.superseded';
  if (httpStatus === 403) return 'document.access-denied';
  if (httpStatus === 503 || httpStatus === 429 || SOURCE_THROTTLES.has(name)) return 'document.throttled';
  return 'document.unavailable';
}

/** A body that broke off: `document.unavailable`. */
export function bodyFailure(error: unknown): UploaderError {
  if (error instanceof UploaderError) return error;
  return new UploaderError('document.unavailable', `S3 broke off the body: ${look(error).message}`, {
    cause: error,
  });
}

/** To `queue.unavailable`. */
export function queueFailure(error: unknown, operation: string): UploaderError {
  return translated('queue.unavailable', 'SQS', operation, error);
}

/** To `secret.unavailable`. */
export function secretFailure(error: unknown, operation: string): UploaderError {
  return translated('secret.unavailable', 'Secrets Manager', operation, error);
}

function translated(code: FailureCode, service: string, operation: string, error: unknown): UploaderError {
  if (error instanceof UploaderError) return error;
  const { name, message, httpStatus } = look(error);
  const status = httpStatus === undefined ? '' : ` (${httpStatus})`;
  const hint = HINTS[code] ?? '';
  const facts = httpStatus === undefined ? { cause: error } : { cause: error, httpStatus };
  return new UploaderError(code, `${service} ${operation}: ${name}${status}: ${message}${hint}`, facts);
}

const HINTS: Partial<Record<FailureCode, string>> = {
  'document.access-denied':
    ' (S3 also answers 403 for a missing key to whom s3:ListBucket is not granted; the role needs s3:GetObject, s3:GetObjectVersion, s3:ListBucket)',
};

interface Seen {
  readonly name: string;
  readonly message: string;
  readonly httpStatus: number | undefined;
}

function look(error: unknown): Seen {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error), httpStatus: undefined };
  const { $metadata } = error as { $metadata?: { httpStatusCode?: number } };
  const message = error.message.slice(0, MAX_MESSAGE_CHARACTERS);
  return { name: error.name, message, httpStatus: $metadata?.httpStatusCode };
}
