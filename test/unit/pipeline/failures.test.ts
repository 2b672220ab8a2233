import { describe, expect, it } from 'vitest';
import {
  FAILURES,
  type FailureCode,
  type FailureFacts,
  UploaderError,
} from '../../../lib/pipeline/failures.ts';

const codes = Object.keys(FAILURES) as FailureCode[];
const thrown = (code: FailureCode, facts?: FailureFacts) => new UploaderError(code, 'why', facts);
const row = (code: FailureCode) =>
  [FAILURES[code].arrived, FAILURES[code].line, FAILURES[code].fate].join(' ');

describe("the failure table is the design's", () => {
  it.each<[string, FailureCode, string]>([
    ['malformed arrivals are parked', 'arrival.malformed', 'never none park'],
    ['invalid metadata is parked', 'route.invalid-metadata', 'never none park'],
    ['gone is skipped', 'document.gone', 'never none skip'],
    ['superseded is skipped', 'document.superseded', 'never none skip'],
    ['empty is parked', 'document.empty', 'never none park'],
    ['an unsupported type is parked', 'document.unsupported-type', 'never none park'],
    ['too large is parked', 'document.too-large', 'never none park'],
    ['access denied is tried again', 'document.access-denied', 'never none retry'],
    ['throttled by S3 is tried again', 'document.throttled', 'never none retry'],
    ['a stalled source is tried again', 'document.stalled', 'never none retry'],
    ['held is deferred', 'claim.held', 'never none defer'],
    ['lost is deferred, never acknowledged on its own word', 'claim.lost', 'never none defer'],
    ['a batch in opening is waited for', 'batch.opening', 'never none defer'],
    ['a batch that Extracta does not know is reopened', 'batch.unknown', 'never works retry'],
    ['a batch that nobody can reopen is parked', 'batch.not-found', 'never none park'],
    ['429 pauses the line', 'extracta.throttled', 'by-boundary pause defer'],
    ['401 opens the breaker at once', 'extracta.unauthorized', 'by-boundary trip defer'],
    [
      '403 is a strike, and may be about one document alone',
      'extracta.forbidden',
      'by-boundary strike retry',
    ],
    ['an empty account opens the breaker at once', 'extracta.out-of-credits', 'by-boundary trip defer'],
    ['no connection is a strike, and costs nothing', 'extracta.no-connection', 'never strike defer'],
    ['unreachable is a strike and certainly did not arrive', 'extracta.unreachable', 'never strike retry'],
    ['5xx is a strike and may have arrived', 'extracta.unavailable', 'by-boundary strike retry'],
    ['a lost reply is a strike and is verified', 'extracta.reply-lost', 'perhaps strike verify'],
    ['an unknown classification is parked', 'extracta.classification-not-found', 'never works park'],
    ['rejected is parked', 'extracta.rejected', 'never works park'],
    ['unverifiable is parked', 'upload.unverifiable', 'never none park'],
    ['a route that is no more is parked', 'route.none', 'never none park'],
    ['403 is a strike and costs an attempt', 'extracta.forbidden', 'by-boundary strike retry'],
    ['a secret that cannot be read opens the breaker', 'secret.unavailable', 'never trip defer'],
    ['an answer that says nothing costs nothing', 'results.inconclusive', 'never none defer'],
    ['sent too often is parked', 'upload.attempts-exhausted', 'never none park'],
    ['a throttled ledger is tried again', 'ledger.throttled', 'never none retry'],
    ['an unavailable ledger is tried again', 'ledger.unavailable', 'never none retry'],
  ])('%s', (_, code, expected) => expect(row(code)).toBe(expected));

  it('names every code area.what', () => {
    for (const code of codes) expect(code).toMatch(/^[a-z]+(?:\.[a-z]+(?:-[a-z]+)*)$/);
  });

  it('P6: parks nothing that is of the line, and verifies only what may have arrived', () => {
    for (const code of codes) {
      const { line, fate, arrived } = FAILURES[code];
      if (['pause', 'strike', 'trip'].includes(line)) expect(['retry', 'defer', 'verify']).toContain(fate);
      if (fate === 'verify') expect(arrived).not.toBe('never');
    }
  });
});

describe('the one error', () => {
  it('carries its code, its cause and its facts', () => {
    const cause = new Error('socket');
    const error = thrown('extracta.throttled', { cause, httpStatus: 429, retryAfterMs: 7000 });
    expect(error).toMatchObject({
      name: 'UploaderError',
      code: 'extracta.throttled',
      message: 'why',
      httpStatus: 429,
      retryAfterMs: 7000,
    });
    expect(error.cause).toBe(cause);
    expect(error).toBeInstanceOf(Error);
  });

  it('has no cause where none was given', () => {
    expect('cause' in thrown('claim.held')).toBe(false);
    expect(thrown('claim.held')).toMatchObject({ httpStatus: undefined, retryAfterMs: undefined });
  });

  it.each(codes)(
    'says of %s whether it may have arrived: by its row, and by the edge only where the row asks it',
    (code) => {
      const { arrived } = FAILURES[code];
      expect(thrown(code, { mayHaveArrived: true }).mayHaveArrived).toBe(arrived !== 'never');
      expect(thrown(code, { mayHaveArrived: false }).mayHaveArrived).toBe(arrived === 'perhaps');
      expect(thrown(code).mayHaveArrived).toBe(arrived === 'perhaps');
    },
  );
});
