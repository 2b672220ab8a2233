import { describe, expect, it } from 'vitest';
import { type Asked, brokenOff, NOTHING_SENT, replyFailure } from '../../../lib/extracta/errors.ts';
import { UploaderError } from '../../../lib/pipeline/failures.ts';

const ASKED: Asked = {
  closingHandedOver: true,
  batchNamed: true,
  quotes: ['a.pdf', '-Class', '-Batch'],
  token: 'sk-1',
  nowMs: 0,
};
const failure = (status: number, json: unknown, asked: Partial<Asked> = {}) =>
  replyFailure({ status, headers: {}, json }, { ...ASKED, ...asked });
const refused = (message: string) => ({ status: 'error', message });

describe('a reply after the closing boundary', () => {
  it.each([
    [401, refused('Unauthorized'), 'extracta.unauthorized', false],
    [401, undefined, 'extracta.unauthorized', true],
    [402, refused('Payment required'), 'extracta.out-of-credits', false],
    [402, undefined, 'extracta.out-of-credits', true],
    [400, refused('You do not have enough credits'), 'extracta.out-of-credits', false],
    [403, { error: 'not enough pages left' }, 'extracta.out-of-credits', false],
    [400, refused('Insufficient account balance'), 'extracta.out-of-credits', false],
    [400, refused('Your balance is not enough'), 'extracta.out-of-credits', false],
    [400, refused('Not enough text in document'), 'extracta.rejected', false],
    [400, refused('Insufficient permissions for this file'), 'extracta.rejected', false],
    [400, refused('The image is not sharp enough. Pages: 3'), 'extracta.rejected', false],
    [200, refused('No credit left'), 'extracta.out-of-credits', false],
    [200, { error: 'No credit left' }, 'extracta.out-of-credits', false],
    [403, refused('Forbidden'), 'extracta.forbidden', false],
    [403, undefined, 'extracta.forbidden', true],
    [429, refused('Slow down'), 'extracta.throttled', false],
    [429, undefined, 'extracta.throttled', true],
    [500, refused('Internal server error'), 'extracta.unavailable', true],
    [503, refused('Not enough credits'), 'extracta.unavailable', true],
    [408, refused('Timeout'), 'extracta.reply-unreadable', true],
    [425, refused('Too early'), 'extracta.reply-unreadable', true],
    [499, refused('Closed'), 'extracta.reply-unreadable', true],
    [413, refused('Too large'), 'extracta.too-large', false],
    [413, undefined, 'extracta.reply-unreadable', true],
    [415, refused('Unsupported'), 'extracta.unsupported', false],
    [415, undefined, 'extracta.reply-unreadable', true],
    [400, refused('Batch not found'), 'batch.unknown', false],
    [400, refused('Batch not found in classification'), 'batch.unknown', false],
    [400, refused('Invalid batchId'), 'batch.unknown', false],
    [400, refused('Classification not found'), 'extracta.classification-not-found', false],
    [400, refused('Classification of this batch does not exist'), 'extracta.classification-not-found', false],
    [400, refused("Couldn't find the classification"), 'extracta.classification-not-found', false],
    [404, { error: 'classificationId' }, 'extracta.rejected', false],
    [400, refused('Invalid batch size'), 'extracta.rejected', false],
    [404, refused('no route in batch service'), 'extracta.rejected', false],
    [400, refused('File not found while the batch was opened'), 'extracta.rejected', false],
    [400, refused('The page of this batch does not exist'), 'extracta.rejected', false],
    [400, refused('The classificationId is invalid'), 'extracta.classification-not-found', false],
    [400, refused('Bad file for classification'), 'extracta.rejected', false],
    [404, refused('Not found'), 'extracta.rejected', false],
    [400, { status: 'error' }, 'extracta.rejected', false],
    [400, { message: 5 }, 'extracta.reply-unreadable', true],
    [400, undefined, 'extracta.reply-unreadable', true],
    [200, { status: 'uploaded', message: 'done' }, 'extracta.reply-unreadable', true],
    [200, { message: 'done', files: [] }, 'extracta.reply-unreadable', true],
    [200, { message: 'Files received' }, 'extracta.reply-unreadable', true],
    [200, { success: true, message: 'ok' }, 'extracta.reply-unreadable', true],
    [200, { message: 'No credit left' }, 'extracta.reply-unreadable', true],
    [200, { success: true, error: '' }, 'extracta.reply-unreadable', true],
    [200, { status: 'uploaded', error: 'partly' }, 'extracta.reply-unreadable', true],
    [200, { error: 'Bad file', message: 'see the docs' }, 'extracta.rejected', false],
    [302, refused('Moved'), 'extracta.reply-unreadable', true],
  ])('%i %j is %s; may have arrived: %s', (status, json, code, mayHaveArrived) => {
    expect(failure(status, json)).toMatchObject({ code, httpStatus: status, mayHaveArrived });
  });
});

describe('a reply before the closing boundary', () => {
  it.each([
    [401, 'extracta.unauthorized'],
    [402, 'extracta.out-of-credits'],
    [403, 'extracta.forbidden'],
    [408, 'extracta.reply-unreadable'],
    [413, 'extracta.too-large'],
    [415, 'extracta.unsupported'],
    [429, 'extracta.throttled'],
    [500, 'extracta.unavailable'],
    [404, 'extracta.reply-unreadable'],
  ])('of %i without JSON is %s and surely did not arrive', (status, code) => {
    expect(failure(status, undefined, { closingHandedOver: false })).toMatchObject({
      code,
      mayHaveArrived: false,
    });
  });
});

describe('the translation', () => {
  it('is not misled by what the document is called', () => {
    const fileName = 'credit card of batch not found.pdf';
    const asked = { quotes: [fileName] };
    expect(failure(400, refused(`Cannot read ${fileName}`), asked).code).toBe('extracta.rejected');
  });

  it.each([
    'Batch -Batch not found',
    'Batch "-Batch" of classification (-Class) not found',
    'No batch: -Batch',
  ])('knows what is missing also where its id is quoted: %s', (message) => {
    expect(failure(400, refused(message)).code).toBe('batch.unknown');
  });

  it('reads nothing into an id that was not sent', () => {
    expect(failure(400, refused('Batch not found'), { quotes: ['', '-Class'] }).code).toBe('batch.unknown');
  });

  it('quotes Extracta’s reason, or says that there was none', () => {
    expect(failure(400, refused('Bad file')).message).toBe('Extracta answered 400: Bad file');
    expect(failure(400, { status: 'error' }).message).toBe('Extracta answered 400: no reason given');
    expect(failure(502, undefined).message).toBe(
      'Extracta answered 502 with nothing that is known of its API',
    );
  });

  it('names what broke a request off by its code, else by its name, never by its text', () => {
    const { signal } = new AbortController();
    const coded = Object.assign(new Error('https://secret.example'), { code: 'ECONNRESET' });
    expect(brokenOff(coded, NOTHING_SENT, signal).message).toBe('Extracta could not be reached: ECONNRESET');
    expect(
      brokenOff(new TypeError('sk-1'), { begun: true, closingHandedOver: true }, signal).message,
    ).toContain('no whole answer came: TypeError');
    expect(brokenOff(undefined, NOTHING_SENT, signal).message).toBe('Extracta could not be reached: unknown');
    // A DOMException's code is a number: 20 says nothing to anybody.
    const lost = brokenOff(AbortSignal.abort().reason, { begun: true, closingHandedOver: true }, signal);
    expect(lost.message).toContain('no whole answer came: AbortError');
  });
});

describe('what our own signal breaks off', () => {
  const begun = { begun: true, closingHandedOver: false };
  const broken = new UploaderError('document.unavailable', 'S3 broke off the body');

  it.each([
    ['before the first byte of the document', NOTHING_SENT, 'invocation.ending'],
    ['after it, before the closing boundary', begun, 'upload.out-of-time'],
    ['after the closing boundary', { begun: true, closingHandedOver: true }, 'extracta.reply-lost'],
  ])('%s', (_, sent, code) => {
    const signal = AbortSignal.abort();
    expect(brokenOff(signal.reason, sent, signal).code).toBe(code);
    // The signal breaks the document's body as well, which may be the first to tell.
    expect(brokenOff(broken, sent, signal).code).toBe(code);
  });

  it('hides no other failure that came first', () => {
    const superseded = new UploaderError('document.superseded', 'overwritten');
    expect(brokenOff(superseded, begun, AbortSignal.abort())).toBe(superseded);
    expect(brokenOff(broken, begun, new AbortController().signal)).toBe(broken);
  });
});
