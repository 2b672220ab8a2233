import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { AnswerBody } from './answer-body.ts';
import type { SdkResponse } from './transport.ts';
import { abortError, asTheSdkKnowsIt, timeoutError } from './transport-errors.ts';

/** One answer: its head is a promise, its body a stream. An abort ends whichever of the two is still to come. */
export class Answer implements Dispatcher.DispatchHandler {
  readonly #head = Promise.withResolvers<SdkResponse>();
  readonly head = this.#head.promise;
  readonly #signal: AbortSignal | undefined;
  readonly #timer: NodeJS.Timeout | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #body: AnswerBody | undefined;
  #givenUp: Error | undefined;

  constructor(signal: AbortSignal | undefined, answerMs: number) {
    this.#signal = signal;
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (answerMs > 0) this.#timer = setTimeout(this.#onTimeout, answerMs, answerMs);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#givenUp) controller.abort(this.#givenUp);
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    statusCode: number,
    headers: IncomingHttpHeaders,
    reason = '',
  ): void {
    if (statusCode < 200) return;
    clearTimeout(this.#timer);
    const body = new AnswerBody(controller, Number(headers['content-length']));
    body.once('close', this.#over);
    this.#body = body;
    this.#head.resolve({ statusCode, reason, headers: joined(headers), body });
  }

  onResponseData(_: Dispatcher.DispatchController, piece: Buffer): void {
    this.#body?.receive(piece);
  }

  onResponseEnd(): void {
    this.#body?.end();
    this.#signal?.removeEventListener('abort', this.#onAbort);
  }

  onResponseError(_: Dispatcher.DispatchController | undefined, error: Error): void {
    this.#fail(asTheSdkKnowsIt(error));
  }

  #onAbort = () => this.#giveUp(abortError(this.#signal ?? {}));

  #onTimeout = (answerMs: number) =>
    this.#giveUp(timeoutError(`No answer within ${answerMs} ms`, 'ETIMEDOUT'));

  /** The connection goes first: once this has settled, nothing more of the request goes out. */
  #giveUp(error: Error): void {
    this.#givenUp = error;
    this.#controller?.abort(error);
    this.#fail(error);
  }

  #fail(error: Error): void {
    this.#over();
    this.#body?.destroy(error);
    this.#head.reject(error);
  }

  #over = () => {
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener('abort', this.#onAbort);
  };
}

/** Of these Node takes the first. https://nodejs.org/api/http.html#messageheaders */
const ONCE = new Set([
  'age',
  'content-type',
  'etag',
  'expires',
  'last-modified',
  'location',
  'retry-after',
  'server',
]);

/** As Node joins what comes several times. */
function joined(headers: IncomingHttpHeaders): Record<string, string> {
  const single: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (Array.isArray(value)) single[name] = value.slice(0, ONCE.has(name) ? 1 : undefined).join(', ');
    else if (value !== undefined) single[name] = value;
  }
  return single;
}
