import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { UploaderError } from '../../../lib/pipeline/failures.ts';
import {
  clientOf,
  FILE_URL,
  failureOf,
  json,
  openBody,
  type ReceivedForm,
  received,
  sha256,
  standIn,
  stoppedClock,
  TOKEN,
  UPLOADED,
  uploadOf,
} from './stand-in.ts';

const PDF = Buffer.from('%PDF-1.7\n%\xe2\xe3\xcf\xd3\nhello', 'latin1');
const LARGE = Buffer.alloc(8 * 1024 * 1024, 'extracta');
const contentType = (request: IncomingMessage) => request.headers['content-type'] ?? '';
/** Reads the whole body, so that an answer comes after the closing boundary. */
const readAll = (request: IncomingMessage) => new Promise((resolve) => request.on('end', resolve).resume());
/** Begins to read, and goes on only as far as the buffers do. */
const firstBytes = (request: IncomingMessage) =>
  new Promise<void>((resolve) => {
    request.once('data', () => {
      request.pause();
      resolve();
    });
  });
const connections = (server: {
  getConnections(done: (error: Error | null, count: number) => void): unknown;
}) => new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)));

describe('an upload', () => {
  it('POSTs to uploadFiles under the base URL, never to deleteFiles, with the documented header, fields and length', async () => {
    let line = '';
    let headers: IncomingMessage['headers'] = {};
    let form: ReceivedForm | undefined;
    let bodyBytes = 0;
    const { extracta, server, allClosed } = await standIn(async (request, response) => {
      line = `${request.method} ${request.url}`;
      headers = request.headers;
      request.on('data', (chunk) => {
        bodyBytes += chunk.length;
      });
      form = await received(request, contentType(request));
      json(response, 200, UPLOADED);
    });
    const request = uploadOf(PDF);
    const file = await extracta.upload(request);
    expect(line).toBe('POST /some/base/documentClassification/uploadFiles');
    expect(headers.authorization).toBe(`Bearer ${TOKEN}`);
    expect(headers['transfer-encoding']).toBeUndefined();
    expect(Number(headers['content-length'])).toBe(bodyBytes);
    expect(form).toEqual({
      order: ['classificationId', 'batchId', 'files'],
      fields: { classificationId: '-Class', batchId: '-Batch' },
      fileName: 'a~abc.pdf',
      mimeType: 'application/pdf',
      sha256: sha256(PDF),
    });
    expect(file).toEqual({
      classificationId: '-Class',
      batchId: '-Batch',
      fileId: '-File',
      fileName: 'a.pdf',
      numberOfPages: 3,
    });
    expect(request.body.destroyed).toBe(true);
    await allClosed();
    expect(await connections(server)).toBe(0);
  });

  it('names no batch where there is none, and brings a large document through whole', async () => {
    let form: ReceivedForm | undefined;
    const { extracta } = await standIn(async (request, response) => {
      form = await received(request, contentType(request));
      json(response, 200, UPLOADED);
    });
    await extracta.upload(uploadOf(LARGE, { batchId: undefined }));
    expect(form?.order).toEqual(['classificationId', 'files']);
    expect(form?.sha256).toBe(sha256(LARGE));
  });

  it('keeps Extracta’s file url out of what it returns', async () => {
    const { extracta } = await standIn(async (request, response) => {
      await readAll(request);
      json(response, 200, UPLOADED);
    });
    expect(JSON.stringify(await extracta.upload(uploadOf(PDF)))).not.toContain('storage.example.com');
  });

  it('runs many at once, each over a connection of its own, and leaves none behind', async () => {
    const waiting: (() => void)[] = [];
    const { extracta, server, allClosed } = await standIn(async (request, response) => {
      await readAll(request);
      waiting.push(() => json(response, 200, UPLOADED));
      if (waiting.length === 5) for (const answer of waiting) answer();
    });
    await Promise.all(Array.from({ length: 5 }, () => extracta.upload(uploadOf(PDF))));
    await allClosed();
    expect(await connections(server)).toBe(0);
  });
});

describe('a refusal', () => {
  it('is heard while the body is still being sent, and stops it', async () => {
    const { extracta } = await standIn(async (request, response) => {
      await firstBytes(request);
      json(response, 413, { status: 'error', message: 'File too large' });
    });
    const body = openBody(LARGE);
    const failure = await failureOf(extracta.upload(uploadOf(LARGE, { body, sizeBytes: LARGE.length * 2 })));
    expect(failure).toMatchObject({ code: 'extracta.too-large', httpStatus: 413, mayHaveArrived: false });
    expect(body.closed).toBe(true);
  });

  it('that is no JSON proves that it did not arrive only before the closing boundary', async () => {
    const early = await standIn(async (request, response) => {
      await firstBytes(request);
      response.writeHead(413).end('<h1>Too large</h1>');
    });
    const earlyFailure = await failureOf(
      early.extracta.upload(uploadOf(LARGE, { body: openBody(LARGE), sizeBytes: LARGE.length + 1 })),
    );
    expect(earlyFailure).toMatchObject({ code: 'extracta.too-large', mayHaveArrived: false });
    const late = await standIn(async (request, response) => {
      await readAll(request);
      response.writeHead(413).end('<h1>Too large</h1>');
    });
    const lateFailure = await failureOf(late.extracta.upload(uploadOf(PDF)));
    expect(lateFailure).toMatchObject({ code: 'extracta.reply-unreadable', mayHaveArrived: true });
  });

  it('tells an unknown batch only where we named one', async () => {
    const { extracta } = await standIn(async (request, response) => {
      await readAll(request);
      json(response, 400, { status: 'error', message: 'Batch not found' });
    });
    expect((await failureOf(extracta.upload(uploadOf(PDF)))).code).toBe('batch.unknown');
    expect((await failureOf(extracta.upload(uploadOf(PDF, { batchId: undefined })))).code).toBe(
      'extracta.rejected',
    );
  });

  it('of a 200 with status error is a failure that took nothing', async () => {
    const { extracta } = await standIn(async (request, response) => {
      await readAll(request);
      json(response, 200, { status: 'error', message: `Not enough credits, see ${FILE_URL} for ${TOKEN}` });
    });
    const failure = await failureOf(extracta.upload(uploadOf(PDF)));
    expect(failure).toMatchObject({ code: 'extracta.out-of-credits', mayHaveArrived: false });
    expect(failure.message).toBe('Extracta answered 200: Not enough credits, see [link] for [token]');
  });

  it('with 429 says how long to wait', async () => {
    const { extracta } = await standIn(async (request, response) => {
      await readAll(request);
      json(response, 429, { status: 'error', message: 'Slow down' }, { 'retry-after': '7' });
    });
    const failure = await failureOf(extracta.upload(uploadOf(PDF)));
    expect(failure).toMatchObject({ code: 'extracta.throttled', retryAfterMs: 7000, mayHaveArrived: false });
  });
});

describe('a 401', () => {
  const refusing = { status: 'error', message: 'Invalid API key' };
  const unauthorized = async (refresh: () => Promise<string>, status = 401) => {
    let posts = 0;
    const { extracta } = await standIn(
      async (request, response) => {
        posts += 1;
        await readAll(request);
        if (status === 403) response.writeHead(403).end('Forbidden');
        else json(response, status, refusing);
      },
      { token: { get: async () => TOKEN, refresh } },
    );
    const failure = await failureOf(extracta.upload(uploadOf(PDF)));
    expect(posts).toBe(1);
    return failure;
  };

  it('with the token that still holds is `extracta.unauthorized`', async () => {
    expect(await unauthorized(async () => TOKEN)).toMatchObject({
      code: 'extracta.unauthorized',
      mayHaveArrived: false,
    });
  });

  it('with a token that was rotated meanwhile is `extracta.token-rotated`', async () => {
    const failure = await unauthorized(async () => 'a new one');
    expect(failure).toMatchObject({ code: 'extracta.token-rotated', httpStatus: 401, mayHaveArrived: false });
  });

  it('stays what it is where the secret can’t be read again', async () => {
    const failure = await unauthorized(() =>
      Promise.reject(new UploaderError('secret.unavailable', 'throttled')),
    );
    expect(failure.code).toBe('extracta.unauthorized');
  });

  it('as a 403 is `extracta.forbidden`, which may be about this document alone, unless the token was rotated', async () => {
    expect(await unauthorized(async () => TOKEN, 403)).toMatchObject({
      code: 'extracta.forbidden',
      mayHaveArrived: true,
    });
    expect(await unauthorized(async () => 'new', 403)).toMatchObject({
      code: 'extracta.token-rotated',
      mayHaveArrived: true,
    });
  });
});

describe('an answer that is not Extracta’s', () => {
  it.each([
    ['HTML', 200, '<html>'],
    ['garbage', 200, '\0\x01{'],
    ['nothing', 200, ''],
    ['two files', 200, JSON.stringify({ ...UPLOADED, files: [...UPLOADED.files, ...UPLOADED.files] })],
    ['another status', 200, JSON.stringify({ ...UPLOADED, status: 'queued', message: 'soon' })],
    ['HTML with a 404', 404, '<html>'],
    ['a refusal with a 408', 408, '{"status":"error","message":"timeout"}'],
  ])('(%s) leaves open whether the document arrived', async (_, status, body) => {
    const { extracta } = await standIn(async (request, response) => {
      await readAll(request);
      response.writeHead(status).end(body);
    });
    const failure = await failureOf(extracta.upload(uploadOf(PDF)));
    expect(failure).toMatchObject({
      code: 'extracta.reply-unreadable',
      httpStatus: status,
      mayHaveArrived: true,
    });
  });

  it('of 5xx leaves it open whatever its body', async () => {
    const { extracta } = await standIn(async (request, response) => {
      await readAll(request);
      json(response, 500, { status: 'error', message: 'Internal server error' });
    });
    const failure = await failureOf(extracta.upload(uploadOf(PDF)));
    expect(failure).toMatchObject({ code: 'extracta.unavailable', mayHaveArrived: true });
  });

  it('is not followed to where it redirects', async () => {
    const paths: (string | undefined)[] = [];
    const { extracta } = await standIn(async (request, response) => {
      paths.push(request.url);
      await readAll(request);
      response.writeHead(307, { location: '/elsewhere' }).end();
    });
    const failure = await failureOf(extracta.upload(uploadOf(PDF)));
    expect(failure).toMatchObject({
      code: 'extracta.reply-unreadable',
      httpStatus: 307,
      mayHaveArrived: true,
    });
    expect(paths).toEqual(['/some/base/documentClassification/uploadFiles']);
  });

  it.each([200, 500])(
    'of 100 MB with a %i is not read to its end, and its connection is closed',
    async (status) => {
      let sentBytes = 0;
      const { extracta } = await standIn(async (request, response) => {
        await readAll(request);
        const piece = Buffer.alloc(64 * 1024, '[');
        const endless = Readable.from(
          (function* () {
            for (; sentBytes < 100 * 1024 * 1024; sentBytes += piece.length) yield piece;
          })(),
        );
        response.writeHead(status);
        endless.pipe(response);
        closed = new Promise((resolve) => request.socket.once('close', resolve));
      });
      let closed: Promise<unknown> = Promise.resolve();
      const failure = await failureOf(extracta.upload(uploadOf(PDF)));
      expect(failure.code).toBe(status === 200 ? 'extracta.reply-unreadable' : 'extracta.unavailable');
      expect(failure.mayHaveArrived).toBe(true);
      await closed;
      expect(sentBytes).toBeLessThan(50 * 1024 * 1024);
    },
  );

  it('that comes before the document is whole is not believed', async () => {
    const { extracta } = await standIn(async (request, response) => {
      await firstBytes(request);
      json(response, 200, UPLOADED);
    });
    const body = openBody(PDF);
    const failure = await failureOf(extracta.upload(uploadOf(PDF, { body, sizeBytes: PDF.length + 1 })));
    expect(failure).toMatchObject({ code: 'extracta.reply-unreadable', mayHaveArrived: false });
  });
});

describe('a broken line', () => {
  it('before the closing boundary is `extracta.unreachable`', async () => {
    const { extracta } = await standIn(async (request) => {
      await firstBytes(request);
      request.socket.resetAndDestroy();
    });
    const body = openBody(PDF);
    const failure = await failureOf(extracta.upload(uploadOf(PDF, { body, sizeBytes: PDF.length + 1 })));
    expect(failure).toMatchObject({ code: 'extracta.unreachable', mayHaveArrived: false });
    expect(body.closed).toBe(true);
  });

  it('after it is `extracta.reply-lost`, also in the middle of the answer', async () => {
    const reset = await standIn(async (request) => {
      await readAll(request);
      request.socket.resetAndDestroy();
    });
    expect(await failureOf(reset.extracta.upload(uploadOf(PDF)))).toMatchObject({
      code: 'extracta.reply-lost',
      mayHaveArrived: true,
    });
    const half = await standIn(async (request, response) => {
      await readAll(request);
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{"status":"uploa', () => request.socket.destroy());
    });
    expect((await failureOf(half.extracta.upload(uploadOf(PDF)))).code).toBe('extracta.reply-lost');
  });

  it('that was never made is `extracta.no-connection`', async () => {
    const { server, baseUrl } = await standIn(() => {});
    await new Promise((resolve) => server.close(resolve));
    const extracta = clientOf(baseUrl, stoppedClock());
    const body = openBody(PDF);
    const failure = await failureOf(extracta.upload(uploadOf(PDF, { body })));
    expect(failure).toMatchObject({ code: 'extracta.no-connection', mayHaveArrived: false });
    expect(failure.message).toContain('ECONNREFUSED');
    expect(body.closed).toBe(true);
    await extracta.close();
  });

  it('that stays silent after the body is `extracta.reply-lost`', async () => {
    const { extracta } = await standIn((request) => readAll(request), { timeouts: { answerMs: 50 } });
    const failure = await failureOf(extracta.upload(uploadOf(PDF)));
    expect(failure.code).toBe('extracta.reply-lost');
    expect(failure.message).toContain('UND_ERR_HEADERS_TIMEOUT');
  });

  it('whose other end stops reading in the body is `extracta.unreachable`', async () => {
    const { extracta } = await standIn((request) => firstBytes(request), { timeouts: { answerMs: 50 } });
    const body = openBody(LARGE);
    const failure = await failureOf(extracta.upload(uploadOf(LARGE, { body, sizeBytes: LARGE.length + 1 })));
    expect(failure).toMatchObject({ code: 'extracta.unreachable', mayHaveArrived: false });
  });
});

describe('an abort', () => {
  it('after a byte of the document, before the closing boundary, breaks the body off: `upload.out-of-time`', async () => {
    const abort = new AbortController();
    let serverSaw: Promise<unknown> | undefined;
    const { extracta } = await standIn(async (request) => {
      serverSaw = new Promise((resolve) => request.once('close', () => resolve(request.complete)));
      await firstBytes(request);
      abort.abort(new UploaderError('ledger.throttled', 'a reason of another kind'));
      request.resume();
    });
    const body = openBody(LARGE);
    const upload = extracta.upload(
      uploadOf(LARGE, { body, sizeBytes: LARGE.length + 1, signal: abort.signal }),
    );
    expect(await failureOf(upload)).toMatchObject({ code: 'upload.out-of-time', mayHaveArrived: false });
    expect(body.closed).toBe(true);
    expect(await serverSaw).toBe(false);
  });

  it('after it is `extracta.reply-lost`', async () => {
    const abort = new AbortController();
    const { extracta, server, allClosed } = await standIn(async (request) => {
      await readAll(request);
      abort.abort();
    });
    const failure = await failureOf(extracta.upload(uploadOf(PDF, { signal: abort.signal })));
    expect(failure).toMatchObject({ code: 'extracta.reply-lost', mayHaveArrived: true });
    await allClosed();
    expect(await connections(server)).toBe(0);
  });

  it('before the document gave a byte took nothing of its time: `invocation.ending`', async () => {
    const abort = new AbortController();
    const { extracta } = await standIn(async (request) => {
      await firstBytes(request);
      abort.abort();
    });
    const body = new Readable({ read() {} });
    const upload = extracta.upload(uploadOf(PDF, { body, signal: abort.signal }));
    expect(await failureOf(upload)).toMatchObject({ code: 'invocation.ending', mayHaveArrived: false });
    expect(body.closed).toBe(true);
  });

  it('before anything began sends nothing', async () => {
    let requests = 0;
    const { extracta } = await standIn(() => {
      requests += 1;
    });
    const body = openBody(PDF);
    const failure = await failureOf(extracta.upload(uploadOf(PDF, { body, signal: AbortSignal.abort() })));
    expect(failure.code).toBe('invocation.ending');
    expect(body.closed).toBe(true);
    expect(requests).toBe(0);
  });

  it('while there is no connection yet ends at once, and the connection, once made, carries nothing', async () => {
    let requests = 0;
    const abort = new AbortController();
    const { extracta, server } = await standIn(() => {
      requests += 1;
    });
    const connected = new Promise((resolve) =>
      server.once('connection', (socket) => socket.once('close', () => resolve(undefined))),
    );
    const body = openBody(PDF);
    const upload = extracta.upload(uploadOf(PDF, { body, signal: abort.signal }));
    await Promise.resolve();
    await Promise.resolve();
    abort.abort();
    expect((await failureOf(upload)).code).toBe('invocation.ending');
    expect(body.closed).toBe(true);
    await connected;
    expect(requests).toBe(0);
  });
});

describe('a document', () => {
  it('that stalls is broken off while it is sent', async () => {
    const { extracta, clock } = await standIn(
      async (request) => {
        await firstBytes(request);
        clock.advance(5000);
        clock.advance(5000);
      },
      { timeouts: { idleSourceMs: 5000 } },
    );
    const failure = await failureOf(extracta.upload(uploadOf(PDF, { body: openBody(PDF), sizeBytes: 1000 })));
    expect(failure.code).toBe('document.stalled');
  });

  it('that is shorter or longer than promised never becomes a whole request', async () => {
    const complete: boolean[] = [];
    const { extracta } = await standIn((request) => {
      request
        .resume()
        .on('error', () => {})
        .once('close', () => complete.push(request.complete));
    });
    for (const sizeBytes of [PDF.length + 1, PDF.length - 1]) {
      const failure = await failureOf(extracta.upload(uploadOf(PDF, { sizeBytes })));
      expect(failure).toMatchObject({ code: 'document.size-mismatch', mayHaveArrived: false });
    }
    expect(complete).not.toContain(true);
  });

  it('that breaks while the token is fetched is reported as what broke, and nothing is sent', async () => {
    let requests = 0;
    const body = openBody(PDF);
    const token = async () => {
      body.destroy(new UploaderError('document.throttled', 'slow down'));
      await new Promise((resolve) => body.once('close', resolve));
      return TOKEN;
    };
    const { extracta } = await standIn(() => requests++, { token: { get: token, refresh: token } });
    const failure = await failureOf(extracta.upload(uploadOf(PDF, { body })));
    expect(failure.code).toBe('document.throttled');
    expect(requests).toBe(0);
  });

  it('is let go where the token can’t be had', async () => {
    const { extracta } = await standIn(() => {}, {
      token: {
        get: () => Promise.reject(new UploaderError('secret.unavailable', 'no')),
        refresh: () => Promise.reject(new Error('never asked')),
      },
    });
    const body = openBody(PDF);
    expect((await failureOf(extracta.upload(uploadOf(PDF, { body })))).code).toBe('secret.unavailable');
    expect(body.closed).toBe(true);
  });

  it('is not sent with a token that no header can carry, nor is that token told', async () => {
    const token = async () => 'secret\nvalue';
    const { extracta } = await standIn(() => {}, { token: { get: token, refresh: token } });
    const failure = await failureOf(extracta.upload(uploadOf(PDF)));
    expect(failure).toMatchObject({ code: 'extracta.unauthorized', mayHaveArrived: false });
    expect(`${failure.message} ${failure.stack} ${String(failure.cause)}`).not.toContain('secret');
  });
});
