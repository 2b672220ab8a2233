import type { S3ClientConfig } from '@aws-sdk/client-s3';
import type { Dispatcher } from 'undici';
import Agent from 'undici/lib/dispatcher/agent.js';
import { Answer } from './answer.ts';
import { abortError } from './transport-errors.ts';

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
export type SdkResponse = Awaited<ReturnType<Transport['handle']>>['response'];

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
  let agent: Agent | undefined;
  return {
    metadata: { handlerProtocol: 'http/1.1' },
    async handle(request: SdkRequest, { abortSignal, requestTimeout }: SdkOptions = {}) {
      agent ??= openAgent(timeouts);
      return { response: await exchange(agent, request, abortSignal, requestTimeout ?? timeouts.answerMs) };
    },
    // Of what is open now: as with the SDK's own, a client that was destroyed may be used again.
    destroy() {
      void agent?.destroy();
      agent = undefined;
    },
    updateHttpClientConfig: () => {},
    httpHandlerConfigs: () => ({}),
  };
}

function openAgent({ connectMs, idleBodyMs }: TransportTimeouts): Agent {
  // undici hands `connect` to net.connect and tls.connect as it is; its types leave highWaterMark out.
  const connect = { highWaterMark: SOCKET_BUFFER_BYTES, timeout: connectMs };
  return new Agent({
    connect,
    allowH2: false,
    connections: CONNECTIONS,
    keepAliveTimeout: IDLE_CONNECTION_MS,
    keepAliveMaxTimeout: IDLE_CONNECTION_MS,
    // Ours counts from the request; undici's would begin with the last byte of its body.
    headersTimeout: 0,
    bodyTimeout: idleBodyMs,
  });
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
  const sent = dispatched(request);
  const answer = new Answer(signal, answerMs);
  agent.dispatch(sent, answer);
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
