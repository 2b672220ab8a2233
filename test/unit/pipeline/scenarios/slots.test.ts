import { afterEach, describe, expect, test, vi } from 'vitest';
import { ContainerMemory } from '../../../../lib/pipeline/container-memory.ts';
import { documentRules } from '../../../../lib/pipeline/document-rules.ts';
import { slotKey } from '../../../../lib/pipeline/identity.ts';
import type { SlotItem } from '../../../../lib/pipeline/model.ts';
import { slotRules } from '../../../../lib/pipeline/slot-writes.ts';
import { CLASSIFICATION, memoryWorld, type World } from '../../../support/memory/world.ts';
import {
  batchOf,
  countIn,
  HOUR,
  isDocument,
  isOf,
  isReceipt,
  isSlot,
  LEASE,
  ledgerDownAfterAnswer,
  lose,
  QUIET,
  upload,
} from './scene.ts';

afterEach(() => vi.restoreAllMocks());

const slotOf = (world: World) => world.slots()[0] as SlotItem;
const twoInABatch = () => memoryWorld({ route: { batch: { by: 'folder', maxFiles: 2 } } });
const anyOpening = () =>
  vi.spyOn(slotRules, 'mayOpen').mockImplementation((slot): slot is SlotItem => slot?.state === 'opening');

describe('V7: a late duplicate of an old opener, while the next one opens', () => {
  /** The old opener's answer was queued as a receipt, and the queue delivers it twice. */
  const trace = async () => {
    const world = twoInABatch();
    const old = await world.put('in/old-opener.pdf');
    await world.deliver({ twists: ledgerDownAfterAnswer() });
    const [receipt] = world.queue.messages();
    await world.deliverUntilQuiet();
    await upload(world, 'in/second-of-A.pdf');
    const holds = 'before extracta.upload';
    await world.put('in/opener-of-B.pdf');
    const opener = await world.start({ holds, container: new ContainerMemory() });
    await opener.held;
    expect(slotOf(world)).toMatchObject({ state: 'opening', generation: 2 });
    await world.queue.send(receipt?.body ?? '');
    await world.announce(old);
    await world.deliver();
    const after = slotOf(world);
    await world.put('in/next.pdf');
    const next = await world.start({ container: new ContainerMemory() });
    await world.clock.advance(1_000);
    opener.release();
    await world.clock.drive(Promise.all([opener.ended, next.ended]));
    return { world, after, A: batchOf(world, old) };
  };

  test('V7: touches no slot: the next batch is its own opener’s', async () => {
    const { world, after, A } = await trace();
    expect(after).toMatchObject({ state: 'opening', generation: 2 });
    expect(slotOf(world)).toMatchObject({ state: 'open', generation: 2 });
    expect(slotOf(world).batchId).not.toBe(A);
    expect(countIn(world, A)).toBe(2);
  });

  test('V7, did any answer open it: the full batch takes one more', async () => {
    anyOpening();
    const { world, A } = await trace();
    expect(countIn(world, A)).toBe(3);
  });
});

describe('V8: an opener dies before its claim', () => {
  const trace = async () => {
    const world = memoryWorld();
    const arrival = await world.put('in/opener.pdf');
    const dies = { at: 'before ledger.write', of: isDocument } as const;
    expect(await world.deliver({ dies })).toBe('died');
    expect(slotOf(world)).toMatchObject({ state: 'opening' });
    expect(world.document(arrival)).toBeUndefined();
    const others = [await world.put('in/1.pdf'), await world.put('in/2.pdf')];
    await world.deliverUntilQuiet({ forMs: 24 * HOUR });
    return { world, all: [arrival, ...others] };
  };

  test('V8: when its lease has lapsed the next in line opens', async () => {
    const { world, all } = await trace();
    expect(all.map((each) => world.document(each)?.state)).toEqual(Array(3).fill('uploaded'));
    expect(slotOf(world)).toMatchObject({ state: 'open', generation: 2 });
    expect(new Set(world.extracta.held.map(({ batchId }) => batchId)).size).toBe(1);
  });

  test('V8, did its lease never lapse: all others wait for ever', async () => {
    vi.spyOn(slotRules, 'leaseLapsed').mockImplementation(() => false);
    const { world, all } = await trace();
    expect(all.map((each) => world.document(each)?.state)).toEqual(Array(3).fill('waiting'));
    expect(world.queue.messages()).toHaveLength(3);
  });
});

describe('V15: sent to A and lost; A rolls over; it is to open the next batch, and then found in A', () => {
  const trace = async () => {
    const world = twoInABatch();
    const first = await upload(world, 'in/opener-of-A.pdf');
    const arrival = await lose(world, 'in/a.pdf', 'later');
    await world.clock.advance(QUIET);
    expect(await world.deliver({ dies: 'before extracta.upload' })).toBe('died');
    expect(slotOf(world)).toMatchObject({ state: 'opening', generation: 2 });
    world.extracta.acceptLate();
    await world.deliverUntilQuiet();
    expect(batchOf(world, arrival)).toBe(batchOf(world, first));
    await world.put('in/next.pdf');
    await world.deliverUntilQuiet();
    return { world, A: batchOf(world, first) };
  };

  test('V15: opens nothing with A: the next one opens a batch of its own', async () => {
    const { world, A } = await trace();
    expect(countIn(world, A)).toBe(2);
    expect(slotOf(world)).toMatchObject({ state: 'open', generation: 3 });
  });

  test('V15, did its file speak for the slot: A is opened again, past its room', async () => {
    const slot = slotKey(CLASSIFICATION, 'everything', 'in/');
    vi.spyOn(documentRules, 'settledGeneration').mockImplementation(() => ({ slot, generation: 2 }));
    const { world, A } = await trace();
    expect(countIn(world, A)).toBe(3);
  });
});

describe('V20: a receipt of an earlier opening settles while its document opens again', () => {
  const trace = async () => {
    const world = memoryWorld();
    const arrival = await world.put('in/a.pdf');
    await world.deliver({ twists: ledgerDownAfterAnswer() });
    const A = world.extracta.held[0]?.batchId;
    await world.announce(arrival);
    await world.clock.advance(LEASE);
    const again = await world.start({
      only: (message) => !isReceipt(message),
      container: new ContainerMemory(),
      holds: 'before extracta.upload',
    });
    await again.held;
    expect(slotOf(world)).toMatchObject({ state: 'opening', generation: 2 });
    await world.deliver({ only: isReceipt });
    const meanwhile = slotOf(world);
    again.release();
    await world.clock.drive(again.ended);
    return { world, arrival, A, meanwhile };
  };

  test('V20: opens nothing; the answer to the later opening does, though another file is on record', async () => {
    const { world, arrival, A, meanwhile } = await trace();
    expect(meanwhile).toMatchObject({ state: 'opening', generation: 2 });
    expect(world.document(arrival)).toMatchObject({ state: 'uploaded', mapping: { batchId: A } });
    const B = world.document(arrival)?.extraFiles?.[0]?.batchId;
    expect(B).not.toBe(A);
    expect(slotOf(world)).toMatchObject({ state: 'open', generation: 2, batchId: B });
    expect(world.journal.named('file.doubled')).toHaveLength(1);
  });

  test('V20, did any answer open it: the second generation has the first one’s batch', async () => {
    anyOpening();
    const { world, A } = await trace();
    expect(slotOf(world)).toMatchObject({ generation: 2, batchId: A });
  });
});

describe('V21: a look settles a document while it is the live opener of a slot', () => {
  /** `freeing`: what the draft did, the look's settle freed the slot. */
  const trace = async (freeing: boolean) => {
    const world = twoInABatch();
    await upload(world, 'in/opener-of-A.pdf');
    const arrival = await lose(world, 'in/a.pdf', 'later');
    await world.announce(arrival);
    await world.clock.advance(QUIET);
    const look = await world.start({
      max: 1,
      container: new ContainerMemory(),
      holds: 'before extracta.results',
    });
    await look.held;
    await world.clock.advance(3_000);
    const opener = await world.start({
      max: 1,
      container: new ContainerMemory(),
      holds: 'before extracta.upload',
    });
    await opener.held;
    expect(slotOf(world)).toMatchObject({ state: 'opening', generation: 2 });
    world.extracta.acceptLate();
    look.release();
    expect(await world.clock.drive(look.ended)).toMatchObject([{ outcomes: [{ kind: 'uploaded' }] }]);
    const meanwhile = slotOf(world);
    if (freeing) world.ledger.store({ ...meanwhile, state: 'free', rev: 'freed' });
    opener.release();
    await world.clock.drive(opener.ended);
    const next = await world.put('in/next.pdf');
    await world.deliver({ only: isOf(next) });
    return { world, arrival, meanwhile, next };
  };

  test('V21: frees nothing: the opener’s answered batch is the slot’s', async () => {
    const { world, arrival, meanwhile, next } = await trace(false);
    expect(meanwhile).toMatchObject({ state: 'opening', generation: 2 });
    const B = world.document(arrival)?.extraFiles?.[0]?.batchId;
    expect(slotOf(world)).toMatchObject({ state: 'open', generation: 2, batchId: B });
    expect(batchOf(world, next)).toBe(B);
  });

  test('V21, did it free the slot: the answered batch is orphaned', async () => {
    const { world, arrival, next } = await trace(true);
    const B = world.document(arrival)?.extraFiles?.[0]?.batchId;
    expect(batchOf(world, next)).not.toBe(B);
    expect(world.slots().some(isSlot) && slotOf(world).batchId).not.toBe(B);
  });

  test('V21: an opening is let go only by who took it', async () => {
    const world = memoryWorld();
    const arrival = await world.put('in/a.pdf');
    const slow = await world.start({
      container: new ContainerMemory(),
      frozen: true,
      holds: 'before extracta.upload',
    });
    await slow.held;
    await world.announce(arrival);
    await world.clock.advance(LEASE);
    const again = await world.start({ max: 1, holds: 'before extracta.upload' });
    await again.held;
    const taken = slotOf(world);
    expect(taken).toMatchObject({ state: 'opening', generation: 2 });
    slow.release();
    await world.clock.drive(slow.ended);
    expect(slotOf(world)).toEqual(taken);
    again.release();
    await world.clock.drive(again.ended);
    expect(slotOf(world)).toMatchObject({ state: 'open', generation: 2 });
  });
});
