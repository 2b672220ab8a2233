import type { Dispatcher } from 'undici';
import type { Chance, Clock } from '../pipeline/ports.ts';
import { type ExchangeTerms, exchange, type Reply } from './exchange.ts';
import type { ExtractaTimeouts } from './pool.ts';
import type { TokenSource } from './token.ts';

/** What every call to Extracta goes over. */
export interface Line {
  readonly dispatcher: Dispatcher;
  /** Scheme, host and port. */
  readonly origin: string;
  /** The base URL's path, without a slash at its end. */
  readonly basePath: string;
  readonly token: TokenSource;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly timeouts: ExtractaTimeouts;
}

export interface Post {
  /** Below the base URL, beginning with a slash. */
  readonly path: string;
  readonly token: string;
  readonly contentType: string;
  readonly contentLength: number;
  readonly body: Exclude<Dispatcher.DispatchOptions['body'], undefined>;
}

/** Always with Content-Length: whether Extracta takes chunked bodies is not known. */
export function post(
  line: Line,
  { path, token, contentType, contentLength, body }: Post,
  terms: ExchangeTerms,
): Promise<Reply> {
  const request: Dispatcher.DispatchOptions = {
    origin: line.origin,
    path: `${line.basePath}${path}`,
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      accept: 'application/json',
      'user-agent': 'extracta-uploader',
      'content-type': contentType,
      'content-length': String(contentLength),
    },
    body,
  };
  return exchange(line.dispatcher, request, terms);
}
