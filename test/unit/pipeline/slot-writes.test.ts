import { describe, expect, it } from 'vitest';
import { documentKey, slotKey, slotName } from '../../../lib/pipeline/identity.ts';
import type { SlotItem } from '../../../lib/pipeline/model.ts';
import {
  freed,
  type OpeningRequest,
  opened,
  openingTaken,
  rejected,
  slotChoice,
  slotRules,
} from '../../../lib/pipeline/slot-writes.ts';
import { A, arrival, documentItem, fileIn, kept, NOW, written } from './scene.ts';

const key = slotKey('-Oc', 'letters', 'letters/');
const slot = (more: Partial<SlotItem> = {}): SlotItem => ({
  ...key,
  kind: 'slot',
  rev: 'rev-1',
  state: 'free',
  generation: 3,
  files: 0,
  ...more,
});
const open = (more: Partial<SlotItem> = {}) => slot({ state: 'open', batchId: '-Oa', files: 5, ...more });
const opening = (more: Partial<SlotItem> = {}) =>
  slot({
    state: 'opening',
    files: 1,
    opener: documentKey(arrival),
    openerToken: 't1',
    leaseExpiresAtMs: NOW,
    ...more,
  });
const theirs = { slot: key, generation: 3, token: 't1' };
const request = (more: Partial<OpeningRequest> = {}): OpeningRequest => ({
  slot: key,
  seenGeneration: 3,
  maxFiles: undefined,
  opener: documentKey({ ...arrival, key: 'letters/b.pdf' }),
  token: 't2',
  leaseExpiresAtMs: NOW + 330_000,
  nowMs: NOW,
  ...more,
});

describe('a document that needs a batch', () => {
  it.each<[string, SlotItem | undefined, number | undefined, string]>([
    ['opens one where there is no slot', undefined, undefined, 'open'],
    ['opens one where the slot is free', slot(), undefined, 'open'],
    ['joins an open one', open(), undefined, 'join'],
    ['joins an open one that has a place left', open({ files: 99 }), 100, 'join'],
    ['opens the next where that one is full', open({ files: 100 }), 100, 'open'],
    ['opens the next where it is more than full', open({ files: 101 }), 100, 'open'],
    ['waits while another opens it', opening(), undefined, 'wait'],
    [
      'V8: asks the opener whose lease has lapsed',
      opening({ leaseExpiresAtMs: NOW - 1 }),
      undefined,
      'ask-opener',
    ],
    ['V8: asks an opener that never had one', opening({ leaseExpiresAtMs: 0 }), 100, 'ask-opener'],
  ])('%s', (_, item, maxFiles, choice) => expect(slotChoice(item, maxFiles, NOW)).toBe(choice));

  it('V8: asks the opener of a slot that says no lease', () => {
    const { leaseExpiresAtMs: _, ...without } = opening();
    expect(slotChoice(without, undefined, NOW)).toBe('ask-opener');
  });
});

describe('taking an opening', () => {
  it('of a slot that nobody has heard of begins with generation 1, the opener taking the first place', () => {
    const decision = openingTaken(undefined, request({ seenGeneration: 0 }));
    expect(decision).toHaveProperty('result', { slot: key, generation: 1, token: 't2' });
    expect(written(decision)).toEqual({
      ...key,
      rev: 'rev-2',
      state: 'opening',
      generation: 1,
      files: 1,
      opener: request().opener,
      openerToken: 't2',
      leaseExpiresAtMs: NOW + 330_000,
    });
  });

  it.each<[string, SlotItem, number | undefined]>([
    ['free', slot({ files: 7 }), undefined],
    ['full', open({ files: 100 }), 100],
    ['of a dead opener', opening({ leaseExpiresAtMs: NOW - 1 }), undefined],
  ])('of a slot that is %s raises its generation and forgets its batch', (_, item, maxFiles) => {
    const taken = written(openingTaken(item, request({ maxFiles })));
    expect(taken).toMatchObject({ state: 'opening', generation: 4, files: 1, openerToken: 't2' });
    expect(taken).not.toHaveProperty('batchId');
  });

  it.each<[string, SlotItem | undefined, Partial<OpeningRequest>]>([
    ['open and not full', open(), {}],
    ['being opened', opening(), {}],
    ['free, but of another generation than was read [V8]', slot({ generation: 4 }), {}],
    [
      "a dead opener's, but of another generation than was read [V8]",
      opening({ leaseExpiresAtMs: 1, generation: 2 }),
      {},
    ],
    ['unheard of, where one was read', undefined, {}],
  ])('is refused where the slot is %s', (_, item, more) => {
    expect(kept(openingTaken(item, request(more)))).toBeUndefined();
  });
});

describe('opening a slot', () => {
  it('puts in the batch that Extracta answered, and the opener out', () => {
    const decision = opened(opening(), 3, '-Oa');
    expect(decision).toHaveProperty('result', true);
    expect(written(decision)).toEqual({ ...slot({ state: 'open', batchId: '-Oa', files: 1 }), rev: 'rev-2' });
  });

  it.each<[string, SlotItem | undefined]>([
    ['of another generation: a late duplicate opens nothing [V7]', opening({ generation: 4 })],
    ['open already', open()],
    ['free: its opener let it go', slot()],
    ['unheard of', undefined],
  ])('is refused where it is %s', (_, item) => expect(kept(opened(item, 3, '-Oz'))).toBe(false));

  it('V20: the answer of generation 1 does not open generation 2', () => {
    expect(kept(opened(opening({ generation: 2 }), 1, '-Oa'))).toBe(false);
  });
});

describe('letting a slot go', () => {
  it('frees it at once, its generation kept', () => {
    const decision = freed(opening(), theirs);
    expect(decision).toHaveProperty('result', true);
    expect(written(decision)).toEqual({ ...slot({ files: 1 }), rev: 'rev-2' });
  });

  it.each<[string, SlotItem | undefined]>([
    ['another opener [V21]', opening({ openerToken: 't9' })],
    ['another generation', opening({ generation: 4 })],
    ['an open batch', open()],
    ['nothing', undefined],
  ])('touches nothing where it holds %s', (_, item) => expect(kept(freed(item, theirs))).toBe(false));
});

describe('a batch that Extracta no longer knows', () => {
  it('is given up: the next document opens another', () => {
    const decision = rejected(open(), '-Oa');
    const item = written(decision);
    expect(decision).toHaveProperty('result', true);
    expect(item).toEqual({ ...slot({ files: 5 }), rev: 'rev-2' });
    expect(written(openingTaken(item, request())).generation).toBe(4);
  });

  it.each<[string, SlotItem | undefined]>([
    ['another batch is open by now', open({ batchId: '-Ob' })],
    ['another is being opened', opening()],
    ['it was given up already', slot({ batchId: '-Oa' })],
    ['there is none', undefined],
  ])('is left alone where %s', (_, item) => expect(kept(rejected(item, '-Oa'))).toBe(false));
});

describe("a dead opener's document", () => {
  const settled = documentItem({
    state: 'uploaded',
    openedGeneration: 3,
    openedSlot: slotName(opening()),
    mapping: { ...fileIn(A, '-Of'), uploadedAtMs: 1 },
  });

  it('V8: speaks for its slot where it is settled, of this generation', () => {
    expect(slotRules.openedBy(opening(), settled)).toBe('-Oa');
  });

  it.each([
    ['V7: settled, but of an earlier generation', { ...settled, openedGeneration: 2 }],
    ['settled, of this generation of another slot', { ...settled, openedSlot: 'another' }],
    ['V15: settled by a look, of no generation', documentItem({ state: 'uploaded' })],
    ['V8: not settled', documentItem({ state: 'uploading', openedGeneration: 3 })],
    ['V8: never claimed', undefined],
  ])('does not else: %s', (_, opener) => expect(slotRules.openedBy(opening(), opener)).toBeUndefined());
});
