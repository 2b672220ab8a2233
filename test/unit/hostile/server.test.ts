import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { failureOf, openBody, UPLOADED, uploadOf } from '../extracta/stand-in.ts';
import { type Misbehaviour, type Peer, rawServer } from './raw-server.ts';

/**
 * Servers that misbehave, one connection at a time. Of each: it ends with the right code, by a deadline that was given where
 * the server leaves no other way; every socket is closed; and no more is read than its cap.
 */

const PDF = Buffer.from('%PDF-1.7 hello');
const MB = 1024 * 1024;
const PAIR = { classificationId: '-Class', batchId: '-Batch' };
const never = new AbortController().signal;
/** The least that undici's clock tells apart: it fires whenever it fires, and nothing waits for it but the call itself. */
const SHORT = { timeouts: { answerMs: 50 } };

/** It is never this side that closes: whoever leaves a socket open leaks it. */
const answer = (status: string, body: string, ...headers: readonly string[]) =>
  [
    `HTTP/1.1 ${status}`,
    'Connection: close',
    ...headers,
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n');
const afterAll =
  (text: string, then: (peer: Peer) => unknown = () => {}): Misbehaviour =>
  async (peer) => {
    await peer.wholeRequest;
    peer.socket.write(text, () => then(peer));
  };
const hangUp = ({ socket }: Peer) => socket.end();
const reset = ({ socket }: Peer) => socket.resetAndDestroy();
const UPLOADED_JSON = JSON.stringify(UPLOADED);
const HTML = '<!DOCTYPE html><html><body>It works!</body></html>';

/** What it does when it has the whole request; what that means for an upload; and for a question. */
const AFTER_THE_REQUEST: readonly (readonly [string, Misbehaviour, string, string])[] = [
  [
    'speaks something else',
    afterAll('SSH-2.0-OpenSSH_9.2\r\n'),
    'extracta.reply-lost',
    'extracta.unreachable',
  ],
  [
    'sends bytes of no kind',
    afterAll('\0\xff\xfe\x01'.repeat(99)),
    'extracta.reply-lost',
    'extracta.unreachable',
  ],
  [
    'answers HTML',
    afterAll(answer('200 OK', HTML)),
    'extracta.reply-unreadable',
    'extracta.reply-unreadable',
  ],
  [
    'answers HTML with a 502',
    afterAll(answer('502 Bad Gateway', HTML)),
    'extracta.unavailable',
    'extracta.unavailable',
  ],
  [
    'redirects',
    afterAll(answer('308 Moved', '', 'Location: /x')),
    'extracta.reply-unreadable',
    'extracta.reply-unreadable',
  ],
  [
    'redirects elsewhere',
    afterAll(answer('302 Found', '', 'Location: http://127.0.0.1:9/')),
    'extracta.reply-unreadable',
    'extracta.reply-unreadable',
  ],
  [
    'changes the protocol',
    afterAll('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n'),
    'extracta.reply-lost',
    'extracta.unreachable',
  ],
  [
    'answers nothing at all',
    afterAll(answer('204 No Content', '')),
    'extracta.reply-unreadable',
    'extracta.reply-unreadable',
  ],
  [
    'says only that it goes on',
    afterAll('HTTP/1.1 100 Continue\r\n\r\n', hangUp),
    'extracta.reply-lost',
    'extracta.unreachable',
  ],
  ['hangs up', afterAll('', hangUp), 'extracta.reply-lost', 'extracta.unreachable'],
  ['resets', afterAll('', reset), 'extracta.reply-lost', 'extracta.unreachable'],
  [
    'hangs up in its head',
    afterAll('HTTP/1.1 200 OK\r\nContent-', hangUp),
    'extracta.reply-lost',
    'extracta.unreachable',
  ],
  [
    'hangs up in its answer',
    afterAll(answer('200 OK', UPLOADED_JSON).slice(0, -9), hangUp),
    'extracta.reply-lost',
    'extracta.unreachable',
  ],
  [
    'resets in its answer',
    afterAll(answer('200 OK', UPLOADED_JSON).slice(0, -9), reset),
    'extracta.reply-lost',
    'extracta.unreachable',
  ],
  [
    'breaks off its chunks',
    afterAll('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{"status"\r\n', hangUp),
    'extracta.reply-lost',
    'extracta.unreachable',
  ],
  [
    'sends chunks that are none',
    afterAll('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n'),
    'extracta.reply-lost',
    'extracta.unreachable',
  ],
  [
    'promises less than it sends',
    afterAll(answer('200 OK', '{"status":').concat(UPLOADED_JSON)),
    'extracta.reply-unreadable',
    'extracta.reply-unreadable',
  ],
  [
    'promises a length that is none',
    afterAll('HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n{}'),
    'extracta.reply-lost',
    'extracta.unreachable',
  ],
  [
    'compresses what nobody asked it to',
    afterAll(answer('200 OK', '\x1f\x8b\x08', 'Content-Encoding: gzip')),
    'extracta.reply-unreadable',
    'extracta.reply-unreadable',
  ],
];

describe('a server that has the whole request and', () => {
  it.each(AFTER_THE_REQUEST)('%s', async (_, does, uploadCode, questionCode) => {
    const { extracta, connections, allClosed } = await rawServer(does);
    const upload = await failureOf(extracta.upload(uploadOf(PDF)));
    expect(upload).toMatchObject({ code: uploadCode, mayHaveArrived: true });
    for (const ask of [
      () => extracta.results(PAIR, never),
      () => extracta.seesClassification('-Class', never),
    ])
      expect(await failureOf(ask())).toMatchObject({ code: questionCode, mayHaveArrived: false });
    await allClosed();
    expect(connections()).toBe(0);
  });

  it.each([
    [
      'hints twice at what is to come',
      `HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n${answer('200 OK', UPLOADED_JSON)}`,
    ],
    ['counts nothing, and ends its answer by hanging up', `HTTP/1.0 200 OK\r\n\r\n${UPLOADED_JSON}`],
  ])('%s is understood all the same', async (_, text) => {
    const { extracta, allClosed } = await rawServer(afterAll(text, hangUp));
    expect(await extracta.upload(uploadOf(PDF))).toMatchObject({ fileId: '-File' });
    await allClosed();
  });

  it('answers twice is believed once: the second answer is no other request’s', async () => {
    const twice =
      answer('200 OK', UPLOADED_JSON) + answer('200 OK', JSON.stringify({ ...UPLOADED, batchId: '-Other' }));
    const { extracta, allClosed } = await rawServer(afterAll(twice));
    expect(await extracta.upload(uploadOf(PDF))).toMatchObject({ batchId: '-Batch' });
    const next = await extracta.upload(uploadOf(PDF)).catch((error: unknown) => error);
    expect(next).not.toMatchObject({ batchId: '-Other' });
    await allClosed();
  });
});

/** Nothing ends these but a deadline: undici's for silence, the caller's for a server that is never silent. */
const ENDLESS: readonly (readonly [string, Misbehaviour])[] = [
  ['never answers', async ({ wholeRequest }) => wholeRequest],
  ['falls silent in its head', afterAll('HTTP/1.1 200 OK\r\nContent-')],
  ['falls silent in its answer', afterAll(answer('200 OK', UPLOADED_JSON).slice(0, -9))],
  [
    'promises more than it sends',
    afterAll(`HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n${UPLOADED_JSON}`),
  ],
];

describe('a server that', () => {
  it.each(ENDLESS)('%s, until a silence is too long', async (_, does) => {
    const { extracta, connections, allClosed } = await rawServer(does, SHORT);
    const upload = await failureOf(extracta.upload(uploadOf(PDF)));
    expect(upload).toMatchObject({ code: 'extracta.reply-lost', mayHaveArrived: true });
    await allClosed();
    expect(connections()).toBe(0);
  });

  it.each(ENDLESS)('%s, until the invocation ends', async (_, does) => {
    const abort = new AbortController();
    const { extracta, connections, allClosed } = await rawServer(async (peer) => {
      await does(peer);
      setImmediate(() => abort.abort());
    });
    const upload = await failureOf(extracta.upload(uploadOf(PDF, { signal: abort.signal })));
    expect(upload).toMatchObject({ code: 'extracta.reply-lost', mayHaveArrived: true });
    await allClosed();
    expect(connections()).toBe(0);
  });

  it.each([
    ['byte by byte', `HTTP/1.1 200 OK\r\nContent-Length: ${10 ** 9}\r\n\r\n`, ' '],
    ['in hints without end', '', 'HTTP/1.1 103 Early Hints\r\n\r\n'],
  ])('answers %s is never silent, and ends with the invocation', async (_, head, drop) => {
    const abort = new AbortController();
    const { extracta, connections, allClosed } = await rawServer(async ({ socket, wholeRequest }) => {
      await wholeRequest;
      socket.write(head);
      let drops = 0;
      const drip = () => {
        if (socket.destroyed) return;
        if (++drops === 200) abort.abort();
        socket.write(drop, () => setImmediate(drip));
      };
      drip();
    });
    const upload = await failureOf(extracta.upload(uploadOf(PDF, { signal: abort.signal })));
    expect(upload).toMatchObject({ code: 'extracta.reply-lost', mayHaveArrived: true });
    await allClosed();
    expect(connections()).toBe(0);
  });

  it('never reads anything holds nothing up beyond the invocation', async () => {
    const abort = new AbortController();
    const { extracta, connections, allClosed } = await rawServer(({ socket }) => socket.pause());
    let given = 0;
    let idleTurns = 0;
    const body = new Readable({
      read() {
        given += 1;
        idleTurns = 0;
        this.push(Buffer.alloc(MB));
      },
    });
    // When nobody has asked for more in many turns, every buffer on the way is full.
    const watch = () => {
      idleTurns += 1;
      if (given > 0 && idleTurns > 500) abort.abort();
      else setImmediate(watch);
    };
    watch();
    const sizeBytes = 10_000 * MB;
    const failure = await failureOf(
      extracta.upload(uploadOf(PDF, { body, sizeBytes, signal: abort.signal })),
    );
    expect(failure).toMatchObject({ code: 'upload.out-of-time', mayHaveArrived: false });
    expect(given).toBeLessThan(100);
    expect(body.closed).toBe(true);
    await allClosed();
    expect(connections()).toBe(0);
  });
});

describe('an answer without end', () => {
  it.each([
    [
      'of JSON',
      'HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n',
      '[[[[',
      'extracta.reply-unreadable',
      50,
    ],
    [
      'of JSON with a 400',
      'HTTP/1.1 400 Bad Request\r\nContent-Length: 104857600\r\n\r\n',
      '[[[[',
      'extracta.reply-unreadable',
      10,
    ],
    [
      'in chunks',
      'HTTP/1.1 500 Oops\r\nTransfer-Encoding: chunked\r\n\r\n',
      '4\r\n[[[[\r\n',
      'extracta.unavailable',
      10,
    ],
    ['of headers', 'HTTP/1.1 200 OK\r\n', 'X-More: aaaa\r\n', 'extracta.reply-lost', 10],
    ['of one header', 'HTTP/1.1 200 OK\r\nX-More: ', 'aaaa', 'extracta.reply-lost', 10],
  ])('%s is left where its cap is', async (_, head, piece, code, mostMb) => {
    const { extracta, sentBytes, connections, allClosed } = await rawServer(
      async ({ socket, wholeRequest, flood }) => {
        await wholeRequest;
        socket.write(head);
        flood(piece.repeat(16 * 1024));
      },
    );
    expect(await failureOf(extracta.upload(uploadOf(PDF)))).toMatchObject({ code, mayHaveArrived: true });
    await allClosed();
    expect(connections()).toBe(0);
    expect(sentBytes()).toBeLessThan(mostMb * MB);
  });

  it('to a question is left where its cap is', async () => {
    const { extracta, sentBytes, allClosed } = await rawServer(async ({ socket, wholeRequest, flood }) => {
      await wholeRequest;
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n');
      flood('[[[[[[[['.repeat(8 * 1024));
    });
    expect((await failureOf(extracta.results(PAIR, never))).code).toBe('extracta.reply-unreadable');
    await allClosed();
    expect(sentBytes()).toBeLessThan(60 * MB);
  });
});

describe('an answer before the body is read', () => {
  const REFUSAL = answer('413 Payload Too Large', '{"status":"error","message":"File too large"}');
  const early =
    (text: string, then: (peer: Peer) => unknown = () => {}): Misbehaviour =>
    async (peer) => {
      await peer.firstBytes();
      peer.socket.write(text, () => then(peer));
    };

  it.each<[string, Misbehaviour, string]>([
    ['whole, then silence', early(REFUSAL), 'extracta.too-large'],
    ['whole, then a hang-up', early(REFUSAL, hangUp), 'extracta.too-large'],
    ['in HTML, then silence', early(answer('413 Too Large', HTML)), 'extracta.too-large'],
    ['half, then a hang-up', early(REFUSAL.slice(0, -9), hangUp), 'extracta.unreachable'],
    ['half, then silence', early(REFUSAL.slice(0, -9)), 'extracta.unreachable'],
    ['that is garbage', early('nonsense\r\n\r\n'), 'extracta.unreachable'],
    ['of 200', early(answer('200 OK', UPLOADED_JSON)), 'extracta.reply-unreadable'],
    ['of 401', early(answer('401 Unauthorized', '{"message":"Invalid API key"}')), 'extracta.unauthorized'],
    ['that redirects', early(answer('307 Temporary', '', 'Location: /x')), 'extracta.reply-unreadable'],
  ])('%s: the body is broken off, and it surely did not arrive', async (_, does, code) => {
    const { extracta, connections, allClosed } = await rawServer(does, SHORT);
    const body = openBody(Buffer.alloc(8 * MB));
    const failure = await failureOf(extracta.upload(uploadOf(PDF, { body, sizeBytes: 16 * MB })));
    expect(failure).toMatchObject({ code, mayHaveArrived: false });
    expect(body.closed).toBe(true);
    await allClosed();
    expect(connections()).toBe(0);
  });
});
