import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { join } from 'node:path';
import { closeAtOnce, listenOnLoopback } from '../loopback.ts';
import { Account, type SeenRequest, type Violation } from './account.ts';
import type { RequestKind, Script } from './behaviour.ts';
import { answerNoSuchPath, drain, type Exchange, refuse } from './exchange.ts';
import { question } from './questions.ts';
import { type AcceptedFile, type Classification, Store } from './store.ts';
import { upload } from './upload.ts';

export interface LocalExtractaOptions {
  /** Default 0: any free port. Always on 127.0.0.1. */
  readonly port?: number;
  readonly token: string;
  readonly classifications: readonly Classification[];
  /** The least time between two calls of getResults. Default 2,000, as documented. */
  readonly paceMs?: number;
  /** Default `/api/v1`. */
  readonly basePath?: string;
  readonly script?: Script;
  /** An existing folder where batches and files (their hashes, not their bytes) outlive the process. Default: nowhere. */
  readonly dataDir?: string;
  readonly nowMs?: () => number;
}

export interface LocalExtracta {
  /** With the base path, without a slash at the end. */
  readonly url: string;
  /** Every file that was accepted, in order, whatever was answered for it. */
  truth(): readonly AcceptedFile[];
  /** Every request in order of arrival. */
  requests(): readonly SeenRequest[];
  /** What no correct client does. */
  violations(): readonly Violation[];
  /** Bytes read so far of each file that is coming in, by the name that was sent. */
  reading(): ReadonlyMap<string, number>;
  /** Resolves when at least so many files have been accepted. */
  accepted(count: number): Promise<void>;
  /** Breaks off what is open. */
  close(): Promise<void>;
}

const PATHS: Readonly<Record<string, RequestKind>> = {
  'POST /documentClassification/uploadFiles': 'upload',
  'POST /documentClassification/getResults': 'results',
  'POST /documentClassification/viewClassification': 'view',
  'POST /documentClassification/createClassification': 'create',
  'DELETE /documentClassification/deleteBatch': 'delete-batch',
  'DELETE /documentClassification/deleteFiles': 'delete-files',
  'GET /credits': 'credits',
};

/**
 * Starts a stand-in for Extracta's document classification API that is as strict as the real one is documented to be,
 * and can be scripted to misbehave. It keeps no file's bytes, only their hashes. Throws `PortTaken`.
 */
export async function startLocalExtracta(options: LocalExtractaOptions): Promise<LocalExtracta> {
  const { basePath = '/api/v1', dataDir } = options;
  const logFile = dataDir === undefined ? undefined : join(dataDir, 'extracta.jsonl');
  const account = new Account({
    token: options.token,
    store: new Store(options.classifications, logFile),
    paceMs: options.paceMs ?? 2000,
    nowMs: options.nowMs ?? Date.now,
    script: options.script,
  });
  const server = serve((exchange) => void handle(exchange, account, basePath));
  const origin = await listenOnLoopback(server, options.port ?? 0);
  return {
    url: `${origin}${basePath}`,
    truth: () => account.store.all().map(truthOf),
    requests: () => [...account.requests],
    violations: () => [...account.violations],
    reading: () => account.reading,
    accepted: (count) => account.accepted(count),
    close: () => closeAtOnce(server),
  };
}

async function handle(exchange: Exchange, account: Account, basePath: string): Promise<void> {
  const { request } = exchange;
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  account.requests.push(seen(request, path, account.nowMs()));
  try {
    const kind = path.startsWith(`${basePath}/`)
      ? PATHS[`${request.method} ${path.slice(basePath.length)}`]
      : undefined;
    if (kind === undefined) return await noSuchPath(exchange, account, path);
    if (!isAuthorized(request, account)) return await unauthorized(exchange, account);
    if (kind === 'upload') await upload(exchange, account);
    else await question(kind, exchange, account);
  } catch {
    // Its client has gone, or the stand-in itself failed: neither leaves anything to say.
    request.socket.destroy();
  }
}

async function noSuchPath(exchange: Exchange, account: Account, path: string): Promise<void> {
  const isDelete = exchange.request.method === 'POST' && /\/delete(Files|Batch)$/.test(path);
  account.violated(isDelete ? 'delete-by-post' : 'wrong-path', `${exchange.request.method} ${path}`);
  await drain(exchange);
  answerNoSuchPath(exchange, path);
}

async function unauthorized(exchange: Exchange, account: Account): Promise<void> {
  if (exchange.request.headers.authorization === undefined)
    account.violated('no-token', `${exchange.request.method} without a token`);
  await drain(exchange);
  refuse(exchange, 401, 'Unauthorized');
}

function isAuthorized(request: IncomingMessage, account: Account): boolean {
  const given = Buffer.from(request.headers.authorization ?? '');
  const wanted = Buffer.from(`Bearer ${account.token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

function seen(request: IncomingMessage, path: string, atMs: number): SeenRequest {
  const { 'content-length': contentLength, 'content-type': contentType } = request.headers;
  return {
    method: request.method ?? '',
    path,
    atMs,
    ...(contentLength === undefined ? {} : { contentLength }),
    ...(contentType === undefined ? {} : { contentType }),
  };
}

function truthOf(file: AcceptedFile): AcceptedFile {
  const { classificationId, batchId, fileId, fileName, sha256, sizeBytes, acceptedAtMs } = file;
  return { classificationId, batchId, fileId, fileName, sha256, sizeBytes, acceptedAtMs };
}

function serve(onExchange: (exchange: Exchange) => void): Server {
  return createServer((request, response) => {
    request.on('error', () => {});
    response.on('error', () => {});
    onExchange({ request, response });
  });
}
