import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { listenOnLoopback } from '../../lib/local/loopback.ts';
import type { Certificate } from './certificate.ts';

/** Where a source or a sink listens. */
export interface Addresses {
  readonly plain: string;
  readonly tls: string;
}

/** The same answers over http and https, each on a free port of 127.0.0.1; ends with the process that forked this one. */
export async function serveBoth(listener: RequestListener): Promise<void> {
  const { keyPem, certPem } = await asked<Certificate>();
  const plain = await listenOnLoopback(createServer(listener), 0);
  const tls = await listenOnLoopback(createTlsServer({ key: keyPem, cert: certPem }, listener), 0);
  tell({ plain, tls: tls.replace('http:', 'https:') } satisfies Addresses);
  process.once('disconnect', () => process.exit());
  // The terminal's Ctrl-C goes to all; the one that forked us decides.
  process.on('SIGINT', () => {});
}

/** The next message of the process that forked this one. */
export function asked<T>(): Promise<T> {
  return new Promise((resolve) => process.once('message', (message) => resolve(message as T)));
}

export function tell(message: object): void {
  process.send?.(message);
}
