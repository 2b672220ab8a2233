import { PutObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { withLeaseEnded } from '../../../lib/local/dead-leases.ts';
import { Expected } from '../../../lib/local/expected.ts';
import { restart } from '../../../lib/local/restart.ts';
import { type Documents, nameOf } from '../../../lib/local/watch.ts';
import type { DeadLetter, DocumentItem, LedgerItem } from '../../../lib/pipeline/model.ts';
import type { Outbox } from '../../../lib/pipeline/ports.ts';
import { BUCKET, md5, s3UnderTest, temporaryFolder } from '../../support/local-s3.ts';

function item(key: string, facts: Partial<DocumentItem> = {}): DocumentItem {
  return {
    kind: 'document',
    partition: `${BUCKET}/${key}`,
    sort: 'etag',
    rev: 'r',
    state: 'waiting',
    arrival: { bucket: BUCKET, key, eTag: 'etag', eventTimeMs: 1 },
    firstSeenAtMs: 7,
    updatedAtMs: 2,
    attempts: 3,
    looks: 0,
    redrives: 1,
    edition: 1,
    sentTo: [],
    ...facts,
  };
}

const asDocuments = (items: readonly DocumentItem[]): Documents =>
  new Map(items.map((it) => [nameOf(it), it]));

async function restarted(items: readonly DocumentItem[], objects: Readonly<Record<string, string>> = {}) {
  await using temporary = await temporaryFolder();
  await using under = await s3UnderTest(temporary.path);
  for (const [Key, Body] of Object.entries(objects))
    await under.client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body }));
  const sent: { arrival: { key: string; eTag: string; sizeBytes?: number }; parkId?: string }[] = [];
  const parked: DeadLetter[] = [];
  const outbox: Outbox = {
    send: async (body) => void sent.push(JSON.parse(body)),
    park: async (letter) => void parked.push(letter),
  };
  const result = await restart({ s3: under.client, bucket: BUCKET, outbox }, asDocuments(items));
  return { sent, parked, result };
}

describe('a restart', () => {
  it('gives every unsettled document a message again, and leaves settled ones alone', async () => {
    const { sent, parked, result } = await restarted([
      item('waiting'),
      item('uploading', { state: 'uploading' }),
      item('unknown', { state: 'unknown' }),
      item('done', { state: 'uploaded' }),
      item('skipped', { state: 'skipped' }),
    ]);
    expect(sent.map((message) => message.arrival.key)).toEqual(['waiting', 'uploading', 'unknown']);
    expect([parked, result]).toEqual([[], { unsettled: 3, parked: 0, unknown: [] }]);
  });

  it('carries the decision of a redrive that was not used yet: no other message may act on it', async () => {
    const { sent } = await restarted([item('decided', { decision: 'park-1' })]);
    expect(sent).toMatchObject([{ uploader: 'arrival', parkId: 'park-1' }]);
  });

  it('gives an uploaded document whose late look nobody queued a message that does', async () => {
    const lookAt = [{ classificationId: 'C', batchId: 'B' }];
    expect((await restarted([item('looked', { state: 'uploaded', lookAt })])).sent).toHaveLength(1);
  });

  it('gives every parked document its dead letter again, which alone may wake it', async () => {
    const lastFailure = { code: 'extracta.rejected', message: 'no', httpStatus: 400, atMs: 5 };
    const { parked, sent } = await restarted([item('p', { state: 'parked', parkId: 'park-2', lastFailure })]);
    expect(sent).toEqual([]);
    const [letter] = parked;
    expect(letter).toMatchObject({
      reason: 'extracta.rejected',
      message: 'no',
      httpStatus: 400,
      attempts: 3,
      redrives: 1,
      firstSeenAtMs: 7,
      parkId: 'park-2',
    });
    expect(JSON.parse(letter?.body ?? '')).toMatchObject({
      uploader: 'arrival',
      parkId: 'park-2',
      arrival: { key: 'p' },
    });
  });

  it('gives a parked document that the schedule had sent back its message again, not its letter', async () => {
    const sentBack = { state: 'parked', parkId: 'park-2', sentBack: 'park-2' } as const;
    const { parked, sent, result } = await restarted([
      item('on-its-way', sentBack),
      item('parked-anew', { ...sentBack, parkId: 'park-3' }),
    ]);
    expect(sent).toMatchObject([{ uploader: 'arrival', parkId: 'park-2', arrival: { key: 'on-its-way' } }]);
    expect(parked).toMatchObject([{ parkId: 'park-3' }]);
    expect(result).toMatchObject({ unsettled: 1, parked: 1 });
  });

  it('makes an arrival of every object that the ledger does not know, folder markers aside', async () => {
    const known = { ...item('known.txt'), state: 'uploaded' as const, sort: md5(Buffer.from('known')) };
    const objects = { 'known.txt': 'known', 'später/ü+1 &.txt': 'not known', 'marker/': '' };
    const { sent, result } = await restarted([known], objects);
    expect(sent).toMatchObject([
      { arrival: { key: 'später/ü+1 &.txt', eTag: md5(Buffer.from('not known')), sizeBytes: 9 } },
    ]);
    expect(result.unknown).toMatchObject([{ partition: `${BUCKET}/später/ü+1 &.txt` }]);
  });
});

describe('leases of a run that is gone', () => {
  const slot: LedgerItem = {
    kind: 'slot',
    partition: 's',
    sort: 's',
    rev: 'r',
    state: 'opening',
    generation: 1,
    files: 1,
    leaseExpiresAtMs: 900,
  };
  const breaker: LedgerItem = {
    kind: 'breaker',
    partition: 'b',
    sort: 'b',
    rev: 'r',
    state: 'paused',
    strikes: 0,
    pauses: 1,
    probeToken: 't',
    probeExpiresAtMs: 900,
  };

  it('end soon, whoever held them', () => {
    expect(withLeaseEnded(item('a', { state: 'uploading', leaseExpiresAtMs: 900 }), 500)).toMatchObject({
      leaseExpiresAtMs: 500,
    });
    expect(withLeaseEnded(slot, 500)).toMatchObject({ leaseExpiresAtMs: 500 });
    expect(withLeaseEnded(breaker, 500)).toMatchObject({ probeExpiresAtMs: 500 });
  });

  it('are never made longer, and nothing else is touched', () => {
    expect(withLeaseEnded(item('a', { state: 'uploading', leaseExpiresAtMs: 400 }), 500)).toBeUndefined();
    expect(withLeaseEnded({ ...slot, state: 'open' }, 500)).toBeUndefined();
    expect(withLeaseEnded(item('a', { state: 'unknown', leaseExpiresAtMs: 900 }), 500)).toBeUndefined();
    expect(
      withLeaseEnded(
        { kind: 'gate', partition: 'g', sort: 'g', rev: 'r', nextAllowedAtMs: 900, namesKept: true },
        500,
      ),
    ).toBeUndefined();
  });
});

describe('what a run waits for', () => {
  it('is what it put and all that the ledger knows to be unsettled', () => {
    const expected = new Expected(asDocuments([]));
    expected.add(item('put'));
    expect(expected.left(asDocuments([]))).toBe(1);
    expect(expected.left(asDocuments([item('put', { state: 'uploaded' }), item('other')]))).toBe(1);
    expect(
      expected.allSettled(
        asDocuments([item('put', { state: 'parked' }), item('other', { state: 'skipped' })]),
      ),
    ).toBe(true);
  });

  it('is what it has not put yet, too', () => {
    const expected = new Expected(asDocuments([]));
    expected.willPut(2);
    expect([expected.left(asDocuments([])), expected.total(asDocuments([]))]).toEqual([2, 2]);
    expected.hasPut(item('one'));
    const one = asDocuments([item('one', { state: 'uploaded' })]);
    expect([expected.left(one), expected.total(one), expected.allSettled(one)]).toEqual([1, 2, false]);
  });

  it('is a skipped document’s new end, where it came again', () => {
    const before = item('again', { state: 'skipped', rev: 'old' });
    const expected = new Expected(asDocuments([before]));
    expect(expected.allSettled(asDocuments([before]))).toBe(true);
    expected.add(before);
    expect(expected.allSettled(asDocuments([before]))).toBe(false);
    expect(expected.allSettled(asDocuments([{ ...before, rev: 'new' }]))).toBe(true);
  });
});
