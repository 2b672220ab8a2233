import { documentKey } from '../pipeline/identity.ts';
import type { DocumentItem } from '../pipeline/model.ts';
import { type Comeback, comebackOf, redriveRules } from '../pipeline/redrive-rules.ts';
import { isLetterGone, type Peek, type PeekedLetter, peekAtDeadLetters } from './dead-letter-peek.ts';
import { type Filters, matches } from './filters.ts';
import { termsOf } from './line-in-use.ts';
import type { OpenLine } from './open-line.ts';
import { isOnItsWay, iso, objectOf } from './story.ts';
import { type Unmatched, unmatchedBy } from './unmatched.ts';

/** One thing that waits in the dead-letter queue, in the ledger, or in both. */
export interface FailedDocument {
  /** Null: nobody can read which document it is. */
  readonly object: string | null;
  readonly versionId: string | null;
  readonly reason: string;
  readonly message: string;
  readonly httpStatus: number | null;
  readonly attempts: number;
  readonly redrives: number;
  readonly parkedAt: string;
  readonly parkId: string | null;
  readonly inLedger: boolean;
  /** Null: not seen among the letters that were read, which were not all, or before it was parked. */
  readonly inQueue: boolean | null;
  /** When the scheduled redrive takes it, if it is deployed. */
  readonly comesBackAt: string | null;
  /** Undefined where both agree, or nothing can be said. */
  readonly disagreement?: Disagreement;
}

/** Where the ledger and the dead-letter queue do not say the same. */
export interface Disagreement {
  readonly code: 'stale' | 'sent-back' | 'letter-missing' | 'not-in-ledger' | 'moved-by-sqs' | 'being-parked';
  readonly says: string;
}

const disagreement = (code: Disagreement['code'], says: string): Disagreement => ({ code, says });

export interface FailedReport {
  readonly verb: 'failed';
  readonly line: string;
  readonly failed: readonly FailedDocument[];
  /** Of those, what still waits for another try: neither sent back already, nor a letter of no more use. */
  readonly parked: number;
  readonly byReason: Readonly<Record<string, number>>;
  /** Where nothing of what is parked fits the filters. */
  readonly unmatched?: Unmatched;
  readonly letters: { readonly read: number; readonly total: number; readonly areAll: boolean };
  readonly notes: readonly string[];
}

/** What is parked: the ledger and the dead-letter queue, side by side. Changes nothing. */
export async function failed(open: OpenLine, filters: Filters): Promise<FailedReport> {
  const peek = await peekAtDeadLetters(open);
  const parked: DocumentItem[] = [];
  for await (const item of open.queries.unsettled('parked')) parked.push(item);
  // Letters were read first, so that what was parked or woken in between is judged by the later word.
  const items = new Map(parked.map((item) => [item.parkId, item]));
  const nowMs = open.host.clock.nowMs();
  const all = [
    ...(await Promise.all(peek.letters.map((letter) => ofLetter(letter, items, open)))).flat(),
    ...withoutLetter(parked, peek, open),
  ];
  const rows = all.filter((row) => matches(filters, filtered(row), nowMs));
  rows.sort((one, other) => (one.parkedAt < other.parkedAt ? -1 : 1));
  const parkedNow = rows.filter(isStillParked);
  const unmatched =
    parkedNow.length > 0 ? undefined : unmatchedBy(filters, reasonsOf(all.filter(isStillParked)));
  const areAll = peek.isComplete;
  return {
    verb: 'failed',
    line: open.line.title,
    failed: rows,
    parked: parkedNow.length,
    byReason: countedBy(reasonsOf(parkedNow)),
    ...(unmatched === undefined ? {} : { unmatched }),
    letters: { read: peek.letters.length, total: peek.total, areAll },
    notes: notesOn(peek, open),
  };
}

const DONE_WITH: readonly (Disagreement['code'] | undefined)[] = ['stale', 'sent-back'];

export const isStillParked = ({ disagreement: by }: FailedDocument) => !DONE_WITH.includes(by?.code);

const reasonsOf = (rows: readonly FailedDocument[]) => rows.map(({ reason }) => reason);

function notesOn(peek: Peek, { line }: OpenLine): readonly string[] {
  return [
    ...(peek.isComplete
      ? []
      : [
          `Only ${peek.letters.length} of about ${peek.total} letters were read (others are hidden by whoever reads them now): of a letter that is not shown nothing can be said.`,
        ]),
    ...(line.settings === undefined
      ? ['When something comes back by itself is told by the default settings: name yours with --config.']
      : []),
  ];
}

export function countedBy(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

const filtered = ({ reason, object, parkedAt }: FailedDocument) => ({
  reason,
  keys: object === null ? [] : [keyOf(object)],
  parkedAtMs: Date.parse(parkedAt),
});

/** `s3://bucket/key` -> `key`. */
const keyOf = (object: string) => object.replace(/^s3:\/\/[^/]*\//, '');

type Parked = ReadonlyMap<string | undefined, DocumentItem>;

async function ofLetter(
  letter: PeekedLetter,
  parked: Parked,
  open: OpenLine,
): Promise<readonly FailedDocument[]> {
  const item = letter.parkId === undefined ? undefined : parked.get(letter.parkId);
  if (item !== undefined) return [rowOf(item, true, open, whyLetterStays(item))];
  const shown = toldBy(letter);
  if (letter.arrivals.length === 0) return [{ ...shown, object: null, versionId: null, inLedger: false }];
  return Promise.all(
    letter.arrivals.map(async (arrival) => {
      const now = await open.ledger.read(documentKey(arrival));
      const names = { object: objectOf({ arrival }), versionId: arrival.versionId ?? null };
      return { ...shown, ...names, inLedger: now !== undefined, ...told(whyAlone(letter, now)) };
    }),
  );
}

const told = (by: Disagreement | undefined) => (by === undefined ? {} : { disagreement: by });

function toldBy(letter: PeekedLetter) {
  return {
    reason: letter.reason,
    message: letter.message,
    httpStatus: letter.httpStatus ?? null,
    attempts: letter.attempts,
    redrives: letter.redrives,
    parkedAt: iso(letter.sentAtMs),
    parkId: letter.parkId ?? null,
    inQueue: true,
    comesBackAt: null,
  };
}

/** A letter whose parking no parked document names. */
function whyAlone({ parkId }: PeekedLetter, item: DocumentItem | undefined): Disagreement | undefined {
  if (item === undefined) return disagreement('not-in-ledger', 'The ledger does not know the document.');
  if (parkId === undefined)
    return disagreement(
      'moved-by-sqs',
      `SQS itself moved it here; in the ledger the document is ${item.state}.`,
    );
  if (redriveRules.isBeingParked(item, parkId))
    return disagreement('being-parked', 'It is being parked at this moment.');
  // The index lags behind: the ledger itself may agree after all.
  if (!redriveRules.isStale(item, parkId)) return undefined;
  const now = item.state === 'parked' ? 'parked by a later letter' : item.state;
  return disagreement(
    'stale',
    `In the ledger the document is ${now}: the letter can wake nothing; redrive removes it.`,
  );
}

function whyLetterStays(item: DocumentItem): Disagreement | undefined {
  return isOnItsWay(item)
    ? disagreement('sent-back', 'It was sent back already; its letter is removed by the next redrive.')
    : undefined;
}

function withoutLetter(
  parked: readonly DocumentItem[],
  peek: Peek,
  open: OpenLine,
): readonly FailedDocument[] {
  const seen = new Set(peek.letters.map(({ parkId }) => parkId));
  return parked
    .filter(({ parkId }) => !seen.has(parkId))
    .map((item) =>
      isLetterGone(peek, item)
        ? rowOf(item, false, open, whyNoLetter(item))
        : rowOf(item, null, open, isOnItsWay(item) ? whyNoLetter(item) : undefined),
    );
}

function whyNoLetter(item: DocumentItem): Disagreement {
  return isOnItsWay(item)
    ? disagreement('sent-back', 'It was sent back to the queue and has not been taken up yet.')
    : disagreement(
        'letter-missing',
        'Its dead letter is not in the queue (letters last 14 days): redrive sends it back from the ledger.',
      );
}

function rowOf(
  item: DocumentItem,
  inQueue: boolean | null,
  open: OpenLine,
  by: Disagreement | undefined,
): FailedDocument {
  const { lastFailure, arrival } = item;
  const { waits, onUnknownOutcome } = termsOf(open.line);
  const comeback: Comeback | undefined = isOnItsWay(item)
    ? undefined
    : comebackOf(item, { gapsMs: waits.redriveGapsMs, onUnknownOutcome });
  return {
    object: objectOf(item),
    versionId: arrival.versionId ?? null,
    reason: lastFailure?.code ?? 'unknown',
    message: lastFailure?.message ?? '',
    httpStatus: lastFailure?.httpStatus ?? null,
    attempts: item.attempts,
    redrives: item.redrives,
    parkedAt: iso(lastFailure?.atMs ?? item.updatedAtMs),
    parkId: item.parkId ?? null,
    inLedger: true,
    inQueue,
    comesBackAt: comeback === undefined ? null : iso(comeback.dueAtMs),
    ...told(by),
  };
}
