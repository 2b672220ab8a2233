import type { Dispatcher } from 'undici';
import type { Chance, Clock, Extracta } from '../pipeline/ports.ts';
import type { Line } from './line.ts';
import { DEFAULT_TIMEOUTS, type ExtractaTimeouts, openPool } from './pool.ts';
import { results, seesClassification } from './questions.ts';
import type { TokenSource } from './token.ts';
import { upload } from './upload.ts';

export interface ExtractaOptions {
  /** With its path, as `https://api.extracta.ai/api/v1`. */
  readonly baseUrl: string;
  readonly token: TokenSource;
  readonly clock: Clock;
  readonly chance: Chance;
  /** Default: `DEFAULT_TIMEOUTS`, each by itself. */
  readonly timeouts?: Partial<ExtractaTimeouts>;
  /** Default: a pool of its own. */
  readonly dispatcher?: Dispatcher;
}

export interface ExtractaClient extends Extracta {
  /** Waits for what is under way, then closes every connection. */
  close(): Promise<void>;
}

/** Extracta's document classification API. Throws a TypeError where `baseUrl` is no URL. */
export function createExtracta(options: ExtractaOptions): ExtractaClient {
  const { origin, pathname } = new URL(options.baseUrl);
  const timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts };
  const dispatcher = options.dispatcher ?? openPool(origin, timeouts);
  const { token, clock, chance } = options;
  const basePath = pathname.replace(/\/+$/, '');
  const line: Line = { dispatcher, origin, basePath, token, clock, chance, timeouts };
  return {
    upload: (request) => upload(line, request),
    results: (pair, signal) => results(line, pair, signal),
    seesClassification: (classificationId, signal) => seesClassification(line, classificationId, signal),
    close: () => dispatcher.close(),
  };
}
