import type { Decision } from './change.ts';
import { FAILURES } from './failures.ts';
import { type ArrivalMessage, type DocumentItem, UNKNOWN_BATCH } from './model.ts';
import type { Confirmation, FoundLetter } from './ports.ts';
import type { Reading } from './read-message.ts';
import type { PipelineSettings } from './settings.ts';

/** What the schedule goes by. */
export interface RedriveTerms {
  readonly nowMs: number;
  /** `Waits.redriveGapsMs`: so often, and so long after each parking. */
  readonly gapsMs: readonly number[];
  readonly onUnknownOutcome: PipelineSettings['onUnknownOutcome'];
}

/** What becomes of one dead letter now. What is left stays where it is. */
export type LetterVerdict =
  | { readonly kind: 'send-back' }
  | { readonly kind: 'remove'; readonly because: 'stale' | 'sent-back'; readonly parkId: string }
  | { readonly kind: 'leave'; readonly because: 'not-due' | 'for-a-person' | 'being-parked' };

/** The conditions of a scheduled redrive, each by its name. */
export const redriveRules = {
  /** Failed for a reason that passes: tried again by itself until its attempts were used up. All else waits for a person. */
  isTransient(code: string): boolean {
    if (code === 'upload.attempts-exhausted') return true;
    const fate = Object.hasOwn(FAILURES, code) ? FAILURES[code as keyof typeof FAILURES].fate : undefined;
    return fate === 'retry' || fate === 'verify';
  },

  /** Under `park` a redrive decides to risk a second file: that is for a person. */
  mayDecide(
    item: Pick<DocumentItem, 'sentTo'>,
    { onUnknownOutcome }: Pick<RedriveTerms, 'onUnknownOutcome'>,
  ): boolean {
    return onUnknownOutcome === 'send-again' || item.sentTo.every(({ batchId }) => batchId !== UNKNOWN_BATCH);
  },

  /** The letter comes before `parked`: of a claim that still stands the ledger may yet say so. [V5] */
  isBeingParked(item: DocumentItem, parkId: string): boolean {
    return item.state === 'uploading' && item.claimToken === parkId;
  },

  /** It can wake nothing any more. */
  isStale(item: DocumentItem, parkId: string): boolean {
    return item.state !== 'parked' || item.parkId !== parkId;
  },

  /** Its message is in the queue again: nobody has to see to it now. */
  isSentBack(item: DocumentItem): boolean {
    return item.sentBack !== undefined && item.sentBack === item.parkId;
  },

  /** Unknown outcomes are looked at when the quiet time is over: what is older than four of those waits for something else. */
  isOverdue({ lostAtMs }: DocumentItem, nowMs: number, quietMs: number): boolean {
    return lostAtMs !== undefined && lostAtMs + 4 * quietMs <= nowMs;
  },

  /** No letter is removed before what it carries is back in the queue. */
  isBack(answer: Confirmation | undefined): boolean {
    return answer?.confirmed === true;
  },
};

/** When a parked document goes back by itself, and since when nobody can have seen to it. */
export interface Comeback {
  readonly dueAtMs: number;
  /** Due for as long again as it had to wait: its letter is gone, or out of reach behind thousands of others. */
  readonly missedAtMs: number;
}

/** Undefined: it waits for a person. */
export function comebackOf(item: DocumentItem, terms: Omit<RedriveTerms, 'nowMs'>): Comeback | undefined {
  const { state, lastFailure, redrives } = item;
  const gapMs = terms.gapsMs[redrives];
  if (state !== 'parked' || lastFailure === undefined || gapMs === undefined) return undefined;
  if (!redriveRules.isTransient(lastFailure.code) || !redriveRules.mayDecide(item, terms)) return undefined;
  return { dueAtMs: lastFailure.atMs + gapMs, missedAtMs: lastFailure.atMs + 2 * gapMs };
}

/** The one document that a letter of ours may wake; undefined where it is none of ours, or malformed. */
export function wokenBy({ letter }: FoundLetter, reading: Reading): WakingMessage | undefined {
  if (letter === undefined || reading.kind !== 'arrivals') return undefined;
  const [message, ...more] = reading.messages;
  return message?.parkId === undefined || more.length > 0 ? undefined : (message as WakingMessage);
}

export type WakingMessage = ArrivalMessage & { readonly parkId: string };

/** On a letter that we wrote. `item` was read after the letter was received. */
export function verdictOnLetter(
  { parkId }: WakingMessage,
  item: DocumentItem | undefined,
  terms: RedriveTerms,
): LetterVerdict {
  // A ledger that was lost: the letter is all that is left of the document.
  if (item === undefined) return FOR_A_PERSON;
  if (redriveRules.isBeingParked(item, parkId)) return { kind: 'leave', because: 'being-parked' };
  if (redriveRules.isStale(item, parkId)) return { kind: 'remove', because: 'stale', parkId };
  if (item.sentBack === parkId) return { kind: 'remove', because: 'sent-back', parkId };
  return whenDue(comebackOf(item, terms)?.dueAtMs, terms);
}

/**
 * On a message that SQS itself moved here, which keeps the time of its sending: it goes back as it came, and the pipeline
 * says what it is worth.
 */
export function verdictOnStray(
  { sentAtMs, redrives, letter }: FoundLetter,
  reading: Reading,
  terms: RedriveTerms,
): LetterVerdict {
  const gapMs = terms.gapsMs[redrives];
  if (letter !== undefined || reading.kind === 'malformed' || gapMs === undefined) return FOR_A_PERSON;
  return whenDue(sentAtMs + gapMs, terms);
}

const FOR_A_PERSON: LetterVerdict = { kind: 'leave', because: 'for-a-person' };

function whenDue(dueAtMs: number | undefined, { nowMs }: RedriveTerms): LetterVerdict {
  if (dueAtMs === undefined) return FOR_A_PERSON;
  return dueAtMs <= nowMs ? { kind: 'send-back' } : { kind: 'leave', because: 'not-due' };
}

/** A document that is to be sent back from the ledger, whatever became of its letter. */
export function isMissed(item: DocumentItem, terms: RedriveTerms): item is ParkedItem {
  const comeback = comebackOf(item, terms);
  if (comeback === undefined || item.parkId === undefined || redriveRules.isSentBack(item)) return false;
  return comeback.missedAtMs <= terms.nowMs;
}

export type ParkedItem = DocumentItem & { readonly parkId: string };

/** Written once the queue has confirmed the message: from here on its letter is of no more use. */
export function notedAsSentBack(
  item: DocumentItem | undefined,
  parkId: string,
): Decision<DocumentItem, undefined> {
  if (item === undefined || redriveRules.isStale(item, parkId)) return { keep: undefined };
  return { write: { ...item, sentBack: parkId }, result: undefined };
}
