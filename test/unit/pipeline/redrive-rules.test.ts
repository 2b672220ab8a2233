import { describe, expect, it } from 'vitest';
import { FAILURES, type FailureCode } from '../../../lib/pipeline/failures.ts';
import { messageOf } from '../../../lib/pipeline/message-of.ts';
import type { DeadLetter, DocumentItem } from '../../../lib/pipeline/model.ts';
import type { FoundLetter } from '../../../lib/pipeline/ports.ts';
import { readMessage } from '../../../lib/pipeline/read-message.ts';
import {
  comebackOf,
  isMissed,
  notedAsSentBack,
  type RedriveTerms,
  redriveRules,
  verdictOnLetter,
  verdictOnStray,
  wokenBy,
} from '../../../lib/pipeline/redrive-rules.ts';
import { DEFAULT_WAITS } from '../../../lib/pipeline/settings.ts';
import { record } from './messages.ts';
import { A, arrival, documentItem, kept, NOW, NOWHERE, written } from './scene.ts';

const HOUR = 3_600_000;

const terms: RedriveTerms = {
  nowMs: NOW,
  gapsMs: DEFAULT_WAITS.redriveGapsMs,
  onUnknownOutcome: 'send-again',
};

const parkedFor = (ms: number, code = 'ledger.throttled', more: Partial<DocumentItem> = {}) =>
  documentItem({
    state: 'parked',
    parkId: 'p1',
    lastFailure: { code, message: 'm', atMs: NOW - ms },
    ...more,
  });

const waking = { uploader: 'arrival', arrival, parkId: 'p1' } as const;
const onLetter = (item: DocumentItem | undefined, more: Partial<RedriveTerms> = {}) =>
  verdictOnLetter(waking, item, { ...terms, ...more });

const forAPerson = { kind: 'leave', because: 'for-a-person' };
const notDue = { kind: 'leave', because: 'not-due' };
const sendBack = { kind: 'send-back' };

describe('a reason that passes', () => {
  const transient = (Object.keys(FAILURES) as FailureCode[]).filter((code) => redriveRules.isTransient(code));

  it('is one that is tried again by itself', () => {
    expect(transient).toEqual(expect.arrayContaining(['extracta.unavailable', 'extracta.reply-lost']));
    expect(transient).toContain('document.access-denied');
  });

  it('is never one that waits for a person, or that ends a document; attempts that were used up excepted', () => {
    const parks = transient.filter((code) => ['park', 'skip', 'defer'].includes(FAILURES[code].fate));
    expect(parks).toEqual(['upload.attempts-exhausted']);
    for (const code of ['upload.unverifiable', 'arrival.malformed', 'extracta.rejected', 'document.empty'])
      expect(redriveRules.isTransient(code)).toBe(false);
  });

  it.each(['some.code-of-the-future', 'toString', ''])(
    'is not %j, which this version does not know',
    (code) => {
      expect(redriveRules.isTransient(code)).toBe(false);
    },
  );
});

describe('a parked document comes back by itself', () => {
  it.each([
    [0, HOUR],
    [1, 6 * HOUR],
    [2, 24 * HOUR],
  ])('after %i redrives %i ms after it was parked, and is missed after twice as long', (redrives, gapMs) => {
    const item = parkedFor(0, undefined, { redrives });
    expect(comebackOf(item, terms)).toEqual({ dueAtMs: NOW + gapMs, missedAtMs: NOW + 2 * gapMs });
  });

  it('three times, not more', () => {
    expect(comebackOf(parkedFor(0, undefined, { redrives: 3 }), terms)).toBeUndefined();
  });

  it('only if it is parked, and the ledger says why', () => {
    expect(comebackOf(parkedFor(0, undefined, { state: 'waiting' }), terms)).toBeUndefined();
    const { lastFailure: _, ...unexplained } = parkedFor(0);
    expect(comebackOf(unexplained, terms)).toBeUndefined();
  });

  it('never under `park` where a send may have got through that nobody can look for', () => {
    const item = parkedFor(0, undefined, { sentTo: [A, NOWHERE] });
    expect(comebackOf(item, { ...terms, onUnknownOutcome: 'park' })).toBeUndefined();
    expect(comebackOf(item, terms)).toBeDefined();
    expect(comebackOf({ ...item, sentTo: [A] }, { ...terms, onUnknownOutcome: 'park' })).toBeDefined();
  });
});

describe('a letter', () => {
  it('goes back when it is due, by the time at which the ledger was told', () => {
    expect(onLetter(parkedFor(HOUR))).toEqual(sendBack);
    expect(onLetter(parkedFor(HOUR - 1))).toEqual(notDue);
  });

  it.each(['extracta.rejected', 'upload.unverifiable', 'route.none'])('of %s waits for a person', (code) => {
    expect(onLetter(parkedFor(99 * HOUR, code))).toEqual(forAPerson);
  });

  it.each<[string, Partial<DocumentItem>]>([
    ['was woken', { state: 'uploading', claimToken: 'another' }],
    ['is uploaded', { state: 'uploaded' }],
    ['was parked anew', { parkId: 'p2' }],
    ['comes back by itself: its parking was not finished', { state: 'waiting' }],
  ])('is stale where its document %s', (_, more) => {
    const { parkId: __, ...item } = parkedFor(HOUR);
    expect(onLetter({ ...item, ...more })).toEqual({ kind: 'remove', because: 'stale', parkId: 'p1' });
  });

  it('is of no more use once its message is back in the queue', () => {
    const verdict = onLetter(parkedFor(HOUR, undefined, { sentBack: 'p1' }));
    expect(verdict).toEqual({ kind: 'remove', because: 'sent-back', parkId: 'p1' });
    expect(onLetter(parkedFor(HOUR, undefined, { sentBack: 'p0' }))).toEqual(sendBack);
  });

  it('V5: is not stale while its document is being parked: the letter is sent before the ledger is told', () => {
    const item = documentItem({ state: 'uploading', claimToken: 'p1', leaseExpiresAtMs: NOW - 1 });
    expect(onLetter(item)).toEqual({ kind: 'leave', because: 'being-parked' });
  });

  it('is all that is left of a document that the ledger does not know, and waits for a person', () => {
    expect(onLetter(undefined)).toEqual(forAPerson);
  });
});

const letter: DeadLetter = {
  body: '',
  reason: 'ledger.throttled',
  message: '',
  attempts: 1,
  redrives: 0,
  firstSeenAtMs: 1,
};

const found = (body: unknown, more: Partial<FoundLetter> = {}): FoundLetter => ({
  handle: 'h',
  body: typeof body === 'string' ? body : JSON.stringify(body),
  sentAtMs: NOW - HOUR,
  letter,
  redrives: 0,
  ...more,
});

const woken = (each: FoundLetter) => wokenBy(each, readMessage(each.body));

describe('what a letter may wake', () => {
  it('is the one document whose `parkId` its body carries', () => {
    expect(woken(found(waking))).toEqual(waking);
  });

  it.each<[string, FoundLetter]>([
    ['a body without `parkId`', found({ ...waking, parkId: undefined })],
    ['an event', found({ Records: [record, record] })],
    ['a malformed body', found('no JSON')],
    ['a message of ours that is no arrival', found({ uploader: 'look' })],
    ['what SQS itself moved', found(waking, { letter: undefined })],
  ])('is nothing for %s', (_, each) => {
    expect(woken(each)).toBeUndefined();
  });
});

describe('what SQS itself moved', () => {
  const stray = (body: unknown, more: Partial<FoundLetter> = {}) => {
    const each = found(body, { letter: undefined, ...more });
    return verdictOnStray(each, readMessage(each.body), terms);
  };

  it('goes back as it came', () => {
    expect(stray({ Records: [record] })).toEqual(sendBack);
    expect(stray(waking)).toEqual(sendBack);
  });

  it('waits as long as a letter does, counted from when it was sent', () => {
    expect(stray(waking, { sentAtMs: NOW - HOUR + 1 })).toEqual(notDue);
    expect(stray(waking, { redrives: 2, sentAtMs: NOW - 23 * HOUR })).toEqual(notDue);
    expect(stray(waking, { redrives: 2, sentAtMs: NOW - 24 * HOUR })).toEqual(sendBack);
  });

  it.each<[string, string, Partial<FoundLetter>]>([
    ['after three times', JSON.stringify(waking), { redrives: 3 }],
    ['where its count is no number', JSON.stringify(waking), { redrives: Number.NaN }],
    ['where nobody can read it', '{"uploader":"nonsense"}', {}],
    ['where we parked it whole', 'no JSON', { letter }],
    ['where it is a letter that names no `parkId`', JSON.stringify({ Records: [record] }), { letter }],
  ])('waits for a person %s', (_, body, more) => {
    expect(stray(body, { sentAtMs: 0, ...more })).toEqual(forAPerson);
  });
});

describe('a document whose letter is out of reach', () => {
  it('is missed when it is due for as long again as it had to wait, once for each parking', () => {
    expect(isMissed(parkedFor(2 * HOUR - 1), terms)).toBe(false);
    expect(isMissed(parkedFor(2 * HOUR), terms)).toBe(true);
    expect(isMissed(parkedFor(2 * HOUR, undefined, { sentBack: 'p1' }), terms)).toBe(false);
    expect(isMissed(parkedFor(2 * HOUR, undefined, { sentBack: 'p0' }), terms)).toBe(true);
  });

  it('is not missed where it waits for a person, or nothing could wake it', () => {
    expect(isMissed(parkedFor(99 * HOUR, 'extracta.rejected'), terms)).toBe(false);
    const { parkId: _, ...unwakeable } = parkedFor(99 * HOUR);
    expect(isMissed(unwakeable, terms)).toBe(false);
  });
});

describe('the note that a document was sent back', () => {
  it('is written on the parking that it belongs to, and changes nothing else', () => {
    const item = parkedFor(HOUR);
    expect(written(notedAsSentBack(item, 'p1'))).toEqual({ ...item, sentBack: 'p1', rev: 'rev-2' });
  });

  it('is not written where the document was woken meanwhile, parked anew, or forgotten', () => {
    expect(kept(notedAsSentBack(documentItem({ state: 'uploading' }), 'p1'))).toBeUndefined();
    expect(kept(notedAsSentBack(parkedFor(HOUR, undefined, { parkId: 'p2' }), 'p1'))).toBeUndefined();
    expect(kept(notedAsSentBack(undefined, 'p1'))).toBeUndefined();
  });
});

describe('the message that brings a document back', () => {
  it('carries what wakes it while it is parked, else the decision that is not used yet, else nothing', () => {
    expect(messageOf(parkedFor(0, undefined, { decision: 'p0' }))).toEqual(waking);
    expect(messageOf(documentItem({ decision: 'p0' }))).toEqual({ ...waking, parkId: 'p0' });
    expect(messageOf(documentItem())).toEqual({ uploader: 'arrival', arrival });
  });
});
