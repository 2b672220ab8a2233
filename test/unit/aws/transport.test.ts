import { getEventListeners, once } from 'node:events';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import { setImmediate as turn } from 'node:timers/promises';
import { ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { Agent as PublicAgent } from 'undici';
import DeepAgent from 'undici/lib/dispatcher/agent.js';
import { describe, expect, it } from 'vitest';
import { createClients } from '../../../lib/aws/clients.ts';
import { createTransport } from '../../../lib/aws/transport.ts';
import { nobodysUrl, startStandIn } from './stand-in.ts';
import { answer, wire } from './wire.ts';

const OK = answer('200 OK', 'fine');
const says =
  (...lines: readonly string[]) =>
  (socket: Socket) =>
    lines.length > 0 && socket.write(lines.join(''));
const RESET = { name: 'TimeoutError', code: 'ECONNRESET' };

it('undici’s agent is its own, by a path that is private: an upgrade that moves it must be noticed', () => {
  expect(existsSync(createRequire(import.meta.url).resolve('undici/lib/dispatcher/agent.js'))).toBe(true);
  expect(DeepAgent).toBe(PublicAgent);
});

describe('a request goes out', () => {
  it.each<[string, object, string]>([
    ['a string', { body: 'ä' }, 'Ã¤'],
    ['bytes, of a larger buffer', { body: new Uint8Array(Buffer.from('-bytes-')).subarray(1, 6) }, 'bytes'],
    ['a stream', { body: Readable.from([Buffer.from('str'), Buffer.from('eam')]) }, 'stream'],
  ])('with %s as its body', async (_, given, body) => {
    const { transport, request, heard } = await wire((socket) => heard().endsWith(body) && socket.write(OK));
    const headers = { host: 'h', 'content-length': String(body.length) };
    const { response } = await transport.handle(request({ method: 'PUT', headers, ...given }));
    expect(response.statusCode).toBe(200);
    expect(heard()).toContain(`content-length: ${body.length}\r\n`);
    expect(heard()).not.toContain('transfer-encoding');
  });

  it.each([
    ['undefined', undefined],
    ['an empty string', ''],
    ['no bytes', new Uint8Array()],
    ['a stream that gives nothing', Readable.from([])],
  ])('without a body where that is %s', async (_, body) => {
    const { transport, request, heard } = await wire(says(OK));
    await transport.handle(request({ method: 'PUT', body, headers: { host: 'h', 'content-length': '0' } }));
    expect(heard()).toMatch(/content-length: 0\r\n\r\n$/);
  });

  it('with its query encoded as it was signed', async () => {
    const { transport, request, heard } = await wire(says(OK));
    await transport.handle(
      request({ query: { versionId: "v/1+2 !'()*ü", tag: ['a', 'b'], acl: null, 'x-id': 'GetObject' } }),
    );
    expect(heard()).toMatch(
      /^GET \/a\?versionId=v%2F1%2B2%20%21%27%28%29%2A%C3%BC&tag=a&tag=b&acl=&x-id=GetObject HTTP\/1\.1\r\nhost: 127/,
    );
  });

  it('not, where it can’t be written: nothing is left waiting for its answer', async () => {
    const { transport, request } = await wire(says(OK));
    const { signal } = new AbortController();
    const asked = transport.handle(request({ query: { a: '\ud800' } }), { abortSignal: signal });
    await expect(asked).rejects.toThrow(URIError);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('over one connection, one after the other, whatever was asked', async () => {
    const { transport, request, connections } = await wire((socket, piece) =>
      socket.write(
        piece.startsWith('HEAD')
          ? 'HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 9\r\n\r\n'
          : OK,
      ),
    );
    for (const method of ['GET', 'HEAD', 'GET', 'HEAD', 'DELETE', 'GET']) {
      const { response } = await transport.handle(request({ method }));
      await text(response.body);
    }
    expect(connections()).toBe(1);
  });
});

describe('an answer comes', () => {
  it.each([
    ['to a HEAD', 'HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n', 200],
    ['with 204', 'GET', 'HTTP/1.1 204 No Content\r\n\r\n', 204],
    ['with 304', 'GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 1000\r\n\r\n', 304],
    ['with nothing in it', 'GET', answer('200 OK'), 200],
  ])('%s, whose body is empty', async (_, method, said, statusCode) => {
    const { transport, request } = await wire(says(said));
    const { response } = await transport.handle(request({ method }));
    expect(response.statusCode).toBe(statusCode);
    expect(await text(response.body)).toBe('');
  });

  it('with its headers in lower case, those that came twice joined, and bytes as Latin-1', async () => {
    const headers = ['ETag: "e"', 'X-Amz-Meta-Name: gr\xfcn', 'X-Twice: a', 'x-twice: b'];
    const { transport, request } = await wire((socket) =>
      socket.write(Buffer.from(answer('200 Fine', 'body', ...headers), 'latin1')),
    );
    const { response } = await transport.handle(request());
    expect(response.headers).toEqual({
      'content-length': '4',
      etag: '"e"',
      'x-amz-meta-name': 'grün',
      'x-twice': 'a, b',
    });
    expect(response.reason).toBe('Fine');
  });

  it('with the first of what may come only once, as Node takes it: else one ETag said twice would be another', async () => {
    const single = ['ETag: "e"', 'Last-Modified: Tue, 24 Nov 2026 03:41:47 GMT', 'Content-Type: a/b'];
    const { transport, request } = await wire(says(answer('200 OK', '', ...single, ...single)));
    const { response } = await transport.handle(request());
    expect(response.headers).toEqual({
      'content-length': '0',
      etag: '"e"',
      'last-modified': 'Tue, 24 Nov 2026 03:41:47 GMT',
      'content-type': 'a/b',
    });
  });

  it('after whatever was said beforehand', async () => {
    const hints = 'HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n';
    const { transport, request } = await wire(says(hints, OK));
    const { response } = await transport.handle(request());
    expect([response.statusCode, await text(response.body)]).toEqual([200, 'fine']);
  });

  it('at its reader’s pace: little of it lies in between', async () => {
    const piece = Buffer.alloc(1024 * 1024);
    const { transport, request } = await wire((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${16 * piece.length}\r\n\r\n`);
      for (let n = 0; n < 16; n += 1) socket.write(piece);
    });
    const { body } = (await transport.handle(request())).response;
    let mostBytes = 0;
    let readBytes = 0;
    for await (const chunk of body) {
      readBytes += chunk.length;
      await turn();
      mostBytes = Math.max(mostBytes, body.readableLength);
    }
    expect(readBytes).toBe(16 * piece.length);
    expect(mostBytes).toBeLessThan(piece.length);
  });

  it('whole to a slow reader, too, from a server that hangs up behind it', async () => {
    const whole = Buffer.alloc(200 * 1024);
    const { transport, request } = await wire((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${whole.length}\r\n\r\n`);
      socket.end(whole);
    });
    const { body } = (await transport.handle(request())).response;
    let readBytes = 0;
    for await (const chunk of body) {
      readBytes += chunk.length;
      for (let n = 0; n < 5; n += 1) await turn();
    }
    expect(readBytes).toBe(whole.length);
  });

  it('early, while the request’s body is still to come: that one is let go of', async () => {
    const body = new Readable({ read() {} });
    body.on('error', () => {}).push('the beginning');
    const { transport, request } = await wire(says(answer('403 Forbidden', 'no')));
    const headers = { host: 'h', 'content-length': '1000' };
    const { response } = await transport.handle(request({ method: 'PUT', headers, body }));
    expect([response.statusCode, await text(response.body)]).toEqual([403, 'no']);
    if (!body.closed) await once(body, 'close');
    expect(body.destroyed).toBe(true);
  });
});

describe('what breaks is told as the SDK knows it, and leaves no connection', () => {
  it('nobody listens', async () => {
    const { transport, request } = await wire(says(OK));
    const { port } = new URL(await nobodysUrl());
    const refused = transport.handle(request({ port: Number(port) }));
    await expect(refused).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it.each<[string, (socket: Socket) => unknown]>([
    ['is reset', (socket) => socket.resetAndDestroy()],
    ['ends', (socket) => socket.end()],
    ['ends within the head', (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Le')],
  ])('the connection %s before an answer', async (_, does) => {
    const { transport, request, allClosed } = await wire(does);
    await expect(transport.handle(request())).rejects.toMatchObject(RESET);
    await allClosed();
  });

  const PROMISED = 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nbegin';
  const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n';
  it.each<[string, string, (socket: Socket) => unknown]>([
    ['that is reset', PROMISED, (socket) => socket.resetAndDestroy()],
    ['that is cut', PROMISED, (socket) => socket.end()],
    ['in chunks, cut', `${CHUNKED}\r\n5\r\nbegin\r\n`, (socket) => socket.end()],
    [
      'in chunks, cut at the end',
      `${CHUNKED}Connection: close\r\n\r\n5\r\nbegin\r\n`,
      (socket) => socket.end(),
    ],
  ])('a body %s', async (_, said, then) => {
    const { transport, request, allClosed } = await wire((socket) => socket.write(said, () => then(socket)));
    const { response } = await transport.handle(request());
    await expect(buffer(response.body)).rejects.toMatchObject(RESET);
    await allClosed();
  });

  const LATE = { name: 'TimeoutError', code: 'ETIMEDOUT' };
  it('no answer in time; its connection is not kept', async () => {
    const { transport, request, allClosed } = await wire(says(), { answerMs: 20 });
    await expect(transport.handle(request())).rejects.toMatchObject(LATE);
    await allClosed();
  });

  it('no answer within what this one request is given', async () => {
    const { transport, request } = await wire(says());
    await expect(transport.handle(request(), { requestTimeout: 20 })).rejects.toMatchObject(LATE);
  });

  it('a body that stalls', async () => {
    const { transport, request, allClosed } = await wire(says(OK.slice(0, -1)), { idleBodyMs: 1 });
    const { response } = await transport.handle(request());
    await expect(text(response.body)).rejects.toMatchObject(LATE);
    await allClosed();
  });

  it('a server that accepts and never comes to TLS', async () => {
    const { transport, request, allClosed } = await wire(says(), { connectMs: 1 });
    await expect(transport.handle(request({ protocol: 'https:' }))).rejects.toMatchObject(LATE);
    await allClosed();
  });

  it('a request’s own body: with its own error', async () => {
    const { transport, request, allClosed } = await wire(says());
    const unreadable = Object.assign(new Error('EISDIR'), { code: 'EISDIR', syscall: 'read' });
    const body = new Readable({ read: () => body.destroy(unreadable) });
    const headers = { host: 'h', 'content-length': '9' };
    await expect(transport.handle(request({ method: 'PUT', headers, body }))).rejects.toBe(unreadable);
    await allClosed();
  });

  it('a transport that is destroyed while it waits', async () => {
    const { transport, request, allClosed } = await wire(() => transport.destroy?.());
    await expect(transport.handle(request())).rejects.toMatchObject({ code: 'UND_ERR_DESTROYED' });
    await allClosed();
  });
});

describe('an abort', () => {
  const ABORTED = { name: 'AbortError' };

  it('beforehand makes no connection', async () => {
    const { transport, request, connections } = await wire(says(OK));
    const abortSignal = AbortSignal.abort();
    await expect(transport.handle(request(), { abortSignal })).rejects.toMatchObject(ABORTED);
    expect(connections()).toBe(0);
  });

  it('before the connection stands sends nothing', async () => {
    const { transport, request, heard } = await wire(says(OK));
    const over = new AbortController();
    const asked = transport.handle(request(), { abortSignal: over.signal });
    over.abort(new Error('out of time'));
    await expect(asked).rejects.toMatchObject({ ...ABORTED, cause: { message: 'out of time' } });
    await transport.handle(request({ path: '/b' }));
    expect(heard()).not.toContain('/a');
  });

  it('before the head hangs up', async () => {
    const over = new AbortController();
    const { transport, request, allClosed } = await wire(() => over.abort());
    await expect(transport.handle(request(), { abortSignal: over.signal })).rejects.toMatchObject(ABORTED);
    await allClosed();
  });

  it('within the body hangs up, and breaks the body', async () => {
    const over = new AbortController();
    const { transport, request, allClosed } = await wire(says(OK.slice(0, -1)));
    const { response } = await transport.handle(request(), { abortSignal: over.signal });
    response.body.once('data', () => over.abort());
    await expect(text(response.body)).rejects.toMatchObject(ABORTED);
    await allClosed();
  });

  it('afterwards is of no matter', async () => {
    const over = new AbortController();
    const { transport, request, connections } = await wire(says(OK));
    const { response } = await transport.handle(request(), { abortSignal: over.signal });
    expect(await text(response.body)).toBe('fine');
    over.abort();
    await transport.handle(request());
    expect(connections()).toBe(1);
  });
});

it('a transport that was destroyed closes what it kept, and may be used again', async () => {
  const { transport, request, connections, allClosed } = await wire(says(OK));
  await text((await transport.handle(request())).response.body);
  transport.destroy?.();
  await allClosed();
  await text((await transport.handle(request())).response.body);
  expect(connections()).toBe(2);
});

describe('a body that is not read', () => {
  it('and breaks before anybody listens tells whoever comes later, and ends no process', async () => {
    const { transport, request } = await wire((socket) => socket.write(OK.slice(0, -1), () => socket.end()));
    const { body } = (await transport.handle(request())).response;
    await new Promise((resolve) => body.once('close', resolve));
    await expect(finished(body)).rejects.toMatchObject(RESET);
  });

  it('keeps no connection once it is let go of', async () => {
    const { transport, request, allClosed } = await wire(says(OK.slice(0, -1)));
    const { response } = await transport.handle(request());
    response.body.destroy();
    await allClosed();
    expect(response.body.errored).toBeNull();
  });

  it('and that is whole already leaves its connection to the next', async () => {
    const { transport, request, connections } = await wire(says(OK));
    for (let n = 0; n < 3; n += 1) {
      const { response } = await transport.handle(request());
      if (!response.body.readableLength) await once(response.body, 'readable');
      await turn();
      if (n % 2 === 0) response.body.destroy();
    }
    expect(connections()).toBe(1);
  });
});

describe('the SDK over it', () => {
  const clientOf = (endpoint: string) =>
    createClients({
      forcePathStyle: true,
      maxAttempts: 2,
      connection: {
        region: 'us-east-1',
        credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
        endpoints: { s3: endpoint },
      },
    }).s3;

  it('asks again where a connection broke before the answer', async () => {
    await using stack = new AsyncDisposableStack();
    const standIn = await startStandIn((_, response) => {
      if (standIn.requests.length === 1) return void response.socket?.destroy();
      return { status: 200, body: '<ListBucketResult><KeyCount>0</KeyCount></ListBucketResult>' };
    });
    stack.defer(standIn.close);
    const listed = await clientOf(standIn.url).send(new ListObjectsV2Command({ Bucket: 'b' }));
    expect(listed).toMatchObject({ KeyCount: 0, $metadata: { attempts: 2 } });
  });

  it('puts a stream of any length without expecting a word first', async () => {
    await using stack = new AsyncDisposableStack();
    const standIn = await startStandIn(() => ({ status: 200, headers: { etag: '"e"' } }));
    stack.defer(standIn.close);
    const pieces = Array.from({ length: 3 }, () => Buffer.alloc(1024 * 1024, 'x'));
    const put = { Bucket: 'b', Key: 'k', Body: Readable.from(pieces), ContentLength: 3 * 1024 * 1024 };
    expect(await clientOf(standIn.url).send(new PutObjectCommand(put))).toMatchObject({ ETag: '"e"' });
    expect(standIn.requests[0]?.body.length).toBe(3 * 1024 * 1024);
    expect(standIn.requests[0]?.headers.expect).toBeUndefined();
  });

  it('takes it as a request handler of its own kind', () => {
    const transport = createTransport({ connectMs: 1, answerMs: 1, idleBodyMs: 1 });
    expect(transport.metadata).toEqual({ handlerProtocol: 'http/1.1' });
    expect(transport.httpHandlerConfigs()).toEqual({});
    transport.destroy?.();
  });
});
