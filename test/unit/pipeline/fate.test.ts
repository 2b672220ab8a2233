import { describe, expect, it } from 'vitest';
import { FAILURES, type FailureCode, UploaderError } from '../../../lib/pipeline/failures.ts';
import { type Circumstances, endingOf } from '../../../lib/pipeline/fate.ts';
import type { Claim } from '../../../lib/pipeline/held.ts';
import { A, B, NOW, NOWHERE } from './scene.ts';

const claim = (more: Partial<Claim> = {}): Claim => ({
  token: 't1',
  leaseExpiresAtMs: NOW + 1,
  edition: 1,
  attempts: 1,
  redrives: 0,
  firstSeenAtMs: NOW,
  counted: true,
  before: undefined,
  oldSentTo: [],
  decision: undefined,
  ...more,
});
const open = { isPaused: false, pausedUntilMs: undefined };
const paused = { isPaused: true, pausedUntilMs: NOW + 1 };
const failure = (code: FailureCode, mayHaveArrived?: boolean) =>
  new UploaderError(code, 'it failed', mayHaveArrived === undefined ? {} : { mayHaveArrived });
const ending = (thrown: UploaderError, more: Partial<Circumstances> = {}) =>
  endingOf(thrown, { line: open, claim: claim(), ruledOut: [], sendingTo: A, maxAttempts: 8, ...more });

const codes = Object.keys(FAILURES) as FailureCode[];
const codesOf = (fate: string) => codes.filter((code) => FAILURES[code].fate === fate);
const never = codes.filter((code) => FAILURES[code].arrived === 'never');

describe('a send that failed for certain', () => {
  it('V1, V4: restores the pairs from before it, less what its claim ruled out', () => {
    const sent = { claim: claim({ oldSentTo: [B, NOWHERE] }), ruledOut: [B], sendingTo: A };
    expect(ending(failure('extracta.unreachable'), sent)).toMatchObject({
      kind: 'release',
      isLost: false,
      sentTo: [NOWHERE],
      ruledOut: [B],
    });
  });

  it('V17: gives its decision back', () => {
    const decided = { claim: claim({ decision: 'p1' }) };
    expect(ending(failure('extracta.unreachable'), decided)).toMatchObject({ decision: 'p1' });
  });

  it.each(never)('is never a lost answer: %s', (code) => {
    expect(ending(failure(code, true))).not.toMatchObject({ isLost: true });
  });

  it.each(codesOf('retry'))('(%s) pays an attempt and comes back, parked with the last one', (code) => {
    expect(ending(failure(code))).toMatchObject({ kind: 'release', givesBackAttempt: false });
    expect(ending(failure(code), { claim: claim({ attempts: 7 }) })).toMatchObject({ kind: 'release' });
    const last = failure(code);
    const spent = { claim: claim({ attempts: 8, oldSentTo: [B] }) };
    expect(ending(last, spent)).toEqual({ kind: 'park', sentTo: [B], ruledOut: [], because: last });
  });

  it.each(codesOf('defer'))('(%s) costs no attempt, not even the last one', (code) => {
    const spent = { claim: claim({ attempts: 8 }) };
    expect(ending(failure(code), spent)).toMatchObject({ kind: 'release', givesBackAttempt: true });
  });

  it.each(codesOf('park'))('(%s) is parked with its reason and with what may hold the file', (code) => {
    const because = failure(code);
    const before = { claim: claim({ oldSentTo: [A, NOWHERE] }), ruledOut: [A] };
    expect(ending(because, before)).toEqual({ kind: 'park', sentTo: [NOWHERE], ruledOut: [A], because });
  });

  it('P6: of the line costs no attempt once the line is paused, whatever the attempts', () => {
    const spent = { line: paused, claim: claim({ attempts: 8 }) };
    expect(ending(failure('extracta.unavailable'), spent)).toMatchObject({
      kind: 'release',
      givesBackAttempt: true,
    });
    expect(ending(failure('document.stalled'), spent)).toMatchObject({ kind: 'park' });
  });

  it('gives back no attempt that was not counted', () => {
    const uncounted = { claim: claim({ counted: false, attempts: 8 }) };
    for (const code of ['ledger.throttled', 'claim.held'] as const) {
      expect(ending(failure(code), uncounted)).toMatchObject({ kind: 'release', givesBackAttempt: false });
    }
  });
});

describe('a send whose answer was lost', () => {
  const mayArrive = codes.filter((code) => FAILURES[code].arrived !== 'never');

  it.each(mayArrive)(
    '(%s) leaves the document unknown: its pair is added, nothing is parked or skipped',
    (code) => {
      const spent = { claim: claim({ attempts: 8, oldSentTo: [B, NOWHERE], decision: 'p1' }), ruledOut: [B] };
      expect(ending(failure(code, true), spent)).toMatchObject({
        kind: 'release',
        isLost: true,
        sentTo: [B, NOWHERE, A],
        decision: undefined,
      });
    },
  );

  it('V17: has used its decision up', () => {
    const decided = { claim: claim({ decision: 'p1' }) };
    expect(ending(failure('extracta.reply-lost'), decided)).toMatchObject({ decision: undefined });
  });

  it('pays its attempt, unless the line was paused for it', () => {
    expect(ending(failure('extracta.reply-lost'))).toMatchObject({ givesBackAttempt: false });
    expect(ending(failure('extracta.reply-lost'), { line: paused })).toMatchObject({
      givesBackAttempt: true,
    });
    expect(ending(failure('extracta.unauthorized', true))).toMatchObject({ givesBackAttempt: true });
  });

  it('pays it even then where no batch was named: each may be a file that nobody finds again', () => {
    const opener = { sendingTo: NOWHERE, line: paused };
    expect(ending(failure('extracta.reply-lost'), opener)).toMatchObject({
      isLost: true,
      givesBackAttempt: false,
    });
    expect(ending(failure('extracta.unauthorized', true), opener)).toMatchObject({ givesBackAttempt: false });
    expect(ending(failure('extracta.unreachable'), opener)).toMatchObject({ givesBackAttempt: true });
  });

  it('leaves nothing ruled out: the pair that was looked at is in its set again', () => {
    const verified = { claim: claim({ oldSentTo: [A] }), ruledOut: [A] };
    expect(ending(failure('extracta.reply-lost'), verified)).toMatchObject({ sentTo: [A], ruledOut: [] });
  });

  it('is lost only if something was being sent: a question without an answer loses nothing', () => {
    const asking = { sendingTo: undefined, claim: claim({ counted: false, oldSentTo: [A] }) };
    expect(ending(failure('extracta.reply-lost'), asking)).toMatchObject({ isLost: false, sentTo: [A] });
  });
});

describe('a document that is gone or was overwritten', () => {
  it.each(codesOf('skip'))('(%s) is skipped if it was never sent, or is surely not there', (code) => {
    expect(ending(failure(code))).toEqual({ kind: 'skip' });
    expect(ending(failure(code), { claim: claim({ oldSentTo: [A, B] }), ruledOut: [A, B] })).toEqual({
      kind: 'skip',
    });
  });

  it('V12: is parked for a person where it may be at Extracta and nobody can tell', () => {
    const gone = failure('document.gone');
    const result = ending(gone, { claim: claim({ oldSentTo: [A, NOWHERE] }), ruledOut: [A] });
    expect(result).toMatchObject({ kind: 'park', sentTo: [NOWHERE], ruledOut: [A] });
    expect(result).toHaveProperty('because.code', 'upload.unverifiable');
    expect(result).toHaveProperty('because.message', expect.stringContaining('it failed'));
    expect(result).toHaveProperty('because.cause', gone);
  });
});
