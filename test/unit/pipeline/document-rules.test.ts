import { describe, expect, it } from 'vitest';
import { documentRules } from '../../../lib/pipeline/document-rules.ts';
import { slotKey } from '../../../lib/pipeline/identity.ts';
import { A, arrival, B, documentItem, fileIn, NOW, NOWHERE } from './scene.ts';

const QUIET = 15 * 60_000;

describe('a lease', () => {
  it('V11: holds to its last millisecond, and has lapsed after it', () => {
    const item = documentItem({ state: 'uploading', leaseExpiresAtMs: NOW });
    expect(documentRules.leaseLapsed(item, NOW)).toBe(false);
    expect(documentRules.leaseLapsed(item, NOW + 1)).toBe(true);
  });

  it('that was never written has lapsed', () => {
    expect(documentRules.leaseLapsed(documentItem({ state: 'uploading' }), NOW)).toBe(true);
  });
});

describe('a parked document', () => {
  it('V3: is woken by nobody but the message that carries its current parkId', () => {
    const item = documentItem({ state: 'parked', parkId: 'p2' });
    expect(documentRules.mayWake(item, { arrival, parkId: 'p2' })).toBe(true);
    expect(documentRules.mayWake(item, { arrival, parkId: 'p1' })).toBe(false);
    expect(documentRules.mayWake(item, { arrival })).toBe(false);
  });

  it("V6: is not woken by SQS's own dead letter, which carries no parkId, even where the item has none", () => {
    expect(documentRules.mayWake(documentItem({ state: 'parked' }), { arrival })).toBe(false);
    expect(documentRules.mayWake(documentItem({ state: 'parked' }), { arrival, parkId: undefined })).toBe(
      false,
    );
  });
});

describe("a redrive's decision", () => {
  it('V18: leaves the document to the message that carries it', () => {
    const item = documentItem({ decision: 'p1' });
    expect(documentRules.decidedForAnother(item, { arrival })).toBe(true);
    expect(documentRules.decidedForAnother(item, { arrival, parkId: 'p0' })).toBe(true);
    expect(documentRules.decidedForAnother(item, { arrival, parkId: 'p1' })).toBe(false);
  });

  it('that is used up or was never taken binds nobody', () => {
    expect(documentRules.decidedForAnother(documentItem(), { arrival, parkId: 'p1' })).toBe(false);
  });
});

describe('a later arrival of a skipped document', () => {
  const after = (then: string | undefined, now: string | undefined) => {
    const { sequencer: _, ...bare } = arrival;
    const stored = { ...bare, ...(then === undefined ? {} : { sequencer: then }) };
    const coming = { ...bare, ...(now === undefined ? {} : { sequencer: now }) };
    return documentRules.isLaterArrival(documentItem({ arrival: stored }), { arrival: coming });
  };

  it('V13: is one whose sequencer is greater; a duplicate and an older one are not', () => {
    expect(after('0055AED6DCD90281E5', '0055AED6DCD90281E6')).toBe(true);
    expect(after('0055AED6DCD90281E5', '0055AED6DCD90281E5')).toBe(false);
    expect(after('0055AED6DCD90281E6', '0055AED6DCD90281E5')).toBe(false);
    expect(after('0055aed6dcd90281ea', '0055AED6DCD90281EB')).toBe(true);
    expect(after('0055AED6DCD90281EB', '0055aed6dcd90281ea')).toBe(false);
  });

  // "first right pad the shorter value with zeros, and then do a lexicographical comparison"
  it('compares sequencers of different lengths padded on the right, as AWS says', () => {
    expect(after('0055AED6DCD90281E5', '0055AED6DCD90281E501')).toBe(true);
    expect(after('0055AED6DCD90281E501', '0055AED6DCD90281E6')).toBe(true);
    expect(after('0055AED6DCD90281E5', '0055AED6DCD90281E500')).toBe(false);
    expect(after('0055AED6DCD90281E6', '0055AED6DCD90281E501')).toBe(false);
  });

  it('V13: is every one that we queued ourselves, which carries no sequencer', () => {
    expect(after('0055AED6DCD90281E5', undefined)).toBe(true);
    expect(after(undefined, '0055AED6DCD90281E5')).toBe(true);
  });
});

describe('the holder of a claim', () => {
  it('V16: is whose token stands on an item that is uploading, and nobody else', () => {
    const item = documentItem({ state: 'uploading', claimToken: 't1' });
    expect(documentRules.holds(item, 't1')).toBe(true);
    expect(documentRules.holds(item, 't2')).toBe(false);
    expect(documentRules.holds({ ...item, state: 'uploaded' }, 't1')).toBe(false);
    expect(documentRules.holds(documentItem({ state: 'uploading' }), 't1')).toBe(false);
    expect(documentRules.holds(undefined, 't1')).toBe(false);
  });
});

describe('where the file may be', () => {
  it('V1: is added to, never replaced', () => {
    expect(documentRules.added([A], B)).toEqual([A, B]);
    expect(documentRules.added([A], { ...A })).toEqual([A]);
  });

  it('V1, V4: is restored by a certain failure, less what its claim ruled out', () => {
    expect(documentRules.restored([A, NOWHERE], [A])).toEqual([NOWHERE]);
    expect(documentRules.restored([A], [])).toEqual([A]);
  });

  it('V12: must be ruled out pair by pair before the document may be skipped', () => {
    expect(documentRules.mayBeSkipped([], [])).toBe(true);
    expect(documentRules.mayBeSkipped([A, B], [B, A])).toBe(true);
    expect(documentRules.mayBeSkipped([A, NOWHERE], [A])).toBe(false);
    expect(documentRules.mayBeSkipped([A], [])).toBe(false);
  });
});

describe('"not there"', () => {
  const lost = documentItem({ state: 'unknown', sentTo: [A], lostAtMs: NOW });

  it('counts from the quiet time after the answer was lost, and not before', () => {
    expect(documentRules.absenceCounts(lost, NOW + QUIET - 1, QUIET)).toBe(false);
    expect(documentRules.absenceCounts(lost, NOW + QUIET, QUIET)).toBe(true);
  });

  it("V19: counts from the lease's end where the holder died, whatever the attribute says", () => {
    const item = documentItem({
      state: 'uploading',
      sentTo: [A],
      lostAtMs: NOW - QUIET,
      leaseExpiresAtMs: NOW,
    });
    expect(documentRules.lostAtMs(item)).toBe(NOW);
    expect(documentRules.absenceCounts(item, NOW + QUIET - 1, QUIET)).toBe(false);
    expect(documentRules.absenceCounts(item, NOW + QUIET, QUIET)).toBe(true);
  });

  it('V19: does not count where the document was claimed since it was asked', () => {
    const asked = NOW + QUIET;
    expect(documentRules.absenceCounts({ ...lost, claimedAtMs: asked + 1 }, asked, QUIET)).toBe(false);
    expect(documentRules.absenceCounts({ ...lost, claimedAtMs: asked }, asked, QUIET)).toBe(true);
  });

  it('counts at once where no answer was lost', () => {
    expect(documentRules.absenceCounts(documentItem(), NOW, QUIET)).toBe(true);
  });
});

describe('an answer was lost', () => {
  it('where a release said so', () => {
    expect(documentRules.lostAnAnswer(documentItem({ lostAtMs: 0 }), NOW)).toBe(true);
    expect(documentRules.lostAnAnswer(documentItem(), NOW)).toBe(false);
  });

  it('V22: where a holder that may have sent died without a word, and not while it lives', () => {
    const item = documentItem({ state: 'uploading', sentTo: [A], leaseExpiresAtMs: NOW });
    expect(documentRules.lostAnAnswer(item, NOW + 1)).toBe(true);
    expect(documentRules.lostAnAnswer(item, NOW)).toBe(false);
    expect(documentRules.lostAnAnswer({ ...item, sentTo: [] }, NOW + 1)).toBe(false);
    expect(documentRules.lostAnAnswer({ ...item, state: 'unknown' }, NOW + 1)).toBe(false);
  });
});

describe('a batch', () => {
  it('can be looked into where it was named', () => {
    expect(documentRules.canBeLookedFor(A)).toBe(true);
    expect(documentRules.canBeLookedFor(NOWHERE)).toBe(false);
  });
});

describe('what is on record', () => {
  it('V9: one file is enough: a second one does not take its place', () => {
    expect(documentRules.noFileYet(documentItem())).toBe(true);
    const mapping = { ...fileIn(A, '-Of'), uploadedAtMs: NOW };
    expect(documentRules.noFileYet(documentItem({ mapping }))).toBe(false);
  });

  it("V15, V20: of a settle is the generation that its own POST opened, and no other settle's", () => {
    const opens = { slot: slotKey('-Oc', 'all', ''), generation: 3 };
    expect(documentRules.settledGeneration(opens)).toBe(opens);
    expect(documentRules.settledGeneration(undefined)).toBeUndefined();
  });

  it('is left as it is by a first deferral', () => {
    expect(documentRules.leavesTrace(undefined)).toBe(true);
    expect(documentRules.leavesTrace(documentItem())).toBe(false);
  });
});
