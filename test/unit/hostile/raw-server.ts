import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import type { ExtractaClient, ExtractaOptions } from '../../../lib/extracta/client.ts';
import { clientOf, stoppedClock } from '../extracta/stand-in.ts';

/** What a server does with one connection. */
export type Misbehaviour = (peer: Peer) => unknown;

export interface Peer {
  readonly socket: Socket;
  /** Resolves when the request has come whole: up to the form's closing boundary, or the question's last brace. */
  readonly wholeRequest: Promise<void>;
  /** Resolves when its first bytes have come; from then on nothing more is read. */
  firstBytes(): Promise<void>;
  /** Writes `piece` again and again, as fast as it is taken, until the other side has had enough. */
  flood(piece: Buffer | string): void;
}

export interface RawServer {
  readonly extracta: ExtractaClient;
  /** How many bytes it got rid of, kernel's buffers included. */
  sentBytes(): number;
  readonly connections: () => number;
  /** Resolves when our client has closed, and this side saw every connection end. */
  allClosed(): Promise<void>;
}

/** Speaks no HTTP but what it is told to. */
export async function rawServer(
  does: Misbehaviour,
  options: Partial<ExtractaOptions> = {},
): Promise<RawServer> {
  const sockets = new Set<Socket>();
  const ends: Promise<unknown>[] = [];
  let sentBytes = 0;
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    ends.push(new Promise((resolve) => socket.once('close', resolve)));
    socket
      .on('error', () => {})
      .once('close', () => {
        sentBytes += socket.bytesWritten;
        sockets.delete(socket);
      });
    void does(peerOf(socket));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const extracta = clientOf(
    `http://127.0.0.1:${(server.address() as AddressInfo).port}/base`,
    stoppedClock(),
    options,
  );
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await Promise.all([extracta.close().catch(() => {}), new Promise((resolve) => server.close(resolve))]);
  });
  const allClosed = async () => {
    await extracta.close();
    // Who does not read does not see the other side's end either.
    for (const socket of sockets) socket.resume();
    await Promise.all(ends);
  };
  return { extracta, sentBytes: () => sentBytes, connections: () => sockets.size, allClosed };
}

function peerOf(socket: Socket): Peer {
  const whole = Promise.withResolvers<void>();
  const first = Promise.withResolvers<void>();
  let end = '';
  socket.on('data', (chunk) => {
    end = (end + chunk.toString('latin1')).slice(-100);
    if (/(?:-b\d+--\r\n|\}|\r\n0\r\n\r\n)$/.test(end)) whole.resolve();
    first.resolve();
  });
  const flood = (piece: Buffer | string) => {
    if (socket.destroyed) return;
    if (socket.write(piece)) setImmediate(flood, piece);
    else socket.once('drain', () => flood(piece));
  };
  return {
    socket,
    wholeRequest: whole.promise,
    firstBytes: async () => {
      await first.promise;
      socket.pause();
    },
    flood,
  };
}
