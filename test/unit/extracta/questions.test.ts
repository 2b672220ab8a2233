import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { FILE_URL, failureOf, json, standIn, TOKEN } from './stand-in.ts';

const PAIR = { classificationId: '-Class', batchId: '-Batch' };
const never = new AbortController().signal;
const answering = (status: number, body: unknown) => standIn((_, response) => json(response, status, body));

describe('getResults', () => {
  it('asks for the whole batch and gives back its files, without their links', async () => {
    let asked = '';
    const { extracta } = await standIn(async (request, response) => {
      asked = `${request.method} ${request.url} ${request.headers.authorization} ${await text(request)}`;
      json(response, 200, {
        status: 'success',
        ...PAIR,
        files: [
          {
            fileId: '-A',
            fileName: 'a~1.pdf',
            status: 'processed',
            result: { confidence: 1 },
            url: FILE_URL,
          },
          { fileId: '-B', fileName: 'b~2.pdf', status: null },
        ],
      });
    });
    expect(await extracta.results(PAIR, never)).toEqual({
      kind: 'files',
      files: [
        { fileId: '-A', fileName: 'a~1.pdf', status: 'processed' },
        { fileId: '-B', fileName: 'b~2.pdf' },
      ],
    });
    expect(asked).toBe(
      `POST /some/base/documentClassification/getResults Bearer ${TOKEN} {"classificationId":"-Class","batchId":"-Batch"}`,
    );
  });

  it('knows a batch that is in work', async () => {
    const { extracta } = await answering(200, { status: 'waiting', ...PAIR });
    expect(await extracta.results(PAIR, never)).toEqual({ kind: 'waiting' });
  });

  it.each([
    [400, 'Batch not found'],
    [404, 'No batch of that id'],
    [200, 'The batch does not exist in this classification'],
  ])('knows a batch that is not there (%i, %s)', async (status, message) => {
    const { extracta } = await answering(status, { status: 'error', message });
    expect(await extracta.results(PAIR, never)).toEqual({ kind: 'no-such-batch' });
  });

  it.each([
    ['extracta.classification-not-found', 400, { status: 'error', message: 'Classification not found' }],
    ['extracta.rejected', 400, { error: 'Bad request' }],
    ['extracta.throttled', 429, { message: 'Too many requests' }],
    ['extracta.forbidden', 403, { message: 'Forbidden' }],
    ['extracta.reply-unreadable', 200, { message: 'Batch not found' }],
    ['extracta.unavailable', 500, { status: 'error', message: 'Internal server error' }],
    ['extracta.reply-unreadable', 200, { status: 'success', files: [{ fileId: '-A' }] }],
    ['extracta.reply-unreadable', 200, { status: 'success', batchId: '-Other', files: [] }],
    ['extracta.reply-unreadable', 206, [1]],
    ['extracta.reply-unreadable', 302, { status: 'success', files: [] }],
    ['extracta.reply-unreadable', 404, 'Not Found'],
  ])('throws %s for %i %j', async (code, status, body) => {
    const { extracta } = await answering(status, body);
    expect(await failureOf(extracta.results(PAIR, never))).toMatchObject({ code, mayHaveArrived: false });
  });
});

describe('viewClassification', () => {
  it('sees a classification that the token sees, also where a word comes with it', async () => {
    let asked = '';
    const { extracta } = await standIn(async (request, response) => {
      asked = `${request.method} ${request.url} ${await text(request)}`;
      json(response, 200, { name: 'Invoices', documentTypes: [] });
    });
    expect(await extracta.seesClassification('-Class', never)).toBe(true);
    expect(asked).toBe(
      'POST /some/base/documentClassification/viewClassification {"classificationId":"-Class"}',
    );
    const worded = await answering(200, { status: 'success', message: 'Found', documentTypes: [] });
    expect(await worded.extracta.seesClassification('-Class', never)).toBe(true);
  });

  it('does not see one that Extracta refuses', async () => {
    const { extracta } = await answering(400, { status: 'error', message: 'Classification not found' });
    expect(await extracta.seesClassification('-Class', never)).toBe(false);
  });

  it.each([
    ['extracta.reply-unreadable', 404, '<html>'],
    ['extracta.reply-unreadable', 200, null],
    ['extracta.reply-unreadable', 200, { message: 'Classification not found' }],
    ['extracta.reply-unreadable', 200, { error: '' }],
    ['extracta.rejected', 200, { status: 'error' }],
    ['extracta.rejected', 200, { error: 'Try again' }],
    ['extracta.rejected', 400, { status: 'error', message: 'Batch not found' }],
  ])('throws %s for %i %j rather than guess', async (code, status, body) => {
    const { extracta } = await answering(status, body);
    expect((await failureOf(extracta.seesClassification('-Class', never))).code).toBe(code);
  });
});

describe('a question', () => {
  it('refused with 401 is asked once more with the token read anew', async () => {
    const tokens: (string | undefined)[] = [];
    const { extracta } = await standIn(
      (request, response) => {
        tokens.push(request.headers.authorization);
        if (tokens.length === 1) json(response, 401, { message: 'Invalid API key' });
        else json(response, 200, { status: 'waiting' });
      },
      { token: { get: async () => 'old', refresh: async () => 'new' } },
    );
    expect(await extracta.results(PAIR, never)).toEqual({ kind: 'waiting' });
    expect(tokens).toEqual(['Bearer old', 'Bearer new']);
  });

  it.each([
    [401, 'extracta.unauthorized'],
    [403, 'extracta.forbidden'],
  ])('refused with %i is not asked again with the same token, nor a third time', async (status, code) => {
    for (const [renewed, posts] of [
      ['old', 1],
      ['new', 2],
    ] as const) {
      let asked = 0;
      const { extracta } = await standIn(
        (_, response) => {
          asked += 1;
          json(response, status, { message: 'Invalid API key' });
        },
        { token: { get: async () => 'old', refresh: async () => renewed } },
      );
      expect((await failureOf(extracta.results(PAIR, never))).code).toBe(code);
      expect(asked).toBe(posts);
    }
  });

  it('without an answer ends as `extracta.unreachable`, or as `invocation.ending` where we broke it off', async () => {
    const reset = await standIn((request) => void request.socket.resetAndDestroy());
    expect((await failureOf(reset.extracta.results(PAIR, never))).code).toBe('extracta.unreachable');
    const abort = new AbortController();
    const silent = await standIn(() => abort.abort());
    expect((await failureOf(silent.extracta.results(PAIR, abort.signal))).code).toBe('invocation.ending');
  });
});
