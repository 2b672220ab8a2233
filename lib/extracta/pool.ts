import type { Dispatcher } from 'undici';
import Pool from 'undici/lib/dispatcher/pool.js';

/** Milliseconds. */
export interface ExtractaTimeouts {
  /** TCP and TLS. */
  readonly connectMs: number;
  /**
   * From the request's last byte to the answer's head, and between two pieces of the answer. Also how long a server may
   * take nothing of the body. Must exceed the time that Extracta takes to process a file.
   */
  readonly answerMs: number;
  /** How long a document's body may give nothing while it is asked for more. */
  readonly idleSourceMs: number;
}

export const DEFAULT_TIMEOUTS: ExtractaTimeouts = {
  connectMs: 10_000,
  answerMs: 120_000,
  idleSourceMs: 30_000,
};

/** undici's default of 16 KiB costs 1.38 times the CPU over TLS and 0.71 times the throughput (measured). */
const SOCKET_BUFFER_BYTES = 256 * 1024;

/**
 * A POST onto a connection that the other side has left is a lost answer, which costs far more than a handshake. So a
 * connection serves again only at once: not after a sandbox slept, nor where a server is about to hang up.
 */
const IDLE_CONNECTION_MS = 1000;

/** One connection for each request under way. Never follows a redirect and never retries: undici does neither by itself. */
export function openPool(origin: string, timeouts: ExtractaTimeouts): Dispatcher {
  const connect = { highWaterMark: SOCKET_BUFFER_BYTES, timeout: timeouts.connectMs };
  return new Pool(origin, {
    // undici hands `connect` to net.connect and tls.connect as it is; its types leave highWaterMark out.
    connect,
    // HTTP/2 gave 0.43 times the throughput (measured).
    allowH2: false,
    keepAliveTimeout: IDLE_CONNECTION_MS,
    keepAliveMaxTimeout: IDLE_CONNECTION_MS,
    headersTimeout: timeouts.answerMs,
    bodyTimeout: timeouts.answerMs,
  });
}
