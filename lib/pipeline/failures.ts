/** What a failure code says of the document, of the line to Extracta, and what the message deserves. */
export interface FailureRule {
  /**
   * Did the document arrive at Extracta? `never`: certainly not. `perhaps`: nobody knows. `by-boundary`: the edge that
   * threw it knows, by whether the closing boundary was handed to the socket (`mayHaveArrived`).
   */
  readonly arrived: 'never' | 'perhaps' | 'by-boundary';
  /**
   * What it says of the line to Extracta: `none`: nothing; `works`: Extracta answered for itself; `pause`: until
   * Retry-After; `strike`: three in a row open the breaker; `trip`: the breaker opens at once.
   */
  readonly line: 'none' | 'works' | 'pause' | 'strike' | 'trip';
  readonly fate: Fate;
}

/**
 * `retry` counts an attempt and comes back after a backoff; `defer` comes back without counting; `park` goes to the
 * dead-letter queue with its reason; `skip` ends it; `verify` looks before any further send.
 * Whatever may have arrived is verified first, whatever its fate.
 */
export type Fate = 'retry' | 'defer' | 'verify' | 'park' | 'skip';

const rule = (arrived: FailureRule['arrived'], line: FailureRule['line'], fate: Fate): FailureRule => ({
  arrived,
  line,
  fate,
});

export const FAILURES = {
  'arrival.malformed': rule('never', 'none', 'park'),
  /** It was begun under a route that is no more. */
  'route.none': rule('never', 'none', 'park'),
  'route.invalid-metadata': rule('never', 'none', 'park'),

  'document.gone': rule('never', 'none', 'skip'),
  'document.superseded': rule('never', 'none', 'skip'),
  'document.empty': rule('never', 'none', 'park'),
  'document.unsupported-type': rule('never', 'none', 'park'),
  'document.too-large': rule('never', 'none', 'park'),
  'document.access-denied': rule('never', 'none', 'retry'),
  'document.throttled': rule('never', 'none', 'retry'),
  'document.unavailable': rule('never', 'none', 'retry'),
  'document.stalled': rule('never', 'none', 'retry'),
  /** The body ended early or ran on: fewer or more bytes than were promised. */
  'document.size-mismatch': rule('never', 'none', 'retry'),

  'claim.held': rule('never', 'none', 'defer'),
  'claim.lost': rule('never', 'none', 'defer'),

  'batch.opening': rule('never', 'none', 'defer'),
  /** Extracta does not know the batch that we named. Its slot is reopened; where it has none: `batch.not-found`. */
  'batch.unknown': rule('never', 'works', 'retry'),
  'batch.not-found': rule('never', 'none', 'park'),

  'line.paused': rule('never', 'none', 'defer'),
  'extracta.throttled': rule('by-boundary', 'pause', 'defer'),
  'extracta.unauthorized': rule('by-boundary', 'trip', 'defer'),
  /** 403: the token's rights, or a gate before Extracta that minds this one document. So it counts. */
  'extracta.forbidden': rule('by-boundary', 'strike', 'retry'),
  /** Refused with a token that has been replaced since: the next attempt has the new one. */
  'extracta.token-rotated': rule('by-boundary', 'none', 'defer'),
  'extracta.out-of-credits': rule('by-boundary', 'trip', 'defer'),
  /** Refused, no name, no route: no document can be the reason, and none pays for it. */
  'extracta.no-connection': rule('never', 'strike', 'defer'),
  /** The connection broke before the closing boundary was handed over. */
  'extracta.unreachable': rule('never', 'strike', 'retry'),
  /** 5xx, whatever its body. */
  'extracta.unavailable': rule('by-boundary', 'strike', 'retry'),
  'extracta.classification-not-found': rule('never', 'works', 'park'),
  'extracta.rejected': rule('never', 'works', 'park'),
  'extracta.too-large': rule('never', 'works', 'park'),
  'extracta.unsupported': rule('never', 'works', 'park'),
  /** The closing boundary was handed over and no answer came. */
  'extracta.reply-lost': rule('perhaps', 'strike', 'verify'),
  /** An answer came that is not one of Extracta's: HTML, a redirect, garbage, a file that we did not send. */
  'extracta.reply-unreadable': rule('by-boundary', 'strike', 'retry'),

  /** The lease or the invocation ended before the closing boundary could be let out: the body was broken off. */
  'upload.out-of-time': rule('never', 'none', 'retry'),
  /** Sent as often as a document may be, and the last answer was lost again: looked for, and not there. */
  'upload.attempts-exhausted': rule('never', 'none', 'park'),
  /** Whether it arrived cannot be told, and the policy is not to send again. */
  'upload.unverifiable': rule('never', 'none', 'park'),
  /** An answer was lost and it is too early to say that the document is not there. */
  'upload.unverified': rule('never', 'none', 'defer'),

  /** Another asked for results less than the pace ago. */
  'results.paced': rule('never', 'none', 'defer'),
  /** Extracta answered, but not whether the file is there: the batch is in work, or the token sees another account. */
  'results.inconclusive': rule('never', 'none', 'defer'),
  /** Too little of the invocation is left to begin a send. */
  'invocation.ending': rule('never', 'none', 'defer'),

  'ledger.throttled': rule('never', 'none', 'retry'),
  'ledger.unavailable': rule('never', 'none', 'retry'),
  'queue.unavailable': rule('never', 'none', 'defer'),
  'secret.unavailable': rule('never', 'trip', 'defer'),
  /** A defect of ours. Whether it arrived is told by whether a send had begun. */
  'internal.unexpected': rule('by-boundary', 'none', 'retry'),
} as const satisfies Record<string, FailureRule>;

export type FailureCode = keyof typeof FAILURES;

export interface FailureFacts {
  readonly cause?: unknown;
  readonly httpStatus?: number;
  /** From Retry-After, measured from now. */
  readonly retryAfterMs?: number;
  /** For `by-boundary` codes: whether the closing boundary had been handed over. Default false. */
  readonly mayHaveArrived?: boolean;
}

/** The one error that crosses the pipeline: a stable code, a message without secrets, the cause, and facts. */
export class UploaderError extends Error {
  override readonly name = 'UploaderError';
  readonly code: FailureCode;
  readonly httpStatus: number | undefined;
  readonly retryAfterMs: number | undefined;
  readonly mayHaveArrived: boolean;

  constructor(code: FailureCode, message: string, facts: FailureFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    const { arrived } = FAILURES[code];
    this.code = code;
    this.httpStatus = facts.httpStatus;
    this.retryAfterMs = facts.retryAfterMs;
    this.mayHaveArrived =
      arrived === 'perhaps' || (arrived === 'by-boundary' && facts.mayHaveArrived === true);
  }
}
