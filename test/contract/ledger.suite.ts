import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { LedgerQueries } from '../../lib/aws/ledger-queries.ts';
import type { DocumentItem, SlotItem } from '../../lib/pipeline/model.ts';
import type { Ledger } from '../../lib/pipeline/ports.ts';
import {
  closedBreaker,
  documentItem,
  fullDocument,
  keyOf,
  openSlot,
  slotKey,
  uploadedTo,
} from './ledger-scene.ts';

export interface OpenLedger {
  readonly ledger: Ledger;
  readonly queries: LedgerQueries;
  close(): Promise<void>;
}

const MANY = 20;
const many = Array.from({ length: MANY }, (_, index) => index);

/** What every ledger must do, whatever it is made of. */
export function ledgerContract(name: string, open: () => Promise<OpenLedger>): void {
  describe(`a ledger in ${name}`, () => {
    let opened: OpenLedger;
    let ledger: Ledger;
    beforeEach(async () => {
      opened = await open();
      ledger = opened.ledger;
    });
    afterEach(() => opened.close());

    describe('reading and writing', () => {
      test('has nothing where nothing was written', async () => {
        expect(await ledger.read(keyOf(fullDocument))).toBeUndefined();
      });

      test('gives back every field as it was written, and no other', async () => {
        expect(await ledger.write(fullDocument, undefined)).toEqual({ applied: true });
        expect(await ledger.read(keyOf(fullDocument))).toStrictEqual(fullDocument);
      });

      test('replaces the whole item: a field that the new one lacks is gone', async () => {
        await ledger.write(fullDocument, undefined);
        const lean = documentItem('full', { rev: 'rev-2' });
        expect(await ledger.write(lean, fullDocument.rev)).toEqual({ applied: true });
        expect(await ledger.read(keyOf(fullDocument))).toStrictEqual(lean);
      });

      test('keeps versions of one key apart, and items of other kinds', async () => {
        const first = documentItem('a', { sort: 'v1' });
        const second = documentItem('a', { sort: 'v2', attempts: 5 });
        for (const item of [first, second, openSlot, closedBreaker]) await ledger.write(item, undefined);
        expect(await ledger.read(keyOf(first))).toStrictEqual(first);
        expect(await ledger.read(keyOf(second))).toStrictEqual(second);
        expect(await ledger.read(slotKey)).toStrictEqual(openSlot);
        expect(await ledger.read({ ...closedBreaker })).toStrictEqual(closedBreaker);
      });

      test('a key of 1,024 bytes, quotes and line breaks included, is a key like any other', async () => {
        const partition = `inbox/${'漢'.repeat(339)}\r\n"'%+`;
        const item = uploadedTo('long', '-Ob', '-Of', 1);
        await ledger.write({ ...item, partition }, undefined);
        expect(await ledger.read({ ...keyOf(item), partition })).toStrictEqual({ ...item, partition });
      });
    });

    describe('conditions', () => {
      test('a first write is refused where an item exists, and says what is stored', async () => {
        const stored = documentItem('a', { attempts: 1 });
        await ledger.write(stored, undefined);
        const refused = await ledger.write(documentItem('a', { rev: 'rev-2' }), undefined);
        expect(refused).toStrictEqual({ applied: false, current: stored });
        expect(await ledger.read(keyOf(stored))).toStrictEqual(stored);
      });

      test('a later write is refused where the item has changed since, and says what is stored', async () => {
        const changed = documentItem('a', { rev: 'rev-2', attempts: 2 });
        await ledger.write(documentItem('a'), undefined);
        await ledger.write(changed, 'rev-of-a');
        const refused = await ledger.write(documentItem('a', { rev: 'rev-3' }), 'rev-of-a');
        expect(refused).toStrictEqual({ applied: false, current: changed });
        expect(await ledger.read(keyOf(changed))).toStrictEqual(changed);
      });

      test('a later write is refused where there is no item', async () => {
        const refused = await ledger.write(documentItem('a'), 'rev-0');
        expect(refused).toStrictEqual({ applied: false, current: undefined });
        expect(await ledger.read(keyOf(documentItem('a')))).toBeUndefined();
      });

      test('a write that was applied and is repeated finds its own token and says so', async () => {
        const [first, second] = [documentItem('a'), documentItem('a', { rev: 'rev-2' })];
        expect(await ledger.write(first, undefined)).toEqual({ applied: true });
        expect(await ledger.write(first, undefined)).toEqual({ applied: true });
        expect(await ledger.write(second, first.rev)).toEqual({ applied: true });
        expect(await ledger.write(second, first.rev)).toEqual({ applied: true });
      });

      test('of many first writers at once exactly one wins, and the others are told of it', async () => {
        const candidates = many.map((n) => documentItem('a', { rev: `rev-${n}`, attempts: n }));
        const results = await Promise.all(candidates.map((item) => ledger.write(item, undefined)));
        await expectOneWinner(candidates, results);
      });

      test('of many later writers at once exactly one wins, and the others are told of it', async () => {
        await ledger.write(documentItem('a'), undefined);
        const candidates = many.map((n) => documentItem('a', { rev: `rev-${n}`, attempts: n }));
        const results = await Promise.all(candidates.map((item) => ledger.write(item, 'rev-of-a')));
        await expectOneWinner(candidates, results);
      });

      async function expectOneWinner(
        candidates: readonly DocumentItem[],
        results: readonly Awaited<ReturnType<Ledger['write']>>[],
      ) {
        const winners = candidates.filter((_, index) => results[index]?.applied);
        expect(winners).toHaveLength(1);
        expect(await ledger.read(keyOf(documentItem('a')))).toStrictEqual(winners[0]);
        const lost = results.filter((result) => !result.applied);
        for (const result of lost) expect(result).toStrictEqual({ applied: false, current: winners[0] });
      }
    });

    describe('places in a slot', () => {
      const place = { slot: slotKey, generation: 3, maxFiles: 5, rev: 'rev-of-place' };

      test('taking one adds one to the files, writes its token and changes nothing else', async () => {
        await ledger.write(openSlot, undefined);
        expect(await ledger.takePlace(place)).toEqual({ applied: true });
        expect(await ledger.read(slotKey)).toStrictEqual({ ...openSlot, files: 2, rev: place.rev });
      });

      test('many at once never take more than there are', async () => {
        await ledger.write(openSlot, undefined);
        const takers = many.map((n) => ledger.takePlace({ ...place, rev: `rev-${n}` }));
        const results = await Promise.all(takers);
        expect(results.filter((result) => result.applied)).toHaveLength(4);
        expect((await ledger.read(slotKey))?.files).toBe(5);
      });

      test.each<[string, Partial<SlotItem>]>([
        ['full', { files: 5 }],
        ['of another generation', { generation: 4 }],
        ['opening', { state: 'opening' }],
        ['free', { state: 'free' }],
      ])('a slot that is %s gives none, and is shown', async (_, difference) => {
        const slot = { ...openSlot, ...difference };
        await ledger.write(slot, undefined);
        expect(await ledger.takePlace(place)).toStrictEqual({ applied: false, current: slot });
        expect(await ledger.read(slotKey)).toStrictEqual(slot);
      });

      test('a slot that does not exist gives none', async () => {
        expect(await ledger.takePlace(place)).toStrictEqual({ applied: false, current: undefined });
        expect(await ledger.read(slotKey)).toBeUndefined();
      });

      test('the last place, taken and asked for again by the same token, was taken', async () => {
        await ledger.write({ ...openSlot, files: 4 }, undefined);
        expect(await ledger.takePlace(place)).toEqual({ applied: true });
        expect(await ledger.takePlace(place)).toEqual({ applied: true });
        expect((await ledger.read(slotKey))?.files).toBe(5);
      });
    });

    describe('questions', () => {
      test('what is not done: by state, first seen first; settled documents and other items are not in it', async () => {
        const late = documentItem('late', { state: 'parked', firstSeenAtMs: 20 });
        const early = documentItem('early', { state: 'parked', firstSeenAtMs: 10 });
        const others = [
          documentItem('w'),
          uploadedTo('u', '-Ob', '-Of', 1),
          documentItem('s', { state: 'skipped' }),
        ];
        for (const item of [late, early, ...others, openSlot]) await ledger.write(item, undefined);
        expect(await all(opened.queries.unsettled('parked'))).toStrictEqual([early, late]);
        expect(await all(opened.queries.unsettled('waiting'))).toStrictEqual([documentItem('w')]);
        expect(await all(opened.queries.unsettled('unknown'))).toEqual([]);
      });

      test('a document that settles leaves what is not done', async () => {
        await ledger.write(documentItem('a'), undefined);
        const settled = { ...uploadedTo('a', '-Ob', '-Of', 1), rev: 'rev-2' };
        await ledger.write(settled, 'rev-of-a');
        expect(await all(opened.queries.unsettled('waiting'))).toEqual([]);
        expect(await all(opened.queries.byBatch('-Ob'))).toStrictEqual([settled]);
      });

      test('which documents are in a batch, and whose file a file is', async () => {
        const [a, b] = [uploadedTo('a', '-Ob', '-Of1', 1), uploadedTo('b', '-Ob', '-Of2', 2)];
        const elsewhere = uploadedTo('c', '-Oother', '-Of3', 3);
        for (const item of [b, a, elsewhere]) await ledger.write(item, undefined);
        expect(await all(opened.queries.byBatch('-Ob'))).toStrictEqual([a, b]);
        expect(await opened.queries.byFile('-Of2')).toStrictEqual(b);
        expect(await opened.queries.byFile('-Onobody')).toBeUndefined();
      });

      test('every document, slots and breaker left out', async () => {
        const documents = many.map((n) => documentItem(`document-${n}`));
        for (const item of [...documents, openSlot, closedBreaker]) await ledger.write(item, undefined);
        const found = await all(opened.queries.documents());
        expect(byPartition(found)).toStrictEqual(byPartition(documents));
      });

      test('an answer of many pages is read to its end', async () => {
        // DynamoDB ends a page at 1 MB.
        const message = 'x'.repeat(150_000);
        const lastFailure = { code: 'extracta.rejected', message, atMs: 1 };
        const documents = many.map((n) => documentItem(`d-${n}`, { firstSeenAtMs: n, lastFailure }));
        for (const item of documents) await ledger.write(item, undefined);
        expect(await all(opened.queries.unsettled('waiting'))).toStrictEqual(documents);
        expect(await all(opened.queries.documents())).toHaveLength(MANY);
      });
    });
  });
}

const byPartition = (items: readonly DocumentItem[]) =>
  [...items].sort((a, b) => a.partition.localeCompare(b.partition));

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}
