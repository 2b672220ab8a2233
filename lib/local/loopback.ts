import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Another program listens on the port that was asked for. */
export class PortTaken extends Error {
  override readonly name = 'PortTaken';
  readonly port: number;

  constructor(port: number, cause: unknown) {
    super(`Port ${port} on 127.0.0.1 is taken.`, { cause });
    this.port = port;
  }
}

/** Listens on 127.0.0.1 and nowhere else; 0 is any free port. Returns `http://127.0.0.1:port`. Throws `PortTaken`. */
export async function listenOnLoopback(server: Server, port: number): Promise<string> {
  // A slow upload is no attack here, and an idle client must not meet a closed connection.
  server.requestTimeout = 0;
  server.keepAliveTimeout = 10 * 60_000;
  server.listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'EADDRINUSE' ? new PortTaken(port, error) : error;
  }
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Ends every connection, also those that are in use. */
export async function closeAtOnce(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
