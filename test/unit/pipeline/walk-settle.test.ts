import { describe, expect, test } from 'vitest';
import { ContainerMemory } from '../../../lib/pipeline/container-memory.ts';
import { UploaderError } from '../../../lib/pipeline/failures.ts';
import type { DocumentItem, LedgerItem, ReceiptMessage, SlotItem } from '../../../lib/pipeline/model.ts';
import type { Twist } from '../../support/memory/twists.ts';
import { CLASSIFICATION, memoryWorld, type World } from '../../support/memory/world.ts';

const MINUTE = 60_000;
const ledgerDown = new UploaderError('ledger.unavailable', 'as told');
const queueDown = new UploaderError('queue.unavailable', 'as told');
const settles = (item: LedgerItem) => item.kind === 'document' && item.state === 'uploaded';
const isItem = (item: LedgerItem) => item.kind === 'document';
const opensSlot = (item: SlotItem) => item.kind === 'slot' && item.state === 'open';
/** The ledger can't be written from the answer on, for as long as this invocation lasts. */
const noSettling: Twist = { at: 'before ledger.read', times: 9_999, does: ledgerDown };
const afterAnswer = (world: World): Twist[] => {
  let isAnswered = false;
  const fail = () => {
    if (isAnswered) throw ledgerDown;
  };
  world.twists.add({ at: 'after extracta.upload', does: () => (isAnswered = true) });
  return [
    { ...noSettling, does: fail },
    { at: 'before ledger.write', times: 9_999, does: fail },
  ];
};
const receipts = (world: World): ReceiptMessage[] =>
  world.queue
    .messages()
    .map(({ body }) => JSON.parse(body))
    .filter(({ uploader }) => uploader === 'receipt');

describe('an answer in hand', () => {
  test('is written down again and again while the ledger refuses', async () => {
    const world = memoryWorld();
    const arrival = await world.put('in/a.pdf');
    world.twists.add({ at: 'before ledger.write', of: settles, times: 5, does: ledgerDown });
    expect(await world.outcomes()).toMatchObject([{ kind: 'uploaded' }]);
    expect(world.document(arrival)).toMatchObject({ state: 'uploaded' });
    expect(receipts(world)).toEqual([]);
    expect(world.filesOf(arrival)).toHaveLength(1);
  });

  test('becomes a message of its own when the time is up, and settles from there', async () => {
    const world = memoryWorld();
    const arrival = await world.put('in/a.pdf');
    expect(await world.outcomes({ twists: afterAnswer(world) })).toMatchObject([{ kind: 'uploaded' }]);
    expect(world.document(arrival)).toMatchObject({ state: 'uploading' });
    expect(world.slots()).toMatchObject([{ state: 'opening', generation: 1 }]);
    const [receipt] = receipts(world);
    expect(receipt).toMatchObject({ arrival, edition: 1, opens: { generation: 1 } });
    expect(JSON.stringify(receipt)).not.toContain('url');
    await world.deliverUntilQuiet({ forMs: MINUTE });
    expect(world.document(arrival)).toMatchObject({ state: 'uploaded', openedGeneration: 1 });
    expect(world.slots()).toMatchObject([{ state: 'open', batchId: world.filesOf(arrival)[0]?.batchId }]);
    await world.deliverUntilQuiet();
    expect(world.filesOf(arrival)).toHaveLength(1);
  });

  test('becomes a message of its own, too, where the ledger hangs: it must not take the time of the queue', async () => {
    const world = memoryWorld();
    const arrival = await world.put('in/a.pdf');
    const startedAtMs = world.clock.nowMs();
    const hangs = { at: 'before ledger.write', of: settles, does: () => new Promise(() => {}) } as const;
    expect(await world.outcomes({ twists: [hangs] })).toMatchObject([{ kind: 'uploaded' }]);
    expect(world.clock.nowMs() - startedAtMs).toBe(5 * MINUTE - 5_000);
    expect(world.journal.named('receipt.queued')).toMatchObject([
      { fields: { because: 'ledger.unavailable' } },
    ]);
    await world.deliverUntilQuiet();
    expect(world.document(arrival)?.state).toBe('uploaded');
    expect(world.filesOf(arrival)).toHaveLength(1);
  });

  test('stays with the original message where no queue takes it either: found when the lease has lapsed', async () => {
    const world = memoryWorld();
    await world.put('in/opener.pdf');
    await world.deliver();
    const arrival = await world.put('in/a.pdf');
    const twists = [...afterAnswer(world), { at: 'before outbox.send', does: queueDown } as const];
    expect(await world.outcomes({ twists })).toMatchObject([{ kind: 'deferred', code: 'queue.unavailable' }]);
    expect(world.journal.named('answer.unrecorded')).toHaveLength(1);
    await world.deliverUntilQuiet();
    expect(world.document(arrival)).toMatchObject({ state: 'uploaded', attempts: 1 });
    expect(world.filesOf(arrival)).toHaveLength(1);
  });

  test('is not lost to a defect of ours in writing it down', async () => {
    const world = memoryWorld();
    await world.put('in/opener.pdf');
    await world.deliver();
    const arrival = await world.put('in/a.pdf');
    world.twists.add({ at: 'before ledger.write', of: settles, does: new TypeError('a defect') });
    expect(await world.outcomes()).toMatchObject([{ kind: 'deferred', code: 'internal.unexpected' }]);
    await world.deliverUntilQuiet();
    expect(world.filesOf(arrival)).toHaveLength(1);
    expect(world.document(arrival)?.state).toBe('uploaded');
  });

  test('a receipt that can not be settled yet comes back', async () => {
    const world = memoryWorld();
    const arrival = await world.put('in/a.pdf');
    await world.deliver({ twists: afterAnswer(world) });
    const down = [
      { at: 'before ledger.read', times: 9_999, does: ledgerDown },
      { at: 'before outbox.send', does: queueDown },
    ] as const;
    await world.untilNextMessage();
    expect(await world.outcomes({ twists: down })).toMatchObject([{ code: 'queue.unavailable' }]);
    expect(receipts(world)).toHaveLength(1);
    await world.deliverUntilQuiet();
    expect(world.document(arrival)?.state).toBe('uploaded');
  });

  test('that is delivered twice is one mapping', async () => {
    const world = memoryWorld();
    const arrival = await world.put('in/a.pdf');
    await world.deliver({ twists: afterAnswer(world) });
    await world.queue.send(JSON.stringify(receipts(world)[0]));
    await world.deliverUntilQuiet();
    expect(world.document(arrival)).toMatchObject({ state: 'uploaded' });
    expect(world.document(arrival)).not.toHaveProperty('extraFiles');
    expect(world.journal.named('file.doubled')).toEqual([]);
  });
});

describe('a slot that its answer can not open', () => {
  test.each([['the ledger is down', ledgerDown]])(
    'is opened by the next in line, from its document: %s',
    async (_, does) => {
      const world = memoryWorld();
      const first = await world.put('in/1.pdf');
      world.twists.add({ at: 'before ledger.write', of: opensSlot, does });
      expect(await world.outcomes()).toMatchObject([{ kind: 'uploaded' }]);
      expect(world.journal.named('slot.unopened')).toMatchObject([{ fields: { generation: 1 } }]);
      const second = await world.put('in/2.pdf');
      await world.deliverUntilQuiet();
      expect(world.document(second)?.mapping?.batchId).toBe(world.document(first)?.mapping?.batchId);
    },
  );

  test('because of a defect of ours keeps the message, and the document is not sent again', async () => {
    const world = memoryWorld();
    const first = await world.put('in/1.pdf');
    world.twists.add({ at: 'before ledger.write', of: opensSlot, does: new TypeError('a defect') });
    expect(await world.outcomes()).toMatchObject([{ kind: 'deferred', code: 'internal.unexpected' }]);
    await world.deliverUntilQuiet();
    expect(world.filesOf(first)).toHaveLength(1);
  });
});

describe('a slot that can not be written', () => {
  const slots = { of: (item: LedgerItem) => item.kind === 'slot', does: ledgerDown };

  test('does not keep the claim from being released: a certain failure stays one', async () => {
    const world = memoryWorld();
    const stalled = new UploaderError('document.stalled', 'as told');
    world.extracta.planUpload({ kind: 'fail', error: stalled });
    const isFreed = (item: SlotItem) => item.kind === 'slot' && item.state === 'free';
    world.twists.add({ at: 'before ledger.write', ...slots, of: isFreed });
    const arrival = await world.put('in/a.pdf');
    expect(await world.outcomes()).toMatchObject([{ kind: 'deferred', code: 'document.stalled' }]);
    expect(world.document(arrival)).toMatchObject({ state: 'waiting', sentTo: [], attempts: 1 });
    expect(world.journal.named('slot.unfreed')).toMatchObject([
      { fields: { because: 'ledger.unavailable' } },
    ]);
    await world.deliverUntilQuiet();
    expect(world.document(arrival)?.state).toBe('uploaded');
    expect(world.filesOf(arrival)).toHaveLength(1);
  });

  test('because of a defect of ours keeps the message', async () => {
    const world = memoryWorld();
    world.extracta.planUpload({ kind: 'fail', error: new UploaderError('document.stalled', 'as told') });
    const isFreed = (item: SlotItem) => item.kind === 'slot' && item.state === 'free';
    world.twists.add({ at: 'before ledger.write', of: isFreed, does: new TypeError('a defect') });
    const arrival = await world.put('in/a.pdf');
    expect(await world.outcomes()).toMatchObject([{ kind: 'deferred', code: 'internal.unexpected' }]);
    await world.deliverUntilQuiet();
    expect(world.document(arrival)?.state).toBe('uploaded');
  });

  test('is free again where its taking was applied and the answer to it was lost', async () => {
    const world = memoryWorld();
    world.twists.add({ at: 'after ledger.write', ...slots });
    await world.put('in/a.pdf');
    expect(await world.outcomes()).toMatchObject([{ kind: 'deferred', code: 'ledger.unavailable' }]);
    expect(world.slots()).toMatchObject([{ state: 'free', generation: 1 }]);
  });
});

describe('a second delivery of the same event', () => {
  test('of a settled document is let go', async () => {
    const world = memoryWorld();
    const arrival = await world.put('in/a.pdf');
    await world.deliver();
    await world.announce(arrival);
    expect(await world.outcomes()).toMatchObject([
      { kind: 'uploaded', mapping: { fileId: world.filesOf(arrival)[0]?.fileId } },
    ]);
    expect(world.filesOf(arrival)).toHaveLength(1);
  });

  test('of a held document comes back when the lease is over, at the latest', async () => {
    const world = memoryWorld();
    const arrival = await world.put('in/a.pdf');
    const holder = await world.start({ holds: 'before extracta.upload' });
    await holder.held;
    await world.announce(arrival);
    const [outcome] = await world.outcomes({ container: new ContainerMemory() });
    expect(outcome).toMatchObject({ kind: 'deferred', code: 'claim.held' });
    const { untilMs } = outcome as { untilMs: number };
    const { leaseExpiresAtMs = 0 } = world.document(arrival) ?? {};
    expect(untilMs).toBeGreaterThanOrEqual(leaseExpiresAtMs);
    expect(untilMs).toBeLessThanOrEqual(leaseExpiresAtMs + 5_000);
  });

  test('five at once, on two containers: one file, and all five are let go', async () => {
    const world = memoryWorld();
    const arrival = await world.put('in/a.pdf');
    for (let n = 0; n < 4; n += 1) await world.announce(arrival);
    const [here, there] = [new ContainerMemory(), new ContainerMemory()];
    const first = await world.start({ container: here, max: 1, holds: 'before extracta.upload' });
    await first.held;
    for (const container of [there, here, there, here]) {
      expect(await world.outcomes({ container, max: 1 })).toMatchObject([{ code: 'claim.held' }]);
    }
    first.release();
    await world.clock.drive(first.ended);
    await world.deliverUntilQuiet();
    expect(world.queue.messages()).toEqual([]);
    expect(world.filesOf(arrival)).toHaveLength(1);
  });

  test('two who claim at once: one is granted, the other frees the slot that it took', async () => {
    const world = memoryWorld();
    const arrival = await world.put('in/a.pdf');
    await world.announce(arrival);
    const claims = (item: DocumentItem) => item.kind === 'document';
    const slow = await world.start({ max: 1, holds: { at: 'before ledger.write', of: claims } });
    await slow.held;
    // The slot is being opened by the slow one: the quick one takes another route to the claim.
    world.settings = {
      ...world.settings,
      routes: [{ ...(world.settings.routes[0] as never as object), batch: { by: 'object' } } as never],
    };
    const quick = await world.start({
      max: 1,
      container: new ContainerMemory(),
      holds: 'before extracta.upload',
    });
    await quick.held;
    slow.release();
    expect(await world.clock.drive(slow.ended)).toMatchObject([{ outcomes: [{ code: 'claim.held' }] }]);
    expect(world.slots()).toMatchObject([{ state: 'free' }]);
    quick.release();
    await world.clock.drive(quick.ended);
    await world.deliverUntilQuiet();
    expect(world.filesOf(arrival)).toHaveLength(1);
  });

  test('one who is to park it, and finds it held, goes back and parks nothing', async () => {
    const world = memoryWorld({ settings: { maxDocumentBytes: 3 } });
    const arrival = await world.put('in/a.pdf', 'four');
    const claims = { at: 'before ledger.write', of: isItem } as const;
    const slow = await world.start({ max: 1, holds: claims, container: new ContainerMemory() });
    await slow.held;
    await world.announce(arrival);
    world.settings = { ...world.settings, maxDocumentBytes: 4 };
    const quick = await world.start({ max: 1, holds: 'before extracta.upload' });
    await quick.held;
    slow.release();
    expect(await world.clock.drive(slow.ended)).toMatchObject([{ outcomes: [{ code: 'claim.held' }] }]);
    expect(world.deadLetters.messages()).toEqual([]);
    expect(world.journal.named('conclusion.failed')).toEqual([]);
    quick.release();
    await world.clock.drive(quick.ended);
    expect(world.document(arrival)?.state).toBe('uploaded');
  });

  test('one who finds the document settled at its claim goes back, and then lets go', async () => {
    const world = memoryWorld();
    const arrival = await world.put('in/a.pdf');
    await world.announce(arrival);
    const route = world.settings.routes[0];
    world.settings = { ...world.settings, routes: [{ ...route, batch: { by: 'object' } } as never] };
    const slow = await world.start({ max: 1, holds: 'before ledger.write' });
    await slow.held;
    await world.deliver({ max: 1, container: new ContainerMemory() });
    slow.release();
    expect(await world.clock.drive(slow.ended)).toMatchObject([{ outcomes: [{ code: 'claim.held' }] }]);
    await world.deliverUntilQuiet();
    expect(world.filesOf(arrival)).toHaveLength(1);
  });
});

describe('a process that dies', () => {
  /** Into an open batch, so that every promise holds without a proviso. */
  const dyingAt = async (at: string) => {
    const world = memoryWorld();
    await world.put('in/opener.pdf');
    await world.deliver();
    const arrival = await world.put('in/a.pdf');
    const died = await world.deliver({ dies: at as 'before ledger.write' });
    return { world, arrival, died };
  };

  test.each(
    ['before', 'after'].flatMap((when) =>
      ['ledger.read', 'ledger.write', 'source.open', 'extracta.upload'].map((step) => `${when} ${step}`),
    ),
  )('%s: the document arrives all the same, once', async (at) => {
    const { world, arrival, died } = await dyingAt(at);
    expect(died).toBe('died');
    await world.deliverUntilQuiet();
    expect(world.document(arrival)).toMatchObject({
      state: 'uploaded',
      mapping: { classificationId: CLASSIFICATION },
    });
    expect(world.filesOf(arrival)).toHaveLength(1);
  });

  /** Every step of a visit, in order, as `operation` and the how-manieth of its kind. */
  const stepsOf = async (scene: () => Promise<World>) => {
    const world = await scene();
    const before = world.twists.steps.length;
    await world.deliver();
    const operations = world.twists.steps.slice(before).map(({ operation }) => operation);
    return operations.map((operation, at) => ({
      operation,
      nth: operations.slice(0, at).filter((each) => each === operation).length,
    }));
  };
  const nthTime = (nth: number) => {
    let met = 0;
    return () => met++ === nth;
  };
  const fresh = async () => {
    const world = memoryWorld({ settings: { onUnknownOutcome: 'park' } });
    await world.put('in/opener.pdf');
    await world.deliver();
    await world.put('in/the-one.pdf');
    return world;
  };
  const unknown = async () => {
    const world = await fresh();
    world.extracta.planUpload({ kind: 'lose-answer', kept: false });
    await world.deliver();
    await world.clock.advance(15 * MINUTE);
    return world;
  };
  const toBeParked = async () => {
    const world = await fresh();
    world.settings = { ...world.settings, maxDocumentBytes: 1 };
    return world;
  };

  test.each([
    ['sending', fresh, 'uploaded', 1],
    ['looking, and sending again', unknown, 'uploaded', 1],
    ['parking', toBeParked, 'parked', 0],
  ] as const)('at any step of %s: ends as it should, once', async (_, scene, state, files) => {
    const steps = await stepsOf(scene);
    expect(steps.length).toBeGreaterThanOrEqual(4);
    for (const { operation, nth } of steps) {
      for (const when of ['before', 'after'] as const) {
        const world = await scene();
        const died = await world.deliver({ dies: { at: `${when} ${operation}`, of: nthTime(nth) } });
        expect([operation, nth, when, died]).toEqual([operation, nth, when, 'died']);
        await world.deliverUntilQuiet();
        const item = world.ledger.documents().find(({ arrival }) => arrival.key === 'in/the-one.pdf');
        expect([operation, nth, when, item?.state]).toEqual([operation, nth, when, state]);
        expect(item && world.filesOf(item.arrival)).toHaveLength(files);
        if (state === 'parked')
          expect(world.deadLetters.messages().map(({ attributes }) => attributes['parkId'])).toContain(
            item?.parkId,
          );
      }
    }
  });

  test('with the answer in hand and an opening of its own: the slot is opened or taken over', async () => {
    const world = memoryWorld();
    const arrival = await world.put('in/a.pdf');
    expect(await world.deliver({ dies: { at: 'before ledger.write', of: settles } })).toBe('died');
    const second = await world.put('in/b.pdf');
    await world.deliverUntilQuiet();
    expect(world.slots()).toMatchObject([{ state: 'open' }]);
    expect([arrival, second].map((each) => world.document(each)?.state)).toEqual(['uploaded', 'uploaded']);
  });
});
