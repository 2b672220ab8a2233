import { type FailureCode, UploaderError } from '../pipeline/failures.ts';
import type { Reply } from './exchange.ts';
import { refusal } from './replies.ts';
import { retryAfterMs } from './retry-after.ts';
import { missingThing, quotable, saysOutOfCredits } from './wording.ts';

/** What a failure means depends on what was asked. */
export interface Asked {
  /** Whether the closing boundary of a document was handed over: then only Extracta's own refusal proves that it did not arrive. */
  readonly closingHandedOver: boolean;
  readonly batchNamed: boolean;
  /** What we said ourselves and a refusal may quote: ids, and a file that may be called "no credit left.pdf". */
  readonly quotes: readonly string[];
  readonly token: string;
  readonly nowMs: number;
}

interface Refused {
  readonly status: number;
  /** It is Extracta's own JSON refusal. */
  readonly own: boolean;
  readonly credits: boolean;
  readonly missing: 'classification' | 'batch' | undefined;
  readonly batchNamed: boolean;
  /** It surely did not arrive. */
  readonly certain: boolean;
}

type Rule = readonly [code: FailureCode, applies: (refused: Refused) => boolean];

/** Read from the top. Codes that say "never arrived" apply only where that is certain. */
const RULES: readonly Rule[] = [
  ['extracta.unauthorized', ({ status }) => status === 401],
  ['extracta.out-of-credits', ({ status, own, credits }) => status === 402 || (own && credits)],
  // Not as 401: it may be said of this document alone, by whatever stands in front of Extracta.
  ['extracta.forbidden', ({ status }) => status === 403],
  ['extracta.throttled', ({ status }) => status === 429],
  ['extracta.unavailable', ({ status }) => status >= 500],
  ['extracta.too-large', ({ status, certain }) => status === 413 && certain],
  ['extracta.unsupported', ({ status, certain }) => status === 415 && certain],
  ['batch.unknown', ({ own, missing, batchNamed }) => own && missing === 'batch' && batchNamed],
  ['extracta.classification-not-found', ({ own, missing }) => own && missing === 'classification'],
  ['extracta.rejected', ({ own }) => own],
];

/** Translates a reply that is not the answer to what was asked. */
export function replyFailure(reply: Reply, asked: Asked): UploaderError {
  const message = refusal(reply);
  const own = message !== undefined;
  const wording = withoutQuotes(message ?? '', asked.quotes);
  const refused: Refused = {
    status: reply.status,
    own,
    credits: saysOutOfCredits(wording),
    missing: missingThing(wording),
    batchNamed: asked.batchNamed,
    certain: own || !asked.closingHandedOver,
  };
  const [code] = RULES.find(([, applies]) => applies(refused)) ?? (['extracta.reply-unreadable'] as const);
  const retryMs = retryAfterMs(reply.headers, asked.nowMs);
  return new UploaderError(code, described(reply.status, message, asked.token), {
    httpStatus: reply.status,
    mayHaveArrived: !refused.certain,
    ...(retryMs === undefined ? {} : { retryAfterMs: retryMs }),
  });
}

function withoutQuotes(message: string, quotes: readonly string[]): string {
  return quotes.filter((quote) => quote !== '').reduce((text, quote) => text.replaceAll(quote, ' '), message);
}

/** Whether it may be the token's fault: then the secret is read again, once. */
export function deniesToken({ code }: UploaderError): boolean {
  return code === 'extracta.unauthorized' || code === 'extracta.forbidden';
}

function described(status: number, message: string | undefined, token: string): string {
  if (message === undefined) return `Extracta answered ${status} with nothing that is known of its API`;
  return `Extracta answered ${status}: ${quotable(message, token) || 'no reason given'}`;
}

/** How much of a document had been handed over when its request broke off. */
export interface Sent {
  /** At least one byte of the document itself. */
  readonly begun: boolean;
  readonly closingHandedOver: boolean;
}

export const NOTHING_SENT: Sent = { begun: false, closingHandedOver: false };

/**
 * Translates what a request was broken off with. An abort by our signal costs a document an attempt only where its own
 * bytes were on their way: one that takes a whole invocation every time must come to an end.
 */
export function brokenOff(error: unknown, sent: Sent, signal: AbortSignal): UploaderError {
  if (sent.closingHandedOver) {
    const message = `The document was sent and no whole answer came: ${said(error)}`;
    return new UploaderError('extracta.reply-lost', message, { cause: error });
  }
  if (signal.aborted && isAborts(error, signal)) return aborted(error, sent);
  return error instanceof UploaderError ? error : unreachable(error);
}

/** The abort breaks the document's body as well, which may be the first to tell. */
function isAborts(error: unknown, signal: AbortSignal): boolean {
  const ours = error instanceof UploaderError && error !== signal.reason;
  return !ours || error.code === 'document.unavailable';
}

function aborted(cause: unknown, { begun }: Sent): UploaderError {
  return begun
    ? new UploaderError('upload.out-of-time', 'Broken off in the body: the time for it was over', { cause })
    : new UploaderError('invocation.ending', 'Broken off: the invocation is about to end', { cause });
}

function unreachable(cause: unknown): UploaderError {
  if (codeOf(cause) === 'UND_ERR_INVALID_ARG') {
    return new UploaderError(
      'extracta.unauthorized',
      'The API token holds characters that no header can carry',
      { cause },
    );
  }
  return new UploaderError('extracta.unreachable', `Extracta could not be reached: ${said(cause)}`, {
    cause,
  });
}

/** A DOMException's code is a number, and says less than its name. */
function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}

/** Of a foreign error only what names its kind: its text is not ours to vouch for. */
function said(error: unknown): string {
  return codeOf(error) ?? (error as Error | undefined)?.name ?? 'unknown';
}
