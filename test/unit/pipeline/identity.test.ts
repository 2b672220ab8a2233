import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BREAKER_KEY,
  documentKey,
  GATE_KEY,
  pairName,
  realVersionId,
  samePair,
  slotKey,
  unquotedETag,
  versionOrEtag,
  withoutPairs,
  withPair,
} from '../../../lib/pipeline/identity.ts';
import { A, arrival, B, NOWHERE } from './scene.ts';

describe('an ETag', () => {
  it.each([
    ['"d41d8"', 'd41d8'],
    ['W/"d41d8-3"', 'd41d8-3'],
    ['d41d8', 'd41d8'],
    ['""', ''],
    ['"', '"'],
  ])('%s is kept as %s', (given, bare) => expect(unquotedETag(given)).toBe(bare));
});

describe('a version', () => {
  it.each([undefined, '', 'null'])('does not count where it is %j', (id) => {
    expect(realVersionId(id)).toBeUndefined();
  });

  it('counts else', () =>
    expect(realVersionId('096fKKXTRTtl3on89fVO.nfljtsv6qko')).toBe('096fKKXTRTtl3on89fVO.nfljtsv6qko'));
});

describe("a document's key", () => {
  const { versionId: _, ...unversioned } = arrival;

  it('is bucket/key and the version, else the ETag', () => {
    expect(documentKey(arrival)).toEqual({ kind: 'document', partition: 'inbox/letters/a.pdf', sort: 'v1' });
    expect(documentKey(unversioned).sort).toBe(arrival.eTag);
    expect(versionOrEtag(unversioned)).toBe(arrival.eTag);
  });

  it('is the same for an event, a re-arrival and a re-drive: nothing else of the arrival counts', () => {
    const { sequencer: _s, sizeBytes: _b, ...bare } = arrival;
    expect(documentKey({ ...bare, eventTimeMs: 7 })).toEqual(documentKey(arrival));
  });
});

describe("a slot's key", () => {
  it('is another one for every other classification, route or batch key', () => {
    const parts = fc.tuple(
      fc.string({ unit: fc.constantFrom('a', '/', '%', '#', '='), minLength: 1, maxLength: 4 }),
      fc.string({ unit: fc.constantFrom('a', '-', '.'), minLength: 1, maxLength: 4 }),
      fc.string({ unit: fc.constantFrom('a', '/'), maxLength: 4 }),
    );
    fc.assert(
      fc.property(parts, parts, (one, other) => {
        const same = JSON.stringify(slotKey(...one)) === JSON.stringify(slotKey(...other));
        expect(same).toBe(JSON.stringify(one) === JSON.stringify(other));
      }),
      { seed: 1, numRuns: 2000 },
    );
  });

  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
  it('meets no document: a bucket has no # in its name', () => {
    for (const key of [slotKey('-Oc', 'letters', 'a/'), BREAKER_KEY, GATE_KEY])
      expect(key.partition).toMatch(/^#/);
  });

  // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
  it('is never empty, and fits a sort key of 1,024 bytes for the folder of every key', () => {
    expect(slotKey('-Oc', 'all', '').sort).not.toBe('');
    const folder = `${'漢'.repeat(341)}/`;
    expect(Buffer.byteLength(folder)).toBe(1024);
    expect(Buffer.byteLength(slotKey('-Oc', 'all', folder).sort)).toBe(1024);
  });
});

describe('sets of pairs', () => {
  it('know a pair by classification and batch', () => {
    expect(samePair(A, { ...A })).toBe(true);
    expect(samePair(A, B)).toBe(false);
    expect(samePair(A, { ...A, classificationId: '-Od' })).toBe(false);
  });

  it('hold a pair once, in the order of coming', () => {
    expect(withPair(withPair(withPair([], A), NOWHERE), { ...A })).toEqual([A, NOWHERE]);
  });

  it('lose exactly the pairs that are ruled out', () => {
    expect(withoutPairs([A, B, NOWHERE], [{ ...B }])).toEqual([A, NOWHERE]);
    expect(withoutPairs([A], [])).toEqual([A]);
    expect(withoutPairs([A], [A])).toEqual([]);
  });

  it('name a pair as no other is named', () => {
    expect(pairName({ classificationId: 'a/b', batchId: 'c' })).not.toBe(
      pairName({ classificationId: 'a', batchId: 'b/c' }),
    );
    expect(pairName(A)).toBe('-Oc -Oa');
  });
});
