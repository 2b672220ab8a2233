import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { createDocumentSource } from '../../../lib/aws/documents.ts';
import { UploaderError } from '../../../lib/pipeline/failures.ts';
import type { Arrival } from '../../../lib/pipeline/model.ts';
import type { DocumentSource } from '../../../lib/pipeline/ports.ts';
import { connectedTo } from './connected.ts';
import { type Answer, dropped, nobodysUrl, type StandIn, startStandIn } from './stand-in.ts';

const never = new AbortController().signal;
const unversioned: Arrival = { bucket: 'inbox', key: 'a b/ü.pdf', eTag: 'abc-3', eventTimeMs: 1 };
const BUCKET = '/inbox/';
const versioned: Arrival = { ...unversioned, versionId: 'v/1+2' };

let standIn: StandIn;
afterEach(() => standIn.close());

async function sourceThat(answer: Parameters<typeof startStandIn>[0]): Promise<DocumentSource> {
  standIn = await startStandIn(answer);
  return createDocumentSource({ client: connectedTo({ s3: standIn.url }).s3 });
}

const found = (headers: Record<string, string> = {}): Answer => ({
  status: 200,
  headers: { etag: '"abc-3"', 'content-length': '4', ...headers },
});

const refusal = (status: number, code?: string): Answer => ({
  status,
  headers: { 'content-type': 'application/xml' },
  body: code === undefined ? '' : `<Error><Code>${code}</Code><Message>as told</Message></Error>`,
});

const streamed = (headers: Record<string, string>) => () => ({ ...found(headers), body: 'body' });

describe('every read is pinned', () => {
  test('to the version, where the arrival names one', async () => {
    const source = await sourceThat(streamed({}));
    await source.describe(versioned, never);
    (await source.open(versioned, never)).body.resume();
    expect(standIn.requests.map(({ method }) => method)).toEqual(['HEAD', 'GET']);
    for (const { path, query, headers } of standIn.requests) {
      expect(path).toBe('/inbox/a b/ü.pdf');
      expect(query.get('versionId')).toBe('v/1+2');
      expect(headers['if-match']).toBeUndefined();
    }
  });

  test('else to the ETag, quoted', async () => {
    const source = await sourceThat(streamed({}));
    await source.describe(unversioned, never);
    (await source.open(unversioned, never)).body.resume();
    expect(standIn.requests).toHaveLength(2);
    for (const { query, headers } of standIn.requests) {
      expect(headers['if-match']).toBe('"abc-3"');
      expect(query.has('versionId')).toBe(false);
    }
  });

  test('except the look at what lies there now', async () => {
    const modified = { 'last-modified': 'Thu, 01 Jan 2026 00:00:07 GMT', 'x-amz-version-id': 'v9' };
    const source = await sourceThat(() => found(modified));
    expect(await source.present('inbox', 'a b/ü.pdf', never)).toEqual({
      bucket: 'inbox',
      key: 'a b/ü.pdf',
      versionId: 'v9',
      eTag: 'abc-3',
      sizeBytes: 4,
      eventTimeMs: Date.UTC(2026, 0, 1, 0, 0, 7),
    });
    expect(standIn.requests[0]?.headers['if-match']).toBeUndefined();
    expect(standIn.requests[0]?.query.has('versionId')).toBe(false);
  });

  test('no checksum is asked for, which S3 would answer with one that costs twice the CPU', async () => {
    const source = await sourceThat(streamed({}));
    (await source.open(unversioned, never)).body.resume();
    expect(standIn.requests[0]?.headers['x-amz-checksum-mode']).toBeUndefined();
  });
});

test('the version `null` of a bucket whose versioning was switched off is no version', async () => {
  const source = await sourceThat(() => found({ 'x-amz-version-id': 'null' }));
  expect(await source.present('inbox', 'k', never)).not.toHaveProperty('versionId');
});

test('an ETag is bare, also where the server calls it weak, and an empty version is none', async () => {
  const source = await sourceThat(() => found({ etag: 'W/"abc-3"', 'x-amz-version-id': '' }));
  expect(await source.present('inbox', 'k', never)).toMatchObject({ eTag: 'abc-3' });
  expect(await source.present('inbox', 'k', never)).not.toHaveProperty('versionId');
  await expect(source.describe(unversioned, never)).resolves.toMatchObject({ sizeBytes: 4 });
});

test('what has neither ETag nor version can’t be named, so it is no arrival', async () => {
  const source = await sourceThat(() => ({ status: 200, headers: { 'content-length': '4' } }));
  expect(await source.present('inbox', 'k', never)).toBeUndefined();
});

test('a version alone names what lies there', async () => {
  const headers = { 'content-length': '4', 'x-amz-version-id': 'v9' };
  const source = await sourceThat(() => ({ status: 200, headers }));
  expect(await source.present('inbox', 'k', never)).toMatchObject({ versionId: 'v9', eTag: '' });
});

test('a server that ignores the pin and answers with other content is not believed', async () => {
  const source = await sourceThat(streamed({ etag: '"another"' }));
  await expect(source.describe(unversioned, never)).rejects.toMatchObject({ code: 'document.superseded' });
  await expect(source.open(unversioned, never)).rejects.toMatchObject({ code: 'document.superseded' });
});

describe('what S3 refuses with becomes', () => {
  test.each<[string, Answer, object]>([
    ['gone', refusal(404, 'NoSuchKey'), { code: 'document.gone', httpStatus: 404 }],
    ['gone', refusal(404, 'NoSuchVersion'), { code: 'document.gone', httpStatus: 404 }],
    ['gone', refusal(405, 'MethodNotAllowed'), { code: 'document.gone', httpStatus: 405 }],
    ['superseded', refusal(412, 'PreconditionFailed'), { code: 'document.superseded', httpStatus: 412 }],
    ['access denied', refusal(403, 'AccessDenied'), { code: 'document.access-denied', httpStatus: 403 }],
    ['throttled', refusal(503, 'SlowDown'), { code: 'document.throttled', httpStatus: 503 }],
    ['throttled', refusal(429, 'TooManyRequests'), { code: 'document.throttled', httpStatus: 429 }],
    ['unavailable', refusal(500, 'InternalError'), { code: 'document.unavailable', httpStatus: 500 }],
    ['unavailable', refusal(404, 'NoSuchBucket'), { code: 'document.unavailable', httpStatus: 404 }],
    ['unavailable', refusal(400, 'InvalidArgument'), { code: 'document.unavailable', httpStatus: 400 }],
  ])('%s when it is opened (%j)', async (_, answer, failure) => {
    const source = await sourceThat(() => answer);
    await expect(source.open(versioned, never)).rejects.toMatchObject({ name: 'UploaderError', ...failure });
  });

  test.each([
    [404, 'document.gone'],
    [405, 'document.gone'],
    [412, 'document.superseded'],
    [403, 'document.access-denied'],
    [503, 'document.throttled'],
    [500, 'document.unavailable'],
  ])('a failure by its status alone when it is described: %d is %s', async (status, code) => {
    const source = await sourceThat(({ path }) => refusal(path === BUCKET ? 200 : status));
    await expect(source.describe(versioned, never)).rejects.toMatchObject({ name: 'UploaderError', code });
  });

  test('nothing, when something is looked for and not there; a failure, when it cannot be told', async () => {
    let status = 404;
    const source = await sourceThat(({ path }) => refusal(path === BUCKET ? 200 : status));
    expect(await source.present('inbox', 'k', never)).toBeUndefined();
    status = 403;
    await expect(source.present('inbox', 'k', never)).rejects.toMatchObject({
      code: 'document.access-denied',
    });
  });

  test('unavailable, when the connection drops or nobody listens', async () => {
    const source = await sourceThat(dropped);
    await expect(source.describe(versioned, never)).rejects.toMatchObject({ code: 'document.unavailable' });
    const { s3 } = connectedTo({ s3: await nobodysUrl() });
    const unreachable = createDocumentSource({ client: s3 }).open(versioned, never);
    await expect(unreachable).rejects.toMatchObject({ code: 'document.unavailable' });
  });
});

describe('a HEAD that answers 404, which has no body to say what is missing', () => {
  const heads = () => standIn.requests.map(({ method, path }) => `${method} ${path}`);

  test.each([
    [200, 'document.gone'],
    // Whoever may not look at the bucket still learns that there is one.
    [403, 'document.gone'],
    [404, 'document.unavailable'],
    [500, 'document.unavailable'],
    [503, 'document.throttled'],
  ])('is confirmed by the bucket, once: its %d makes it %s', async (status, code) => {
    const source = await sourceThat(({ path }) => refusal(path === BUCKET ? status : 404));
    await expect(source.describe(versioned, never)).rejects.toMatchObject({ name: 'UploaderError', code });
    expect(heads()).toEqual(['HEAD /inbox/a b/ü.pdf', `HEAD ${BUCKET}`]);
  });

  test('where the bucket is missing there is no telling what lies there', async () => {
    const source = await sourceThat(() => refusal(404));
    const failure = expect.objectContaining({
      code: 'document.unavailable',
      message: expect.stringContaining('inbox'),
    });
    await expect(source.present('inbox', 'k', never)).rejects.toEqual(failure);
  });

  test('asks nothing more where a delete marker told it', async () => {
    const source = await sourceThat(() => refusal(405));
    await expect(source.describe(versioned, never)).rejects.toMatchObject({ code: 'document.gone' });
    expect(heads()).toHaveLength(1);
  });
});

describe('what our own signal breaks off is no failure of the document’s', () => {
  test.each<[string, (source: DocumentSource, signal: AbortSignal) => Promise<unknown>]>([
    ['described', (source, signal) => source.describe(versioned, signal)],
    ['opened', (source, signal) => source.open(versioned, signal)],
    ['looked for', (source, signal) => source.present('inbox', 'k', signal)],
  ])('while it is %s', async (_, ask) => {
    const outOfTime = new AbortController();
    const source = await sourceThat(() => void outOfTime.abort());
    await expect(ask(source, outOfTime.signal)).rejects.toMatchObject({ code: 'invocation.ending' });
    await expect(ask(source, outOfTime.signal)).rejects.toMatchObject({ code: 'invocation.ending' });
    expect(standIn.requests).toHaveLength(1);
  });

  test('while the bucket is asked for', async () => {
    const outOfTime = new AbortController();
    const source = await sourceThat(({ path }) => {
      if (path !== BUCKET) return refusal(404);
      outOfTime.abort();
      return undefined;
    });
    await expect(source.describe(versioned, outOfTime.signal)).rejects.toMatchObject({
      code: 'invocation.ending',
    });
  });
});

describe('a body', () => {
  const brokenBody = async (): Promise<Readable> => {
    const source = await sourceThat((_, response) => {
      response.writeHead(200, { etag: '"abc-3"', 'content-length': '1000' });
      response.write('the beginning', () => response.socket?.destroy());
      return undefined;
    });
    return (await source.open(unversioned, never)).body;
  };

  test('that breaks off emits an error of ours, once', async () => {
    const body = (await brokenBody()).resume();
    const errors: unknown[] = [];
    body.on('error', (error) => errors.push(error));
    await new Promise((resolve) => body.once('close', resolve));
    expect(errors).toEqual([expect.any(UploaderError)]);
    expect(errors[0]).toMatchObject({ code: 'document.unavailable', cause: { code: 'ECONNRESET' } });
  });

  test('that breaks off says so to whoever awaits its end', async () => {
    await expect(finished((await brokenBody()).resume())).rejects.toMatchObject({
      code: 'document.unavailable',
    });
  });

  test('that its reader destroys with an error of its own keeps that error', async () => {
    const source = await sourceThat((_, response) => {
      response.writeHead(200, { etag: '"abc-3"', 'content-length': '1000' }).write('the beginning');
      return undefined;
    });
    const { body } = await source.open(unversioned, never);
    const stalled = new UploaderError('document.stalled', 'nothing came');
    const emitted = once(body, 'error');
    body.destroy(stalled);
    expect(await emitted).toEqual([stalled]);
  });

  test('that its reader leaves without an error closes in silence', async () => {
    const source = await sourceThat(streamed({}));
    const { body } = await source.open(unversioned, never);
    const closed = once(body, 'close');
    body.destroy();
    await closed;
    expect(body.errored).toBeNull();
  });
});
