import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RunningLine } from '../../aws/running-line.ts';
import { QUIET } from '../../terminal/progress.ts';
import type { BoardRequest } from '../board.ts';
import type { OperatorHost } from '../host.ts';
import { lineOfRun } from '../line-in-use.ts';
import { type OpenLine, openLine } from '../open-line.ts';
import { Refusal } from '../refusal.ts';
import { saidBy } from '../said-by.ts';
import { ANSWERS, type Answer, LIVE } from './answers.ts';
import { type Own, refusalOf } from './guard.ts';
import { Live } from './live.ts';
import { HEADERS, type PageFile, readPageFiles } from './page-files.ts';
import { Redrives } from './redrives.ts';

export interface ConsoleOptions extends BoardRequest {
  /** 0: any free one. */
  readonly port: number;
}

export interface Console extends AsyncDisposable {
  /** With the token in its fragment: whoever has the whole address may look and act. */
  readonly url: string;
}

/** Between two looks at the line, if anybody looks. */
const LOCAL_MS = 500;
const CLOUD_MS = 5_000;
const TOKEN_BYTES = 32;

interface Room {
  readonly own: Own;
  readonly open: OpenLine;
  readonly live: Live;
  readonly redrives: Redrives;
  readonly files: ReadonlyMap<string, PageFile>;
  alone<T>(work: () => Promise<T>): Promise<T>;
}

/** Serves the page on 127.0.0.1 until it is disposed of. Throws `Refusal` where the port is taken. */
export async function serveConsole(open: OpenLine, options: ConsoleOptions): Promise<Console> {
  const everyMs = open.line.origin === 'local' ? LOCAL_MS : CLOUD_MS;
  const ending = new AbortController();
  const interrupted = AbortSignal.any([open.host.interrupted, ending.signal]);
  const here: OpenLine = { ...open, host: { ...open.host, interrupted }, progress: QUIET };
  const token = randomBytes(TOKEN_BYTES).toString('base64url');
  const room = {
    open: here,
    live: new Live(here, { ...options, everyMs }),
    redrives: new Redrives(),
    files: await readPageFiles(),
    alone: oneAtATime(),
  };
  let own: Own = { port: options.port, token };
  const server = createServer((request, response) => void handle({ ...room, own }, request, response));
  own = { port: await listen(server, options.port), token };
  return {
    url: `http://127.0.0.1:${own.port}/#${token}`,
    [Symbol.asyncDispose]: async () => {
      ending.abort();
      await closed(server);
    },
  };
}

/** The same for a run of `npm start`, in its own process. */
export async function serveRunsConsole(
  run: RunningLine,
  host: OperatorHost,
  sentBytes: NonNullable<BoardRequest['sentBytes']>,
): Promise<Console> {
  await using opened = new AsyncDisposableStack();
  const open = opened.use(openLine(await lineOfRun(run), host, QUIET));
  const { url } = opened.use(await serveConsole(open, { port: 0, counts: true, sentBytes }));
  const everything = opened.move();
  return { url, [Symbol.asyncDispose]: () => everything.disposeAsync() };
}

async function listen(server: Server, port: number): Promise<number> {
  // A large file takes its time to come in.
  server.requestTimeout = 0;
  server.listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Refusal(`Port ${port} can’t be had (${code}): give another --port, or leave it out.`);
  }
  return (server.address() as AddressInfo).port;
}

/** Ends every connection: the pages that listen would keep it open for ever. */
async function closed(server: Server): Promise<void> {
  const ended = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await ended;
}

function oneAtATime(): Room['alone'] {
  let last: Promise<unknown> = Promise.resolve();
  return <T>(work: () => Promise<T>): Promise<T> => {
    const next = last.then(work);
    last = next.catch(() => undefined);
    return next;
  };
}

async function handle(room: Room, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = '', headers } = request;
  const { pathname: path, searchParams: query } = new URL(`http://here${pathOf(request)}`);
  for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
  const refused = refusalOf({ method, path, headers }, room.own);
  if (refused !== undefined) return say(response, refused.status, { says: refused.says });
  const asked = `${method} ${path}`;
  if (asked === LIVE) return listenTo(room.live, response);
  const answer = Object.hasOwn(ANSWERS, asked) ? ANSWERS[asked] : undefined;
  if (answer !== undefined) return reply(answer, { ...room, request, query }, response);
  const file = method === 'GET' || method === 'HEAD' ? room.files.get(path) : undefined;
  if (file === undefined) return say(response, 404, { says: 'There is nothing here.' });
  response.setHeader('content-type', file.contentType).end(file.body);
}

/** The absolute form is for proxies; nothing but a path is answered. */
const pathOf = ({ url = '' }: IncomingMessage) =>
  /^\/(?!\/)/.test(url) && URL.canParse(`http://here${url}`) ? url : '/?';

function listenTo(live: Live, response: ServerResponse): void {
  if (!live.listen(response)) say(response, 503, { says: 'Too many pages are open already.' });
}

type Asked = Room & { readonly request: IncomingMessage; readonly query: URLSearchParams };

async function reply(answer: Answer, asked: Asked, response: ServerResponse): Promise<void> {
  const leaving = new AbortController();
  response.on('close', () => leaving.abort());
  const { host } = asked.open;
  const interrupted = AbortSignal.any([host.interrupted, leaving.signal]);
  const open: OpenLine = { ...asked.open, host: { ...host, interrupted } };
  try {
    say(response, 200, await answer({ ...asked, open }));
  } catch (error) {
    const { status, says } = failureOf(error);
    say(response, status, { says });
  }
}

function failureOf(error: unknown): { readonly status: number; readonly says: string } {
  if (error instanceof Refusal) return { status: 400, says: error.message };
  const says = saidBy(error)?.message;
  if (says !== undefined) return { status: 502, says };
  return { status: 500, says: `The console failed: ${error instanceof Error ? error.message : 'unknown'}` };
}

function say(response: ServerResponse, status: number, body: unknown): void {
  if (response.destroyed || response.headersSent) return;
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(body));
}
