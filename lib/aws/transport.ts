import type { IncomingHttpHeaders } from 'node:http';
import type { S3ClientConfig } from '@aws-sdk/client-s3';
import type { Dispatcher } from 'undici';
import Agent from 'undici/lib/dispatcher/agent.js';
import { AnswerBody } from './answer-body.ts';
import { abortError, asTheSdkKnowsIt, timeoutError } from './transport-errors.ts';

/** Milliseconds. */
export interface TransportTimeouts {
  /** TCP and TLS. */
  readonly connectMs: number;
  /** From the request to the head of its answer. */
  readonly answerMs: number;
  /** Between two pieces of an answer's body, while they are asked for. */
  readonly idleBodyMs: number;
}

/** The SDK's own interface for what carries its requests. */
export type Transport = Extract<
  NonNullable<S3ClientConfig['requestHandler']>,
  { httpHandlerConfigs(): object }
>;
type SdkRequest = Parameters<Transport['handle']>[0];
type SdkOptions = NonNullable<Parameters<Transport['handle']>[1]>;
type SdkResponse = Awaited<ReturnType<Transport['handle']>>['response'];

/** As in the pool for Extracta: undici's default of 16 KiB costs TLS a third of its throughput (measured). */
const SOCKET_BUFFER_BYTES = 256 * 1024;
/** The SDK's default. */
const CONNECTIONS = 50;
/** A request onto a connection that the other side has left costs one of the few attempts; S3 hangs up after some 20 s. */
const IDLE_CONNECTION_MS = 15_000;

/**
 * The SDK's requests over undici, in place of its NodeHttpHandler: docs/adr/0014-own-transport.md has the figures. Fails
 * as that one does: `TimeoutError`, `AbortError`, codes of Node's. Never sends `Expect: 100-continue`, which undici refuses.
 */
export function createTransport(timeouts: TransportTimeouts): Transport {
  const agent = new Agent({
    // undici hands `connect` to net.connect and tls.connect as it is; its types leave highWaterMark out.
    connect: { highWaterMark: SOCKET_BUFFER_BYTES, timeout: timeouts.connectMs },
    allowH2: false,
    connections: CONNECTIONS,
    keepAliveTimeout: IDLE_CONNECTION_MS,
    keepAliveMaxTimeout: IDLE_CONNECTION_MS,
    // Ours counts from the request; undici's would begin with the last byte of its body.
    headersTimeout: 0,
    bodyTimeout: timeouts.idleBodyMs,
  } as Agent.Options);
  return {
    metadata: { handlerProtocol: 'http/1.1' },
    handle: async (request: SdkRequest, options: SdkOptions = {}) => ({
      response: await exchange(
        agent,
        request,
        options.abortSignal,
        options.requestTimeout ?? timeouts.answerMs,
      ),
    }),
    destroy: () => void agent.destroy(),
    updateHttpClientConfig: () => {},
    httpHandlerConfigs: () => ({}),
  };
}

async function exchange(
  agent: Agent,
  request: SdkRequest,
  abortSignal: SdkOptions['abortSignal'],
  answerMs: number,
): Promise<SdkResponse> {
  // What we are given is always one of Node's.
  const signal = abortSignal as AbortSignal | undefined;
  if (signal?.aborted) throw abortError(signal);
  const answer = new Answer(signal, answerMs);
  agent.dispatch(dispatched(request), answer);
  return answer.head;
}

function dispatched({ protocol, hostname, port, method, headers, body, ...request }: SdkRequest) {
  const query = queryString(request.query ?? {});
  return {
    origin: `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}`,
    path: query === '' ? request.path : `${request.path}?${query}`,
    method: method as Dispatcher.HttpMethod,
    headers,
    body: body ?? null,
    // undici hangs up after a HEAD, for servers that answer it with a body.
    ...(method === 'HEAD' ? { reset: false } : {}),
  };
}

/** Encoded as it was signed. https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html */
function queryString(query: NonNullable<SdkRequest['query']>): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value ?? '']).map((each) => `${encoded(name)}=${encoded(each)}`),
  );
  return pairs.join('&');
}

function encoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** One answer: its head is a promise, its body a stream. An abort ends whichever of the two is still to come. */
class Answer implements Dispatcher.DispatchHandler {
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
    const body = new AnswerBody(controller);
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

/** As Node joins what comes several times. */
function joined(headers: IncomingHttpHeaders): Record<string, string> {
  const single: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) single[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return single;
}
