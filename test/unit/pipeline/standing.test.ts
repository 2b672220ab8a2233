import { describe, expect, it } from 'vitest';
import type { DocumentItem } from '../../../lib/pipeline/model.ts';
import { standingOf } from '../../../lib/pipeline/standing.ts';
import { A, arrival, documentItem, fileIn, NOW } from './scene.ts';

const mapping = { ...fileIn(A, '-Of'), uploadedAtMs: NOW };
const failure = { code: 'document.empty', message: 'empty', atMs: NOW };
const standing = (more: Partial<DocumentItem>, parkId?: string) =>
  standingOf(documentItem(more), { arrival, parkId }, NOW);

describe('a document stands', () => {
  it('unsent where nobody has heard of it', () => {
    expect(standingOf(undefined, { arrival }, NOW)).toEqual({ kind: 'unsent', item: undefined });
  });

  it('unsent where it waits and may be nowhere', () => {
    expect(standing({ state: 'waiting' }).kind).toBe('unsent');
  });

  it.each(['waiting', 'unknown', 'uploading', 'parked', 'skipped'] as const)(
    'as possibly sent wherever its sentTo says so: the state (%s) is not asked',
    (state) => {
      const { sequencer: _, ...ours } = arrival;
      const item = documentItem({ state, sentTo: [A], parkId: 'p1', leaseExpiresAtMs: NOW - 1 });
      expect(standingOf(item, { arrival: ours, parkId: 'p1' }, NOW)).toEqual({ kind: 'may-be-sent', item });
    },
  );

  it('uploaded where a file is on record, whoever asks', () => {
    const item = documentItem({ state: 'uploaded', mapping });
    expect(standingOf(item, { arrival }, NOW)).toEqual({ kind: 'uploaded', item, mapping });
    expect(standing({ state: 'uploaded', mapping }, 'p1').kind).toBe('uploaded');
  });

  it('V13: skipped for the message that skipped it and for its duplicates, not for a later one', () => {
    const item = documentItem({ state: 'skipped', skippedBecause: 'document.gone' });
    expect(standingOf(item, { arrival }, NOW)).toEqual({ kind: 'skipped', reason: 'document.gone' });
    const later = { ...arrival, sequencer: '0055AED6DCD90281E6' };
    expect(standingOf(item, { arrival: later }, NOW).kind).toBe('unsent');
  });

  it('V3: parked for every message but the one with its parkId', () => {
    const parked = { state: 'parked', parkId: 'p1', lastFailure: failure } as const;
    expect(standing(parked)).toEqual({ kind: 'parked', reason: 'document.empty' });
    expect(standing(parked, 'p0').kind).toBe('parked');
    expect(standing(parked, 'p1').kind).toBe('unsent');
  });

  it('with some reason even where none was written', () => {
    expect(standing({ state: 'parked' })).toEqual({ kind: 'parked', reason: 'parked' });
    expect(standing({ state: 'skipped' })).toEqual({ kind: 'skipped', reason: 'skipped' });
  });

  it.each(['waiting', 'unknown', 'uploading'] as const)(
    'V18: carried by another while it (%s) holds a decision that the message does not carry',
    (state) => {
      const decided = { state, decision: 'p1', leaseExpiresAtMs: NOW + 1 } as const;
      expect(standing(decided).kind).toBe('carried-by-another');
      expect(standing(decided, 'p0').kind).toBe('carried-by-another');
      expect(standing(decided, 'p1').kind).not.toBe('carried-by-another');
    },
  );

  it("held while its holder's lease runs, V11: to the last millisecond", () => {
    expect(standing({ state: 'uploading', leaseExpiresAtMs: NOW })).toEqual({ kind: 'held', untilMs: NOW });
    expect(standing({ state: 'uploading', leaseExpiresAtMs: NOW - 1 }).kind).toBe('unsent');
    expect(standing({ state: 'uploading', decision: 'p1', leaseExpiresAtMs: NOW }, 'p1').kind).toBe('held');
  });
});
