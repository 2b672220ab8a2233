import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import busboy from 'busboy';
import { onTestFinished } from 'vitest';
import { createExtracta, type ExtractaClient, type ExtractaOptions } from '../../../lib/extracta/client.ts';
import { UploaderError } from '../../../lib/pipeline/failures.ts';
import type { Clock, UploadRequest } from '../../../lib/pipeline/ports.ts';
import { CANARY_TOKEN, CANARY_URL } from '../../support/leaks/canaries.ts';

export const TOKEN = CANARY_TOKEN;
export const FILE_URL = CANARY_URL;

/** A clock that moves only when told to. */
export interface StoppedClock extends Clock {
  advance(ms: number): void;
  sleepers(): number;
}

export function stoppedClock(startMs = 1_000_000): StoppedClock {
  let nowMs = startMs;
  const sleeping = new Set<{ readonly dueMs: number; readonly wake: () => void }>();
  const sleep = async (ms: number, signal: AbortSignal) => {
    const woken = Promise.withResolvers<void>();
    const sleeper = { dueMs: nowMs + ms, wake: woken.resolve };
    sleeping.add(sleeper);
    signal.addEventListener('abort', () => woken.resolve(), { once: true });
    await woken.promise;
    sleeping.delete(sleeper);
  };
  const advance = (ms: number) => {
    nowMs += ms;
    for (const sleeper of sleeping) if (sleeper.dueMs <= nowMs) sleeper.wake();
  };
  return { nowMs: () => nowMs, sleep, advance, sleepers: () => sleeping.size };
}

export type Handler = (request: IncomingMessage, response: ServerResponse) => unknown;

export interface StandIn {
  readonly server: Server;
  readonly baseUrl: string;
  readonly extracta: ExtractaClient;
  readonly clock: StoppedClock;
  /** Resolves when our client has closed and the server sees every connection ended. */
  allClosed(): Promise<void>;
}

/** A server in Extracta's place and a client of ours for it; both are gone, sockets and all, when the test ends. */
export async function standIn(handle: Handler, options: Partial<ExtractaOptions> = {}): Promise<StandIn> {
  const server = createServer(handle).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/some/base/`;
  const clock = stoppedClock();
  const extracta = clientOf(baseUrl, clock, options);
  const ends: Promise<unknown>[] = [];
  server.on('connection', (socket) => ends.push(new Promise((resolve) => socket.once('close', resolve))));
  const allClosed = async () => {
    await extracta.close();
    await Promise.all(ends);
  };
  onTestFinished(async () => {
    await Promise.allSettled([extracta.close()]);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { server, baseUrl, extracta, clock, allClosed };
}

export function clientOf(
  baseUrl: string,
  clock: Clock,
  options: Partial<ExtractaOptions> = {},
): ExtractaClient {
  let boundaries = 0;
  const token = { get: async () => TOKEN, refresh: async () => TOKEN };
  const chance = { token: () => `b${++boundaries}`, fraction: () => 0 };
  return createExtracta({ baseUrl, token, clock, chance, ...options });
}

export function json(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

export const UPLOADED = {
  status: 'uploaded',
  classificationId: '-Class',
  batchId: '-Batch',
  files: [{ fileId: '-File', fileName: 'a.pdf', numberOfPages: 3, url: FILE_URL }],
};

export function uploadOf(bytes: Buffer, changes: Partial<UploadRequest> = {}): UploadRequest {
  return {
    classificationId: '-Class',
    batchId: '-Batch',
    fileName: 'a~abc.pdf',
    contentType: 'application/pdf',
    sizeBytes: bytes.length,
    body: Readable.from(bytes.length > 0 ? [bytes] : [], { objectMode: false }),
    closeBeforeMs: Number.MAX_SAFE_INTEGER,
    signal: new AbortController().signal,
    ...changes,
  };
}

/** A body that gives `first` and then nothing, until somebody pushes or destroys. */
export function openBody(first: Buffer): Readable {
  const body = new Readable({ read() {} });
  body.push(first);
  return body;
}

export interface ReceivedForm {
  /** Field names in the order in which they came, the file's too. */
  readonly order: string[];
  readonly fields: Record<string, string>;
  readonly fileName: string;
  readonly mimeType: string;
  readonly sha256: string;
}

/** Read by a parser that is not ours. */
export async function received(stream: Readable, contentType: string): Promise<ReceivedForm> {
  const form = {
    order: [] as string[],
    fields: {} as Record<string, string>,
    fileName: '',
    mimeType: '',
    sha256: '',
  };
  const parser = busboy({
    headers: { 'content-type': contentType },
    defParamCharset: 'utf8',
    preservePath: true,
  });
  parser.on('field', (name, value) => {
    form.order.push(name);
    form.fields[name] = value;
  });
  parser.on('file', (name, file, info) => {
    const hash = createHash('sha256');
    form.order.push(name);
    form.fileName = info.filename ?? '';
    form.mimeType = info.mimeType;
    file
      .on('data', (chunk) => hash.update(chunk))
      .on('end', () => {
        form.sha256 = hash.digest('hex');
      });
  });
  await new Promise((resolve, reject) => {
    stream.on('error', reject);
    stream
      .pipe(parser)
      .on('close', () => resolve(undefined))
      .on('error', reject);
  });
  return form;
}

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** What it failed with; fails if it did not. */
export async function failureOf(promise: Promise<unknown>): Promise<UploaderError> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ('error' in outcome && outcome.error instanceof UploaderError) return outcome.error;
  throw new Error(`no UploaderError but ${String(JSON.stringify(outcome))}`);
}
