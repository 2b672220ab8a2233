import { describe, expect, it } from 'vitest';
import { resultsAnswer, uploadedFile } from '../../../lib/extracta/replies.ts';
import { retryAfterMs } from '../../../lib/extracta/retry-after.ts';
import { UPLOADED } from './stand-in.ts';

const uploaded = (changes: object, status = 200) =>
  uploadedFile({ status, headers: {}, json: { ...UPLOADED, ...changes } }, '-Asked');

describe('an answer to an upload', () => {
  it('needs no more than a batch and a file', () => {
    const bare = { classificationId: undefined, files: [{ fileId: '-File' }] };
    expect(uploaded(bare)).toEqual({
      classificationId: '-Asked',
      batchId: '-Batch',
      fileId: '-File',
      fileName: '',
    });
  });

  it('is not lost for a page count or a name of another kind', () => {
    for (const numberOfPages of [null, 'three', -1, 1.5])
      expect(uploaded({ files: [{ fileId: '-File', fileName: null, numberOfPages }] })).toEqual({
        classificationId: '-Class',
        batchId: '-Batch',
        fileId: '-File',
        fileName: '',
      });
    expect(uploaded({ files: [{ fileId: '-File', numberOfPages: 0 }] })?.numberOfPages).toBe(0);
  });

  it.each([
    [{ status: 'success' }],
    [{ batchId: '' }],
    [{ batchId: 7 }],
    // The ledger's mark of a batch that nobody knows.
    [{ batchId: '?' }],
    [{ files: [] }],
    [{ files: undefined }],
    [{ files: [{ fileId: '' }] }],
    [{ files: [{ fileId: '-A' }, { fileId: '-B' }] }],
  ])('is none with %j', (changes) => {
    expect(uploaded(changes)).toBeUndefined();
  });

  it('is none unless its status is 2xx', () => {
    expect(uploaded({}, 201)).toBeDefined();
    for (const status of [300, 404, 500]) expect(uploaded({}, status)).toBeUndefined();
  });
});

describe('an answer to getResults', () => {
  it.each(['waiting', 'processing', 'pending'])('may be %s', (status) => {
    const pair = { classificationId: '-C', batchId: '-B' };
    expect(resultsAnswer({ status: 200, headers: {}, json: { status } }, pair)).toEqual({ kind: 'waiting' });
  });
});

describe('Retry-After', () => {
  const date = 'Wed, 21 Oct 2026 07:28:00 GMT';
  it.each([
    [{}, undefined],
    [{ 'retry-after': '0' }, 0],
    [{ 'retry-after': ' 120 ' }, 120_000],
    [{ 'retry-after': 'soon' }, undefined],
    [{ 'retry-after': '-5' }, undefined],
    [{ 'retry-after': 'soon GMT' }, undefined],
    [{ 'retry-after': date }, 60_000],
    [{ 'retry-after': date, date: 'Wed, 21 Oct 2026 07:27:30 GMT' }, 30_000],
    [{ 'retry-after': date, date: 'Wed, 21 Oct 2026 07:29:00 GMT' }, 0],
    [{ 'retry-after': date, date: 'nonsense' }, 60_000],
  ])('%j is %s ms', (headers, expected) => {
    expect(retryAfterMs(headers, Date.parse(date) - 60_000)).toBe(expected);
  });
});
