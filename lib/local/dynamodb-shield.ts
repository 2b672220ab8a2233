import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';

/**
 * dynalite throws out of its event handlers, which ends the process, when a client goes away in the middle of a request,
 * or when its database is closed under a request. Here it only sees requests that have come in whole, and it can be
 * waited for until it has answered them.
 */
export function requestShield(server: Server): { settled(): Promise<void> } {
  const answer = server.listeners('request')[0] as RequestListener;
  const underWay = new Set<Promise<void>>();
  server.removeAllListeners('request');
  server.on('request', async (request, response) => {
    const body = await buffer(request).catch(() => undefined);
    if (body === undefined) return;
    const answered = whenEnded(response).finally(() => underWay.delete(answered));
    underWay.add(answered);
    answer(wholeRequest(request, body), response);
  });
  return { settled: async () => void (await Promise.all(underWay)) };
}

function wholeRequest({ method, url, headers }: IncomingMessage, body: Buffer): IncomingMessage {
  return Object.assign(Readable.from([body]), { method, url, headers }) as unknown as IncomingMessage;
}

/** Not its `close` event: that also comes when the client goes away while dynalite is still at work. */
function whenEnded(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const end = response.end.bind(response) as (...args: unknown[]) => ServerResponse;
    response.end = (...args: unknown[]) => {
      resolve();
      return end(...args);
    };
  });
}
