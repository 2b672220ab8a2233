import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';

/**
 * dynalite throws out of its event handlers, which ends the process, when a client goes away in the middle of a request,
 * or when its database is closed under a request. Here it only sees requests that have come in whole, and `drained`
 * shows it no more of them and resolves when it has answered those it has seen.
 */
export function requestShield(server: Server): { drained(): Promise<void> } {
  const answer = server.listeners('request')[0] as RequestListener;
  const underWay = new Set<Promise<void>>();
  let closing = false;
  server.removeAllListeners('request');
  server.on('request', async (request, response) => {
    const body = await buffer(request).catch(() => undefined);
    if (body === undefined) return;
    if (closing) return void request.socket.destroy();
    const answered = whenEnded(response).finally(() => underWay.delete(answered));
    underWay.add(answered);
    answer(wholeRequest(request, body), response);
  });
  const drained = async () => {
    closing = true;
    await Promise.all(underWay);
  };
  return { drained };
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
