import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { createTransport, type Transport, type TransportTimeouts } from '../../../lib/aws/transport.ts';

type SdkRequest = Parameters<Transport['handle']>[0];

/** A server that says byte for byte what it is told to, and our transport to it. */
export interface Wire {
  readonly transport: Transport;
  readonly port: number;
  /** Of all that were ever made. */
  readonly connections: () => number;
  /** Requests as they came, head and body. */
  readonly heard: () => string;
  readonly request: (given?: object) => SdkRequest;
  /** Resolves when this side saw every connection end. */
  allClosed(): Promise<void>;
}

/** `does` is called for each piece that comes. */
export async function wire(
  does: (socket: Socket, piece: string) => unknown,
  timeouts: Partial<TransportTimeouts> = {},
): Promise<Wire> {
  const ends: Promise<unknown>[] = [];
  const sockets = new Set<Socket>();
  let heard = '';
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    ends.push(new Promise((resolve) => socket.once('close', resolve)));
    socket.on('error', () => {});
    socket.on('data', (piece) => {
      heard += piece.toString('latin1');
      does(socket, piece.toString('latin1'));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const transport = createTransport({ connectMs: 10_000, answerMs: 10_000, idleBodyMs: 10_000, ...timeouts });
  onTestFinished(async () => {
    transport.destroy?.();
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const request = (given: object = {}) =>
    ({
      protocol: 'http:',
      hostname: '127.0.0.1',
      port,
      method: 'GET',
      path: '/a',
      query: {},
      headers: { host: `127.0.0.1:${port}` },
      ...given,
    }) as unknown as SdkRequest;
  return {
    transport,
    port,
    connections: () => ends.length,
    heard: () => heard,
    request,
    allClosed: async () => void (await Promise.all(ends)),
  };
}

export const answer = (status: string, body = '', ...headers: readonly string[]): string =>
  [`HTTP/1.1 ${status}`, `Content-Length: ${body.length}`, ...headers, '', body].join('\r\n');
