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
  /** A refusal may quote it, and it may be called "credit not found.pdf". */
  readonly fileName: string;
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
  ['extracta.unauthorized', ({ status }) => status === 403],
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
  const wording = (message ?? '').replaceAll(asked.fileName, '');
  const refused: Refused = {
    status: reply.status,
    own,
    credits: saysOutOfCredits(wording),
    missing: missingThing(wording, reply.status),
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

function described(status: number, message: string | undefined, token: string): string {
  if (message === undefined) return `Extracta answered ${status} with nothing that is known of its API`;
  return `Extracta answered ${status}: ${quotable(message, token) || 'no reason given'}`;
}

/** Translates what a request was broken off with. Whether it was an upload's is told by `closingHandedOver`. */
export function brokenOff(error: unknown, closingHandedOver: boolean, signal: AbortSignal): UploaderError {
  if (closingHandedOver) {
    const message = `The document was sent and no whole answer came: ${said(error)}`;
    return new UploaderError('extracta.reply-lost', message, { cause: error });
  }
  if (error instanceof UploaderError && error !== signal.reason) return error;
  return signal.aborted ? outOfTime(error) : unreachable(error);
}

function outOfTime(cause: unknown): UploaderError {
  return new UploaderError('upload.out-of-time', 'Broken off: the time for it was over', { cause });
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

function codeOf(error: unknown): string | undefined {
  return (error as { code?: string } | undefined)?.code;
}

/** Of a foreign error only what names its kind: its text is not ours to vouch for. */
function said(error: unknown): string {
  return codeOf(error) ?? (error as Error | undefined)?.name ?? 'unknown';
}
