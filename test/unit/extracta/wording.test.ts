import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { missingThing, quotable, saysOutOfCredits } from '../../../lib/extracta/wording.ts';

describe('a quoted message', () => {
  it.each([
    'https://storage.example.com/x?Signature=abc',
    '(see:http://x.example/1)',
    '//x.example/1',
    'storage.example.com/bucket/file',
    'storage.example.com:8080/file',
    'https%3A%2F%2Fx.example%2F1',
    'https:\\/\\/x.example',
    'x?Expires=4102444800',
  ])('holds no link: %s', (link) => {
    expect(quotable(`File ${link} failed`, 'sk-1')).toBe('File [link] failed');
  });

  it('holds no token, no control characters and no line ends', () => {
    expect(quotable('Key sk-1\r\n\u001b[31mis\0wrong\u0085', 'sk-1')).toBe('Key [token] [31mis wrong');
    expect(quotable('a\tb', '')).toBe('a b');
  });

  it('is short, and whole up to where it is cut', () => {
    expect(quotable('é'.repeat(300), 't')).toBe('é'.repeat(300));
    expect(quotable(`${'a'.repeat(299)}😀`, 't')).toBe(`${'a'.repeat(299)}\ufffd…`);
  });

  it('never holds the token, wherever it stands', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (before, after) => {
        expect(quotable(`${before}sk-live-9${after}`, 'sk-live-9')).not.toContain('sk-live-9');
      }),
    );
  });
});

describe('an empty account', () => {
  it.each([
    'No credit left',
    'You do not have enough credits',
    'Not enough pages',
    'Not enough remaining pages',
    'insufficient balance',
    'Insufficient page balance',
    'Your balance is insufficient',
  ])('is told by %j', (message) => expect(saysOutOfCredits(message)).toBe(true));

  it.each([
    'Not enough text in document',
    'Not enough text to tell its pages apart',
    'Insufficient permissions',
    'Insufficient image quality on 3 pages',
    'The document is not balanced enough',
    'accredited',
  ])('is not told by %j', (message) => expect(saysOutOfCredits(message)).toBe(false));
});

describe('what is missing', () => {
  it.each([
    ['Batch not found', 'batch'],
    ['batchId not found', 'batch'],
    ['Batch_id was not found!', 'batch'],
    ['The batch could not be found', 'batch'],
    ['Batch can’t be found', 'batch'],
    ["This batch doesn't exist in the classification", 'batch'],
    ['Batch not exists', 'batch'],
    ['The batch no longer exists.', 'batch'],
    ['No batch of that id', 'batch'],
    ['no such batch', 'batch'],
    ['Cannot find the specified batch, try again', 'batch'],
    ['Unable to find batch', 'batch'],
    ['Unknown batch ID', 'batch'],
    ['Nonexistent batch', 'batch'],
    ['Invalid batch id', 'batch'],
    ['batch_id is invalid', 'batch'],
    ['Batch id is not valid', 'batch'],
    ['Batch of this classification not found', 'batch'],
    ['Batch not found in classification', 'batch'],
    ['Classification not found for batch', 'classification'],
    ['Classification of this batch does not exist', 'classification'],
    ['classification is unknown', 'classification'],
  ])('in %j is the %s', (message, thing) => expect(missingThing(message)).toBe(thing));

  it.each([
    'Invalid batch size',
    'Batch is invalid',
    'Unknown batch mode',
    'no route in batch service',
    'No batch size given',
    'Batch upload failed: file not found',
    'Bad file for classification. Page not found',
    'The page of this batch does not exist',
    'batch',
    'Not found',
    'Subbatch not found',
  ])('is not told by %j', (message) => expect(missingThing(message)).toBeUndefined());
});

it('reads a refusal no further than its beginning', () => {
  expect(saysOutOfCredits(`${'x'.repeat(1900)} no credits`)).toBe(true);
  expect(saysOutOfCredits(`${'x'.repeat(2000)} no credits`)).toBe(false);
});
