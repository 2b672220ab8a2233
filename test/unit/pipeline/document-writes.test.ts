import { describe, expect, it } from 'vitest';
import {
  type ClaimRequest,
  claimed,
  looked,
  lookQueued,
  noted,
  parked,
  type Release,
  released,
  type Settlement,
  sendBegun,
  settled,
  skipped,
  withExtraFiles,
} from '../../../lib/pipeline/document-writes.ts';
import { documentKey, slotKey, slotName } from '../../../lib/pipeline/identity.ts';
import type { DocumentItem, Pair } from '../../../lib/pipeline/model.ts';
import { A, arrival, B, documentItem, fileIn, kept, NOW, NOWHERE, written } from './scene.ts';

const LEASE = NOW + 330_000;
const failure = { code: 'extracta.unavailable', message: 'HTTP 503', httpStatus: 503, atMs: NOW };

const request = (more: Partial<ClaimRequest> = {}): ClaimRequest => ({
  bearer: { arrival },
  route: 'letters',
  token: 't1',
  nowMs: NOW,
  leaseExpiresAtMs: LEASE,
  onlyIfUnsent: false,
  counts: false,
  ...more,
});
/** A claim that will surely send. */
const toSend = (pair: Pair, more: Partial<ClaimRequest> = {}) =>
  request({ sending: { pair, openedGeneration: undefined }, onlyIfUnsent: true, counts: true, ...more });
const claimedItem = (item: DocumentItem | undefined, given: ClaimRequest) => {
  const decision = claimed(item, given);
  expect(decision).toHaveProperty('result', { granted: true });
  return written(decision);
};
const refusal = (item: DocumentItem | undefined, given: ClaimRequest) => {
  const result = kept(claimed(item, given));
  return result.granted ? expect.fail('granted') : result.standing.kind;
};
const uploading = (more: Partial<DocumentItem> = {}) =>
  documentItem({
    state: 'uploading',
    claimToken: 't1',
    claimedAtMs: NOW,
    leaseExpiresAtMs: LEASE,
    attempts: 1,
    ...more,
  });
const release = (more: Partial<Release> = {}): Release => ({
  claimToken: 't1',
  sentTo: [],
  ruledOut: [],
  givesBackAttempt: false,
  failure,
  nowMs: NOW + 5,
  ...more,
});
const settlement = (more: Partial<Settlement> = {}): Settlement => ({
  bearer: { arrival },
  edition: 1,
  file: fileIn(A, '-Of'),
  others: [],
  opens: undefined,
  answeredAtMs: NOW + 10,
  nowMs: NOW + 20,
  ...more,
});
const settledItem = (item: DocumentItem | undefined, more: Partial<Settlement> = {}) =>
  written(settled(item, settlement(more)));

describe('a claim', () => {
  it('of a document that nobody has heard of writes all that rebuilds its message', () => {
    expect(claimedItem(undefined, toSend(A))).toEqual({
      ...documentKey(arrival),
      rev: 'rev-2',
      state: 'uploading',
      arrival,
      route: 'letters',
      firstSeenAtMs: NOW,
      updatedAtMs: NOW,
      attempts: 1,
      looks: 0,
      redrives: 0,
      edition: 1,
      sentTo: [A],
      claimToken: 't1',
      claimedAtMs: NOW,
      leaseExpiresAtMs: LEASE,
    });
  });

  it('goes without a route where none is known', () => {
    expect(claimedItem(undefined, request({ route: undefined }))).not.toHaveProperty('route');
  });

  it('that will surely send names its pair, its opening and its attempt in the same write', () => {
    const sending = { pair: NOWHERE, openedGeneration: 4 };
    expect(claimedItem(documentItem({ attempts: 2 }), toSend(A, { sending }))).toMatchObject({
      sentTo: [NOWHERE],
      openedGeneration: 4,
      attempts: 3,
    });
  });

  it('that names no batch adds no pair, no opening and, unless told so, no attempt', () => {
    const item = claimedItem(documentItem({ attempts: 2, sentTo: [A], openedGeneration: 3 }), request());
    expect(item).toMatchObject({ state: 'uploading', sentTo: [A], attempts: 2 });
    expect(item).not.toHaveProperty('openedGeneration');
    expect(claimedItem(documentItem(), request({ counts: true })).attempts).toBe(1);
  });

  it.each<[string, Partial<DocumentItem>]>([
    ['waiting', { state: 'waiting' }],
    ['unknown', { state: 'unknown', sentTo: [A] }],
    ['uploading, its lease lapsed', { state: 'uploading', leaseExpiresAtMs: NOW - 1, claimToken: 't0' }],
  ])('is granted on one that is %s', (_, more) => {
    expect(claimedItem(documentItem(more), request())).toMatchObject({
      claimToken: 't1',
      leaseExpiresAtMs: LEASE,
    });
  });

  it.each<[string, Partial<DocumentItem>]>([
    ['held', { state: 'uploading', leaseExpiresAtMs: NOW }],
    ['uploaded', { state: 'uploaded', mapping: { ...fileIn(A, '-Of'), uploadedAtMs: 1 } }],
    ['parked', { state: 'parked', parkId: 'p1' }],
    ['skipped', { state: 'skipped' }],
    ['carried-by-another', { state: 'waiting', decision: 'p1' }],
  ])('is refused on one that is %s, and says so', (standing, more) => {
    expect(refusal(documentItem(more), request())).toBe(standing);
  });

  it('of a document that was unsent when it was read is refused if it may have been sent since', () => {
    expect(refusal(documentItem({ state: 'unknown', sentTo: [A] }), toSend(B))).toBe('may-be-sent');
  });

  it("V1, V19: that finds a lapsed holder keeps its pairs and writes the lease's end for when the answer was lost", () => {
    const died = uploading({ claimToken: 't0', leaseExpiresAtMs: NOW - 7, sentTo: [A, B], lostAtMs: 5 });
    expect(claimedItem(died, request())).toMatchObject({ sentTo: [A, B], lostAtMs: NOW - 7 });
  });

  it('that finds a lapsed holder which sent nothing has lost nothing', () => {
    const died = uploading({ claimToken: 't0', leaseExpiresAtMs: NOW - 7 });
    expect(claimedItem(died, request())).not.toHaveProperty('lostAtMs');
    expect(
      claimedItem(documentItem({ state: 'unknown', sentTo: [A], lostAtMs: 5 }), request()).lostAtMs,
    ).toBe(5);
  });

  it('V13: of a skipped document is by a later arrival, which takes its place, and starts afresh', () => {
    const later = { ...arrival, sequencer: '0055AED6DCD90281E6', eventTimeMs: arrival.eventTimeMs + 5 };
    const item = claimedItem(
      documentItem({ state: 'skipped', skippedBecause: 'document.gone', attempts: 7 }),
      toSend(A, { bearer: { arrival: later } }),
    );
    expect(item).toMatchObject({ arrival: later, attempts: 1, state: 'uploading' });
    expect(item).not.toHaveProperty('skippedBecause');
  });
});

describe('a redrive', () => {
  const redriven = { bearer: { arrival, parkId: 'p1' } };
  const dead = (more: Partial<DocumentItem> = {}) =>
    documentItem({ state: 'parked', parkId: 'p1', attempts: 8, redrives: 1, lastFailure: failure, ...more });

  it('V4: keeps where the document may be, and starts attempts afresh', () => {
    const item = claimedItem(dead({ sentTo: [A, NOWHERE], lostAtMs: 5 }), request(redriven));
    expect(item).toMatchObject({ sentTo: [A, NOWHERE], lostAtMs: 5, attempts: 0, redrives: 2 });
  });

  it('V6: turns the parkId into the decision, which no later message can take for its own', () => {
    const item = claimedItem(dead(), request(redriven));
    expect(item.decision).toBe('p1');
    expect(item).not.toHaveProperty('parkId');
    const left = { ...item, leaseExpiresAtMs: NOW - 1 };
    expect(refusal(left, request({ token: 't2' }))).toBe('carried-by-another');
    expect(claimedItem(left, request({ ...redriven, token: 't2' })).decision).toBe('p1');
  });

  it('V17: whose claim itself sends has used its decision up', () => {
    const item = claimedItem(dead(), toSend(A, redriven));
    expect(item).not.toHaveProperty('decision');
    expect(item).toMatchObject({ sentTo: [A], attempts: 1 });
  });

  it('V17: that begins its send later uses its decision up then', () => {
    const item = claimedItem(dead({ sentTo: [NOWHERE] }), request(redriven));
    const begun = written(sendBegun(item, 't1', { pair: A, openedGeneration: undefined }, NOW));
    expect(begun).not.toHaveProperty('decision');
    expect(begun.sentTo).toEqual([NOWHERE, A]);
  });
});

describe('a send that begins under a claim that named no batch', () => {
  const sending = { pair: B, openedGeneration: 3 };

  it('V1: adds its pair to those from before, with its opening and its attempt', () => {
    const begun = written(sendBegun(uploading({ sentTo: [A], attempts: 2 }), 't1', sending, NOW + 1));
    expect(begun).toMatchObject({ sentTo: [A, B], attempts: 3, openedGeneration: 3, updatedAtMs: NOW + 1 });
    expect(begun).toMatchObject({ claimToken: 't1', leaseExpiresAtMs: LEASE });
  });

  it('ends the looks for what was sent before: they begin anew if this answer is lost too', () => {
    const begun = written(
      sendBegun(uploading({ sentTo: [A], looks: 9, lookingSinceMs: 5 }), 't1', sending, NOW),
    );
    expect(begun.looks).toBe(0);
    expect(begun).not.toHaveProperty('lookingSinceMs');
  });

  it('opens no slot where it opens none', () => {
    const begun = written(
      sendBegun(uploading({ openedGeneration: 2 }), 't1', { pair: B, openedGeneration: undefined }, NOW),
    );
    expect(begun).not.toHaveProperty('openedGeneration');
  });
});

describe('what is its holder’s alone', () => {
  const verbs: readonly [string, (item: DocumentItem | undefined) => unknown][] = [
    ['beginSend', (item) => kept(sendBegun(item, 't1', { pair: A, openedGeneration: undefined }, NOW))],
    ['release', (item) => kept(released(item, release()))],
    ['park', (item) => kept(parked(item, release()))],
    [
      'skip',
      (item) => kept(skipped(item, { claimToken: 't1', reason: 'document.gone', ruledOut: [], nowMs: NOW })),
    ],
  ];

  it.each(verbs)(
    'V10, V16: %s changes nothing where another claimed, nothing is left, or a look has settled',
    (_, verb) => {
      expect(verb(uploading({ claimToken: 't2' }))).toBe('refused');
      expect(verb(undefined)).toBe('refused');
      expect(verb(settledItem(uploading({ sentTo: [A] })))).toBe('refused');
      expect(verb(uploading({ state: 'uploaded' }))).toBe('refused');
      expect(verb(uploading({ state: 'parked' }))).toBe('refused');
    },
  );
});

describe('a release', () => {
  it('after a certain failure leaves the document waiting, free, and says why', () => {
    const item = written(released(uploading({ sentTo: [A], openedGeneration: 2 }), release()));
    expect(item).toMatchObject({
      state: 'waiting',
      sentTo: [],
      attempts: 1,
      lastFailure: failure,
      updatedAtMs: NOW + 5,
    });
    for (const field of ['claimToken', 'leaseExpiresAtMs', 'openedGeneration', 'decision', 'lostAtMs']) {
      expect(item).not.toHaveProperty(field);
    }
  });

  it('V4: leaves it unknown while it may be anywhere, with what was lost before', () => {
    const item = written(
      released(uploading({ lostAtMs: 5, looks: 3, lookingSinceMs: 6 }), release({ sentTo: [A] })),
    );
    expect(item).toMatchObject({ state: 'unknown', sentTo: [A], lostAtMs: 5, looks: 3, lookingSinceMs: 6 });
  });

  it('after a lost answer says when it was lost, and lets the looks begin anew', () => {
    const before = uploading({ lostAtMs: 5, looks: 3, lookingSinceMs: 6 });
    const item = written(released(before, release({ sentTo: [A], lostAtMs: NOW })));
    expect(item).toMatchObject({ state: 'unknown', lostAtMs: NOW, looks: 0 });
    expect(item).not.toHaveProperty('lookingSinceMs');
  });

  it('gives the attempt back in the same write, and never more than there are', () => {
    expect(written(released(uploading({ attempts: 3 }), release({ givesBackAttempt: true }))).attempts).toBe(
      2,
    );
    expect(written(released(uploading({ attempts: 0 }), release({ givesBackAttempt: true }))).attempts).toBe(
      0,
    );
  });

  it('V17: gives the decision back that a certain failure did not use', () => {
    expect(written(released(uploading(), release({ decision: 'p1' }))).decision).toBe('p1');
  });

  it('keeps claimedAtMs: an absence asked before this claim no longer counts [V19]', () => {
    expect(written(released(uploading(), release({ sentTo: [A] }))).claimedAtMs).toBe(NOW);
  });
});

describe('parking', () => {
  it("V5: writes the parkId that its dead letter already carries: the claim's token", () => {
    expect(written(parked(uploading(), release()))).toMatchObject({
      state: 'parked',
      parkId: 't1',
      lastFailure: failure,
    });
  });

  it('V4: keeps where the document may be, restored as a release restores it', () => {
    const item = written(parked(uploading({ sentTo: [A, B], lostAtMs: 5 }), release({ sentTo: [A] })));
    expect(item).toMatchObject({ sentTo: [A], lostAtMs: 5 });
  });

  it('V18: removes the decision, the claim and the looks', () => {
    const item = written(
      parked(uploading({ decision: 'p0', looks: 3, lookingSinceMs: 5, openedGeneration: 1 }), release()),
    );
    expect(item.looks).toBe(0);
    for (const field of [
      'decision',
      'claimToken',
      'leaseExpiresAtMs',
      'openedGeneration',
      'lookingSinceMs',
    ]) {
      expect(item).not.toHaveProperty(field);
    }
  });
});

describe('skipping', () => {
  const skip = { claimToken: 't1', reason: 'document.gone', ruledOut: [A], nowMs: NOW + 5 };

  it('V12: is refused while any pair is not ruled out', () => {
    expect(kept(skipped(uploading({ sentTo: [A, NOWHERE] }), skip))).toBe('refused');
  });

  it('says why, and leaves nothing of the claim', () => {
    const item = written(
      skipped(
        uploading({ sentTo: [A], lostAtMs: 5, lookingSinceMs: 6, decision: 'p1', openedGeneration: 1 }),
        skip,
      ),
    );
    expect(item).toMatchObject({
      state: 'skipped',
      skippedBecause: 'document.gone',
      sentTo: [],
      updatedAtMs: NOW + 5,
    });
    for (const field of [
      'claimToken',
      'leaseExpiresAtMs',
      'openedGeneration',
      'decision',
      'lostAtMs',
      'lookingSinceMs',
    ]) {
      expect(item).not.toHaveProperty(field);
    }
  });
});

describe('settling', () => {
  const mapping = { ...fileIn(A, '-Of'), uploadedAtMs: NOW + 10 };

  it('records the file and nothing of the claim, the redrive or the failure that led to it', () => {
    const before = uploading({
      sentTo: [A],
      parkId: 'p1',
      decision: 'p0',
      lastFailure: failure,
      skippedBecause: 'x',
      lookingSinceMs: 5,
      lostAtMs: 6,
    });
    const item = settledItem(before);
    expect(item).toMatchObject({ state: 'uploaded', mapping, sentTo: [], updatedAtMs: NOW + 20 });
    for (const field of [
      'claimToken',
      'leaseExpiresAtMs',
      'parkId',
      'decision',
      'lastFailure',
      'skippedBecause',
      'lookingSinceMs',
      'lostAtMs',
    ]) {
      expect(item).not.toHaveProperty(field);
    }
  });

  it.each<[string, DocumentItem | undefined]>([
    ['another holder has it', uploading({ claimToken: 't2' })],
    ['its lease lapsed', uploading({ leaseExpiresAtMs: 1 })],
    ['it waits', documentItem()],
    ['it is parked', documentItem({ state: 'parked', parkId: 'p1' })],
    ['it was skipped', documentItem({ state: 'skipped' })],
    ['the ledger never heard of it', undefined],
  ])('V9: holds whoever holds the claim: %s', (_, item) => {
    expect(settledItem(item)).toMatchObject({ state: 'uploaded', mapping });
  });

  it('V9: of the same file again changes nothing', () => {
    const item = documentItem({ state: 'uploaded', mapping });
    expect(kept(settled(item, settlement()))).toEqual({ doubled: [] });
  });

  it('V9: of a second file keeps the first, and records the second once, to be told', () => {
    const item = documentItem({ state: 'uploaded', mapping });
    const second = fileIn(B, '-Og');
    const decision = settled(item, settlement({ file: second }));
    expect(decision).toHaveProperty('result', { doubled: [second] });
    const stored = written(decision);
    expect(stored).toMatchObject({ state: 'uploaded', mapping, extraFiles: [second] });
    expect(kept(settled(stored, settlement({ file: second })))).toEqual({ doubled: [] });
  });

  it('V2: of two files under one tag adopts the first and records the other', () => {
    const other = fileIn(A, '-Og');
    const decision = settled(uploading({ sentTo: [A] }), settlement({ others: [other, fileIn(A, '-Of')] }));
    expect(decision).toHaveProperty('result', { doubled: [other] });
    expect(written(decision)).toMatchObject({ mapping, extraFiles: [other] });
  });

  it('of an earlier edition never maps the present one', () => {
    const again = documentItem({ edition: 2 });
    const decision = settled(again, settlement({ others: [fileIn(B, '-Og')] }));
    expect(written(decision)).toMatchObject({
      state: 'waiting',
      extraFiles: [fileIn(A, '-Of'), fileIn(B, '-Og')],
    });
    expect(written(decision)).not.toHaveProperty('mapping');
    const known = documentItem({ edition: 2, earlierFiles: [mapping] });
    expect(kept(settled(known, settlement()))).toEqual({ doubled: [] });
  });

  it('V15, V20, V21: writes the generation that its own POST opened, and takes any other away', () => {
    const opener = uploading({ sentTo: [NOWHERE], openedGeneration: 2 });
    const slot = slotKey('-Oc', 'all', 'in/');
    const opened = settledItem(opener, { opens: { slot, generation: 2 } });
    expect(opened).toMatchObject({ openedGeneration: 2, openedSlot: slotName(slot) });
    expect(settledItem(opener, { opens: { slot, generation: 1 } }).openedGeneration).toBe(1);
    expect(settledItem(opener)).not.toHaveProperty('openedGeneration');
    expect(settledItem(opener)).not.toHaveProperty('openedSlot');
  });

  it('V22: after a lost answer leaves the known pairs to be looked at, the settled one too', () => {
    const lost = documentItem({ state: 'unknown', sentTo: [B, NOWHERE], lostAtMs: 5 });
    expect(settledItem(lost).lookAt).toEqual([B, A]);
    const alone = documentItem({ state: 'unknown', sentTo: [A], lostAtMs: 5 });
    expect(settledItem(alone).lookAt).toEqual([A]);
  });

  it('V22: after a holder that died leaves them too, though nobody wrote that an answer was lost', () => {
    const died = uploading({ sentTo: [B], leaseExpiresAtMs: NOW });
    expect(settledItem(died).lookAt).toEqual([B, A]);
  });

  it('leaves nothing to be looked at where no answer was lost', () => {
    expect(settledItem(uploading({ sentTo: [A] }))).not.toHaveProperty('lookAt');
  });

  it('V22: leaves what was ruled out on the way too: a body may be accepted late', () => {
    const lost = documentItem({ state: 'unknown', sentTo: [B], lostAtMs: 5 });
    const claim = claimedItem(lost, request());
    const begun = written(sendBegun(claim, 't1', { pair: A, openedGeneration: undefined }, NOW));
    const failed = written(released(begun, release({ ruledOut: [B, NOWHERE] })));
    expect(failed).toMatchObject({ state: 'waiting', sentTo: [], lookAt: [B] });
    const sent = claimedItem(failed, toSend(A, { token: 't2' }));
    expect(settledItem(sent).lookAt).toEqual([B, A]);
    expect(written(parked(begun, release({ ruledOut: [B, NOWHERE] }))).lookAt).toEqual([B]);
  });

  it('V22: keeps what is to be looked at, once each', () => {
    const item = documentItem({ state: 'unknown', sentTo: [A, B], lostAtMs: 5, lookAt: [B] });
    expect(settledItem(item).lookAt).toEqual([B, A]);
    expect(written(released(uploading({ lookAt: [B] }), release({ ruledOut: [A, B] }))).lookAt).toEqual([
      B,
      A,
    ]);
    expect(settledItem(documentItem({ lookAt: [B] })).lookAt).toEqual([B]);
  });

  it('V22: looks at nothing where the lost answer and the file are in batches that nobody can ask', () => {
    const lost = documentItem({ state: 'unknown', sentTo: [NOWHERE], lostAtMs: 5 });
    expect(settledItem(lost, { file: fileIn(NOWHERE, '-Of') })).not.toHaveProperty('lookAt');
  });
});

describe('second files', () => {
  it('are those that are neither mapped nor on record', () => {
    const item = documentItem({
      mapping: { ...fileIn(A, '-O1'), uploadedAtMs: 1 },
      extraFiles: [fileIn(A, '-O2')],
      earlierFiles: [{ ...fileIn(A, '-O3'), uploadedAtMs: 1 }],
    });
    const seen = ['-O1', '-O2', '-O3', '-O4'].map((id) => fileIn(A, id));
    expect(written(withExtraFiles(item, seen)).extraFiles).toEqual([fileIn(A, '-O2'), fileIn(A, '-O4')]);
    expect(kept(withExtraFiles(item, seen.slice(0, 3)))).toEqual({ doubled: [] });
  });
});

describe('a first deferral', () => {
  it('leaves a trace: waiting, and all that rebuilds its message', () => {
    expect(written(noted(undefined, { arrival }, 'letters', NOW))).toEqual({
      ...documentItem({ rev: 'rev-2', firstSeenAtMs: NOW, updatedAtMs: NOW }),
    });
  });

  it('touches nothing that is there', () => {
    expect(kept(noted(documentItem({ state: 'unknown' }), { arrival }, 'letters', NOW))).toBeUndefined();
  });
});

describe('a look', () => {
  it('is counted, and says since when we look', () => {
    const once = looked(documentItem({ state: 'unknown', sentTo: [A] }), undefined, NOW);
    expect(once).toHaveProperty('result', 1);
    const twice = looked(written(once), undefined, NOW + 7);
    expect(twice).toHaveProperty('result', 2);
    expect(written(twice)).toMatchObject({
      looks: 2,
      lookingSinceMs: NOW,
      updatedAtMs: NOW + 7,
      attempts: 0,
    });
  });

  it('of what is settled or unheard of counts nothing', () => {
    expect(kept(looked(undefined, undefined, NOW))).toBe(0);
    expect(kept(looked(settledItem(uploading()), 't1', NOW))).toBe(0);
  });

  it("that comes late counts nothing on a live holder's item: only its own does", () => {
    const item = uploading({ looks: 2, leaseExpiresAtMs: NOW });
    expect(kept(looked(item, 't2', NOW))).toBe(2);
    expect(kept(looked(item, undefined, NOW))).toBe(2);
    expect(written(looked(item, 't1', NOW)).looks).toBe(3);
    expect(written(looked(item, 't2', NOW + 1)).looks).toBe(3);
    expect(written(looked({ ...item, state: 'unknown' }, 't2', NOW)).looks).toBe(3);
  });

  it('V22: that is queued is taken off the item, once', () => {
    const item = documentItem({ state: 'uploaded', lookAt: [A] });
    expect(written(lookQueued(item))).toEqual({ ...documentItem({ state: 'uploaded' }), rev: 'rev-2' });
    expect(kept(lookQueued(documentItem()))).toBeUndefined();
    expect(kept(lookQueued(undefined))).toBeUndefined();
  });
});

describe('the scenarios that broke the draft, at the ledger alone', () => {
  const lose = (item: DocumentItem, token: string, sentTo: readonly Pair[]) =>
    written(released(item, release({ claimToken: token, sentTo, lostAtMs: NOW })));

  it('V1: lost in A, sent to B, crashed: the third claim still finds both', () => {
    const lost = lose(claimedItem(undefined, toSend(A)), 't1', [A]);
    const second = claimedItem(lost, request({ token: 't2', nowMs: NOW + 1 }));
    const sentAgain = written(sendBegun(second, 't2', { pair: B, openedGeneration: undefined }, NOW + 2));
    const third = claimed(sentAgain, request({ token: 't3', nowMs: LEASE + 1, leaseExpiresAtMs: LEASE + 2 }));
    expect(written(third)).toMatchObject({ sentTo: [A, B], claimToken: 't3', lostAtMs: LEASE });
  });

  it('V15: found in A while it is opener of generation 2: the settle opens nothing', () => {
    const opener = uploading({ sentTo: [A, NOWHERE], openedGeneration: 2, lostAtMs: 5 });
    expect(settledItem(opener)).not.toHaveProperty('openedGeneration');
  });

  it('V16: a look settles between a claim and its release: the release changes nothing', () => {
    const item = settledItem(claimedItem(documentItem({ state: 'unknown', sentTo: [A] }), request()));
    expect(kept(released(item, release({ sentTo: [A] })))).toBe('refused');
  });

  it('V17: redriven and lost again: the same message may no longer decide', () => {
    const redriven = { bearer: { arrival, parkId: 'p1' } };
    const sent = claimedItem(documentItem({ state: 'parked', parkId: 'p1' }), toSend(NOWHERE, redriven));
    const lost = lose(sent, 't1', [NOWHERE]);
    const again = claimedItem(lost, request({ ...redriven, token: 't2' }));
    expect(again).not.toHaveProperty('decision');
    expect(again).not.toHaveProperty('parkId');
  });

  it('V18: a duplicate can neither claim nor park what a person has just redriven', () => {
    const redriven = claimedItem(
      documentItem({ state: 'parked', parkId: 'p1' }),
      request({ bearer: { arrival, parkId: 'p1' } }),
    );
    const back = written(released(redriven, release({ decision: 'p1' })));
    expect(refusal(back, request({ token: 't2' }))).toBe('carried-by-another');
    expect(kept(parked(back, release({ claimToken: 't2' })))).toBe('refused');
  });
});
