import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server that answers as it is told and remembers what it was asked, over real HTTP. */
export interface StandIn {
  readonly url: string;
  readonly requests: readonly SeenRequest[];
  close(): Promise<void>;
}

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** `answer` answers by value, or writes to the response itself and returns nothing. */
export async function startStandIn(
  answer: (
    request: SeenRequest,
    response: ServerResponse,
  ) => Answer | undefined | Promise<Answer | undefined>,
): Promise<StandIn> {
  const requests: SeenRequest[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const url = new URL(request.url ?? '/', 'http://stand-in');
    const { method = '', headers } = request;
    const seen = { method, path: decodeURIComponent(url.pathname), query: url.searchParams, headers, body };
    requests.push(seen);
    const given = await answer(seen, response);
    if (given !== undefined) response.writeHead(given.status, given.headers).end(given.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests, close };
}

/** One that accepts a connection and drops it. */
export const dropped = (_: SeenRequest, response: ServerResponse): undefined =>
  void response.socket?.destroy();

/** An address where nobody listens. */
export async function nobodysUrl(): Promise<string> {
  const standIn = await startStandIn(() => undefined);
  await standIn.close();
  return standIn.url;
}
