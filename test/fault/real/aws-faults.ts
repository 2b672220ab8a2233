import { draw } from './draw.ts';
import type { Answer, ProxiedRequest, Treatment } from './fault-proxy.ts';

/** What one emulated service was asked, and how often it answered 5xx. */
export interface ServiceFigures {
  requests: number;
  failed: number;
  /** Of those that failed: the ones that the emulator had carried out before. */
  failedAfter: number;
  /** Calls of which every try failed. */
  doomedCalls: number;
}

const SHARE = 0.05;
/** How likely a call fails while fewer than that have failed, and otherwise. */
const CHANCE_BEHIND = 0.1;
const CHANCE_AHEAD = 0.02;
/** Of the calls that fail: those that fail at every try. The SDK's retries would hide all others. */
const ALWAYS_SHARE = 0.25;

/** Answers 5xx to 5 % of a service's requests, half of them after doing what was asked. */
export class ServiceFaults {
  readonly figures: ServiceFigures = { requests: 0, failed: 0, failedAfter: 0, doomedCalls: 0 };
  readonly #name: string;
  readonly #seed: number;
  readonly #answer: Answer;
  readonly #calls = new Map<string, 'always' | 'over'>();

  constructor(name: string, seed: number, answer: Answer) {
    this.#name = name;
    this.#seed = seed;
    this.#answer = answer;
  }

  readonly treat = ({ headers }: ProxiedRequest): Treatment => {
    this.figures.requests += 1;
    if (!this.#fails(String(headers['amz-sdk-invocation-id']))) return { isForwarded: true };
    const isForwarded = this.#draw('after') < 0.5;
    this.figures.failed += 1;
    if (isForwarded) this.figures.failedAfter += 1;
    return { isForwarded, instead: async () => this.#answer };
  };

  /** The SDK's retries of one call share its invocation id. */
  #fails(call: string): boolean {
    const known = this.#calls.get(call);
    if (known !== undefined) return known === 'always';
    const isBehind = this.figures.failed < SHARE * this.figures.requests;
    const fails = this.#draw('call') < (isBehind ? CHANCE_BEHIND : CHANCE_AHEAD);
    const isDoomed = fails && this.#draw('always') < ALWAYS_SHARE;
    this.#calls.set(call, isDoomed ? 'always' : 'over');
    if (isDoomed) this.figures.doomedCalls += 1;
    return fails;
  }

  #draw(what: string): number {
    return draw(this.#seed, this.#name, what, this.figures.requests);
  }
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
export const S3_FAILS: Answer = {
  status: 500,
  contentType: 'application/xml',
  body: '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>InternalError</Code><Message>We encountered an internal error. Please try again.</Message></Error>',
};

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html */
export const DYNAMODB_FAILS: Answer = {
  status: 500,
  contentType: 'application/x-amz-json-1.0',
  body: '{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError","message":"The request could not be processed"}',
};
