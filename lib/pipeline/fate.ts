import { documentRules } from './document-rules.ts';
import { FAILURES, UploaderError } from './failures.ts';
import type { Claim } from './held.ts';
import type { LineOutcome } from './line.ts';
import type { Pair } from './model.ts';

/** What a claimed document's failure comes to. */
export type Ending =
  | {
      readonly kind: 'release';
      /** The pairs that may hold the file now. */
      readonly sentTo: readonly Pair[];
      readonly isLost: boolean;
      readonly givesBackAttempt: boolean;
      /** The pairs that a look ruled out: a later look asks them once more. */
      readonly ruledOut: readonly Pair[];
      readonly decision: string | undefined;
    }
  | {
      readonly kind: 'park';
      readonly sentTo: readonly Pair[];
      readonly ruledOut: readonly Pair[];
      readonly because: UploaderError;
    }
  | { readonly kind: 'skip' };

export interface Circumstances {
  readonly line: LineOutcome;
  readonly claim: Claim;
  readonly ruledOut: readonly Pair[];
  readonly sendingTo: Pair | undefined;
  readonly maxAttempts: number;
}

/** Did it arrive, and what of the line: the two verdicts, and from them the document's fate. Pure. */
export function endingOf(failure: UploaderError, circumstances: Circumstances): Ending {
  const { line, claim, ruledOut, sendingTo, maxAttempts } = circumstances;
  const isLost = sendingTo !== undefined && failure.mayHaveArrived;
  const rule = FAILURES[failure.code];
  const isLines = rule.line !== 'none' && line.isPaused;
  const counts = claim.counted && rule.fate !== 'defer' && !isLines;
  if (isLost) {
    const sentTo = documentRules.added(claim.oldSentTo, sendingTo);
    const givesBackAttempt = claim.counted && !counts && documentRules.canBeLookedFor(sendingTo);
    return { kind: 'release', sentTo, isLost, givesBackAttempt, ruledOut: [], decision: undefined };
  }
  const sentTo = documentRules.restored(claim.oldSentTo, ruledOut);
  if (rule.fate === 'skip' && documentRules.mayBeSkipped(claim.oldSentTo, ruledOut)) return { kind: 'skip' };
  if (rule.fate === 'skip') return { kind: 'park', sentTo, ruledOut, because: unverifiable(failure) };
  if (rule.fate === 'park') return { kind: 'park', sentTo, ruledOut, because: failure };
  if (counts && claim.attempts >= maxAttempts) return { kind: 'park', sentTo, ruledOut, because: failure };
  const givesBackAttempt = claim.counted && !counts;
  return { kind: 'release', sentTo, isLost, givesBackAttempt, ruledOut, decision: claim.decision };
}

/** It is gone from S3, and nobody can tell whether Extracta has it: a person must know. */
function unverifiable(failure: UploaderError): UploaderError {
  return new UploaderError(
    'upload.unverifiable',
    `Nobody can tell whether the document arrived, and it can't be sent again: ${failure.message}`,
    { cause: failure },
  );
}
