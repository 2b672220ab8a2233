import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';

/** What Extracta, or whatever stood in its place, answered. */
export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The body as JSON; undefined where it is none, or longer than we read. */
  readonly json: unknown;
}

export interface ExchangeTerms {
  /** A 2xx body longer than this is not read; another one is read up to `ERROR_BODY_BYTES`. */
  readonly answerBytes: number;
  readonly signal: AbortSignal;
}

export const ERROR_BODY_BYTES = 64 * 1024;

/** One for all: to make one for each reply showed in the profile. */
const UTF8 = new TextDecoder();

/**
 * One request, one reply, no retry, no redirect. An abort tears the connection down first: once this has settled,
 * nothing more of the request goes out. Rejects with undici's error, the body stream's, or the signal's reason.
 */
export async function exchange(
  dispatcher: Dispatcher,
  request: Dispatcher.DispatchOptions,
  terms: ExchangeTerms,
): Promise<Reply> {
  const { signal } = terms;
  signal.throwIfAborted();
  const reader = new ReplyReader(terms.answerBytes);
  const onAbort = () => reader.abort(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    dispatcher.dispatch(request, reader);
    return await reader.reply;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** Gathers one reply, and gives it up where it grows beyond its cap. */
class ReplyReader implements Dispatcher.DispatchHandler {
  readonly #settled = Promise.withResolvers<Reply>();
  readonly reply = this.#settled.promise;
  readonly #answerBytes: number;
  #controller: Dispatcher.DispatchController | undefined;
  #abortedBecause: Error | undefined;
  #status = 0;
  #headers: IncomingHttpHeaders = {};
  #leftBytes = 0;
  #chunks: Buffer[] = [];

  constructor(answerBytes: number) {
    this.#answerBytes = answerBytes;
  }

  abort(reason: Error): void {
    this.#abortedBecause = reason;
    this.#controller?.abort(reason);
    // Without a connection undici would tell us only once it has one, or none; it then finds the request aborted.
    this.#settled.reject(reason);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#abortedBecause) controller.abort(this.#abortedBecause);
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    this.#status = status;
    this.#headers = headers;
    this.#leftBytes = isSuccess(status) ? this.#answerBytes : ERROR_BODY_BYTES;
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#leftBytes -= chunk.length;
    this.#chunks.push(chunk);
    if (this.#leftBytes >= 0) return;
    this.#chunks = [];
    this.#settle();
    controller.abort(new Error('The answer is longer than we read'));
  }

  onResponseEnd(): void {
    this.#settle();
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#settled.reject(error);
  }

  #settle(): void {
    this.#settled.resolve({
      status: this.#status,
      headers: this.#headers,
      json: parsed(Buffer.concat(this.#chunks)),
    });
  }
}

export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(UTF8.decode(body));
  } catch {
    return undefined;
  }
}
