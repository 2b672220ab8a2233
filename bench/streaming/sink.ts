import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import busboy from 'busboy';
import { SLOW_BYTES_PER_SECOND, type Taking, type Tally } from './taking.ts';
import { serveBoth, tell } from './two-servers.ts';

/**
 * A process of its own: takes whatever is sent to it, in the way that it was last told, and answers as uploadFiles is
 * documented to.
 */

/** Shorter waits than this are waited for together. */
const LEAST_WAIT_MS = 10;

const ANSWER = Buffer.from(
  JSON.stringify({
    status: 'uploaded',
    classificationId: '-Oclassification0001',
    batchId: '-Obatch0000000000001',
    files: [
      {
        fileId: '-Ofile00000000000001',
        fileName: 'document.pdf',
        numberOfPages: 1,
        url: 'https://files.extracta.invalid/document.pdf',
      },
    ],
  }),
);

const none = { requests: 0, bodyBytes: 0, sha256: [] as string[] };
let tally = structuredClone(none);

let taking: Taking = 'count';

const READERS: Readonly<Record<Taking, (request: IncomingMessage) => Promise<void>>> = { count, hash, slow };

await serveBoth((request, response) => void take(request, response).catch(() => response.destroy()));
process.on('message', (next: { readonly taking: Taking }) => {
  tell(tally satisfies Tally);
  taking = next.taking;
  tally = structuredClone(none);
});

async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
  await READERS[taking](request);
  tally.requests += 1;
  response
    .writeHead(200, { 'content-type': 'application/json', 'content-length': ANSWER.length })
    .end(ANSWER);
}

function count(request: IncomingMessage): Promise<void> {
  request.on('data', (piece: Buffer) => {
    tally.bodyBytes += piece.length;
  });
  return ended(request);
}

function ended(request: IncomingMessage): Promise<void> {
  return new Promise((resolve, reject) => request.once('end', resolve).once('error', reject));
}

async function slow(request: IncomingMessage): Promise<void> {
  const startedMs = performance.now();
  let taken = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    taken += piece.length;
    tally.bodyBytes += piece.length;
    const aheadMs = (taken / SLOW_BYTES_PER_SECOND) * 1000 - (performance.now() - startedMs);
    if (aheadMs > LEAST_WAIT_MS) await sleep(aheadMs);
  }
}

/** Of a form its file, of anything else the whole body. */
async function hash(request: IncomingMessage): Promise<void> {
  const file = isForm(request) ? fileOf(request) : request;
  const hash = createHash('sha256');
  for await (const piece of file as AsyncIterable<Buffer>) {
    hash.update(piece);
    tally.bodyBytes += piece.length;
  }
  tally.sha256.push(hash.digest('hex'));
}

const isForm = ({ headers }: IncomingMessage) => headers['content-type']?.startsWith('multipart/form-data');

async function* fileOf(request: IncomingMessage): AsyncGenerator<Buffer> {
  const form = busboy({ headers: request.headers });
  const over = new Promise<void>((resolve, reject) => form.once('close', resolve).once('error', reject));
  const file = new Promise<Readable>((resolve) => form.once('file', (_, stream) => resolve(stream)));
  request.pipe(form);
  yield* await Promise.race([file, over.then(() => Readable.from([]))]);
  await over;
}
