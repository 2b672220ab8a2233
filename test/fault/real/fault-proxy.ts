import {
  Agent,
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { closeAtOnce, listenOnLoopback } from '../../../lib/local/loopback.ts';

export interface ProxiedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** What becomes of a request. */
export interface Treatment {
  /** Whether the server behind is asked at all. */
  readonly isForwarded: boolean;
  /** What the client gets in its place, once the server has answered if it was asked; undefined: a broken connection. */
  instead?(): Promise<Answer | undefined>;
}

export interface FaultProxy extends AsyncDisposable {
  readonly endpoint: string;
}

/** An HTTP server on 127.0.0.1 in front of another that now and then says something else. Request bodies are held whole. */
export async function startFaultProxy(
  target: string,
  treat: (request: ProxiedRequest) => Treatment,
): Promise<FaultProxy> {
  const agent = new Agent({ keepAlive: true });
  const server = createServer((request, response) => {
    handle(request, response, treat, { target, agent }).catch(() => request.socket.destroy());
  });
  const endpoint = await listenOnLoopback(server, 0);
  const close = async () => {
    await closeAtOnce(server);
    agent.destroy();
  };
  return { endpoint, [Symbol.asyncDispose]: close };
}

interface Behind {
  readonly target: string;
  readonly agent: Agent;
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  treat: (request: ProxiedRequest) => Treatment,
  behind: Behind,
): Promise<void> {
  const { method = '', url: path = '', headers } = request;
  const proxied = { method, path, headers, body: await buffer(request) };
  const treatment = treat(proxied);
  const reply = treatment.isForwarded ? await forward(proxied, behind) : undefined;
  if (treatment.instead === undefined && reply !== undefined) return relay(reply, response);
  reply?.resume();
  const answer = await treatment.instead?.();
  if (answer === undefined) return void request.socket.resetAndDestroy();
  response.writeHead(answer.status, { 'content-type': answer.contentType });
  response.end(method === 'HEAD' ? '' : answer.body);
}

function forward(
  { method, path, headers, body }: ProxiedRequest,
  { target, agent }: Behind,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const onward = httpRequest(new URL(path, target), { method, headers, agent });
    onward.once('response', resolve).once('error', reject);
    onward.end(body);
  });
}

async function relay(reply: IncomingMessage, response: ServerResponse): Promise<void> {
  response.writeHead(reply.statusCode ?? 502, reply.headers);
  await pipeline(reply, response);
}
