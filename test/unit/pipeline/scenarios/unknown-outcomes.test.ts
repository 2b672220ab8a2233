import { afterEach, describe, expect, test, vi } from 'vitest';
import { ContainerMemory } from '../../../../lib/pipeline/container-memory.ts';
import { documentRules } from '../../../../lib/pipeline/document-rules.ts';
import type { DocumentItem } from '../../../../lib/pipeline/model.ts';
import { memoryWorld, type World } from '../../../support/memory/world.ts';
import {
  failing,
  HOUR,
  isLook,
  isOf,
  isReceipt,
  LEASE,
  ledgerDownAfterAnswer,
  lose,
  MINUTE,
  QUIET,
  SKEW,
  upload,
} from './scene.ts';

afterEach(() => vi.restoreAllMocks());

describe('V1: sent to A, its answer lost; the slot rolls over; sent to B, and the process dies', () => {
  const trace = async () => {
    const world = memoryWorld({ route: { batch: { by: 'folder', maxFiles: 2 } } });
    await upload(world, 'in/opener-of-A.pdf');
    const arrival = await lose(world, 'in/a.pdf', 'later');
    await upload(world, 'in/opener-of-B.pdf');
    expect(world.slots()).toMatchObject([{ generation: 2, files: 1 }]);
    await world.clock.advance(QUIET);
    const dies = 'before extracta.upload';
    expect(await world.deliver({ only: isOf(arrival), dies })).toBe('died');
    world.extracta.acceptLate();
    await world.deliverUntilQuiet();
    return { world, arrival };
  };

  test('V1: the third claim asks A and B, and finds it', async () => {
    const { world, arrival } = await trace();
    expect(world.filesOf(arrival)).toHaveLength(1);
    expect(world.document(arrival)?.mapping?.fileId).toBe(world.filesOf(arrival)[0]?.fileId);
  });

  test('V1, were the pairs replaced: B alone is asked, and it is sent again', async () => {
    vi.spyOn(documentRules, 'added').mockImplementation((_, pair) => [pair]);
    const { world, arrival } = await trace();
    expect(world.filesOf(arrival)).toHaveLength(2);
  });
});

describe('V4: parked while it may have got through, then redriven', () => {
  const trace = async () => {
    const world = memoryWorld();
    await upload(world, 'in/opener.pdf');
    const arrival = await lose(world, 'in/a.pdf', true);
    const isWaiting = () => world.extracta.planResults({ kind: 'waiting' });
    const batch = { at: 'before extracta.results', times: 10_000, does: isWaiting } as const;
    const { sentTo } = world.document(arrival) ?? {};
    let isInWork = true;
    world.twists.add({ ...batch, does: () => isInWork && isWaiting() });
    await world.deliverUntilQuiet();
    expect(world.document(arrival)?.state).toBe('parked');
    isInWork = false;
    await world.redrive();
    return { world, arrival, sentTo };
  };

  test('V4: the redrive looks where it may be, and sends nothing', async () => {
    const { world, arrival, sentTo } = await trace();
    expect(world.document(arrival)?.sentTo).toEqual(sentTo);
    await world.deliverUntilQuiet();
    expect(world.document(arrival)?.state).toBe('uploaded');
    expect(world.filesOf(arrival)).toHaveLength(1);
  });

  test('V4, were it forgotten: the redrive sends it plainly', async () => {
    vi.spyOn(documentRules, 'restored').mockImplementation(() => []);
    const { world, arrival } = await trace();
    await world.deliverUntilQuiet();
    expect(world.filesOf(arrival)).toHaveLength(2);
  });
});

describe('V9: the answer in hand, the ledger down, the receipt queued; the lease lapses', () => {
  /** A duplicate comes when the lease has lapsed, and before the receipt. */
  const trace = async () => {
    const world = memoryWorld({ settings: { onUnknownOutcome: 'park' } });
    const arrival = await world.put('in/a.pdf');
    expect(await world.outcomes({ twists: ledgerDownAfterAnswer() })).toMatchObject([{ kind: 'uploaded' }]);
    await world.announce(arrival);
    await world.clock.advance(LEASE);
    await world.deliver({ only: (message) => !isReceipt(message) });
    expect(world.document(arrival)?.state).toBe('parked');
    await world.deliverUntilQuiet();
    return { world, arrival };
  };

  test('V9: the answer is the truth, whoever held the claim since; nothing is sent again', async () => {
    const { world, arrival } = await trace();
    expect(world.document(arrival)).toMatchObject({
      state: 'uploaded',
      mapping: { fileId: world.filesOf(arrival)[0]?.fileId },
    });
    await world.redrive();
    await world.deliverUntilQuiet();
    expect(world.filesOf(arrival)).toHaveLength(1);
  });

  test("V9, were an answer its claim's alone: it is refused, and a redrive sends again", async () => {
    vi.spyOn(documentRules, 'noFileYet').mockImplementation((item) => item.claimToken !== undefined);
    const { world, arrival } = await trace();
    expect(world.document(arrival)).toMatchObject({ state: 'parked' });
    vi.restoreAllMocks();
    await world.redrive();
    await world.deliverUntilQuiet();
    expect(world.filesOf(arrival)).toHaveLength(2);
  });

  test('V9: where the batch is known the duplicate finds the file, and the receipt changes nothing', async () => {
    const world = memoryWorld();
    await upload(world, 'in/opener.pdf');
    const arrival = await world.put('in/a.pdf');
    await world.deliver({ twists: ledgerDownAfterAnswer() });
    await world.announce(arrival);
    await world.clock.advance(LEASE);
    await world.deliver({ only: (message) => !isReceipt(message) });
    const settled = world.document(arrival);
    expect(settled).toMatchObject({ state: 'uploaded', attempts: 1 });
    await world.deliver({ only: isReceipt });
    expect(world.document(arrival)?.mapping).toEqual(settled?.mapping);
    expect(world.journal.named('file.doubled')).toEqual([]);
    expect(world.filesOf(arrival)).toHaveLength(1);
  });
});

describe('V12: accepted, dead before it was settled, then the object is deleted', () => {
  const trace = async (world: World) => {
    const arrival = await world.put('in/a.pdf');
    expect(await world.deliver({ dies: 'after extracta.upload' })).toBe('died');
    world.source.removeVersion(arrival);
    await world.deliverUntilQuiet();
    return world.document(arrival);
  };

  test('V12: it is looked for before its object is asked for, and found', async () => {
    const world = memoryWorld({ route: { metadataOverrides: true } });
    await upload(world, 'in/opener.pdf');
    expect(await trace(world)).toMatchObject({ state: 'uploaded' });
    expect(world.extracta.held).toHaveLength(2);
  });

  test('V12: where nobody can look it is parked for a person, never skipped', async () => {
    const world = memoryWorld({ route: { metadataOverrides: true, batch: { by: 'object' } } });
    expect(await trace(world)).toMatchObject({
      state: 'parked',
      lastFailure: { code: 'upload.unverifiable' },
    });
  });

  test('V12, were it skipped by what HEAD says: Extracta holds a file of which nobody knows', async () => {
    vi.spyOn(documentRules, 'mayBeSkipped').mockImplementation(() => true);
    const world = memoryWorld({ route: { metadataOverrides: true, batch: { by: 'object' } } });
    expect(await trace(world)).toMatchObject({ state: 'skipped', sentTo: [] });
    expect(world.extracta.held).toHaveLength(1);
  });
});

describe('V19: two ask "not there?"; one sends again and loses the answer; the other goes on', () => {
  const trace = async () => {
    const world = memoryWorld();
    await upload(world, 'in/opener.pdf');
    const arrival = await lose(world, 'in/a.pdf', false);
    await world.announce(arrival);
    await world.clock.advance(QUIET);
    const claims = (item: DocumentItem) => item.state === 'uploading';
    const slow = await world.start({
      max: 1,
      container: new ContainerMemory(),
      holds: { at: 'before ledger.write', of: claims },
    });
    await slow.held;
    await world.clock.advance(3_000);
    world.extracta.planUpload({ kind: 'lose-answer', kept: true });
    expect(await world.outcomes({ max: 1, container: new ContainerMemory() })).toMatchObject([
      { code: 'extracta.reply-lost' },
    ]);
    await world.clock.advance(3_000);
    return { world, arrival, slow };
  };

  test('V19: the old answer does not count for the claim that it gets: it asks again, and finds it', async () => {
    const { world, arrival, slow } = await trace();
    slow.release();
    expect(await world.clock.drive(slow.ended)).toMatchObject([{ outcomes: [{ kind: 'uploaded' }] }]);
    expect(world.filesOf(arrival)).toHaveLength(1);
    await world.deliverUntilQuiet();
    expect(world.filesOf(arrival)).toHaveLength(1);
  });

  test('V19: and where the file does not show yet, it lets the claim go and waits', async () => {
    const { world, arrival, slow } = await trace();
    world.extracta.showAfterMs = MINUTE;
    slow.release();
    expect(await world.clock.drive(slow.ended)).toMatchObject([
      { outcomes: [{ kind: 'deferred', code: 'upload.unverified' }] },
    ]);
    expect(world.document(arrival)).toMatchObject({ state: 'unknown', attempts: 2 });
    await world.deliverUntilQuiet();
    expect(world.filesOf(arrival)).toHaveLength(1);
  });

  test('V19, did the old answer count: it is sent a second time', async () => {
    const { world, arrival, slow } = await trace();
    vi.spyOn(documentRules, 'absenceCounts').mockImplementation(() => true);
    slow.release();
    await world.clock.drive(slow.ended);
    expect(world.filesOf(arrival)).toHaveLength(2);
  });

  test('V19: of a claim that lapsed, the answer was lost at its lease’s end, whatever was lost before', async () => {
    const world = memoryWorld();
    await upload(world, 'in/opener.pdf');
    const arrival = await lose(world, 'in/a.pdf', false);
    const firstLostAtMs = world.document(arrival)?.lostAtMs ?? 0;
    await world.clock.advance(QUIET);
    world.extracta.planUpload({ kind: 'accept-later' });
    const releases = (item: DocumentItem) => item.state === 'unknown';
    expect(await world.deliver({ dies: { at: 'before ledger.write', of: releases } })).toBe('died');
    const leaseEndMs = world.document(arrival)?.leaseExpiresAtMs ?? 0;
    expect(world.document(arrival)?.lostAtMs).toBe(firstLostAtMs);
    await world.deliverUntilQuiet({ forMs: leaseEndMs + QUIET - SKEW - 1 - world.clock.nowMs() });
    expect(world.extracta.uploads.length).toBe(3);
    world.extracta.acceptLate();
    await world.deliverUntilQuiet();
    expect(world.filesOf(arrival)).toHaveLength(1);
  });
});

describe('V22: the late look', () => {
  const second = (world: World) => world.journal.named('file.doubled').length;

  /** Lost twice; the second time it is kept, and a look will find it. The first one is accepted later. */
  const lostTwice = async () => {
    const world = memoryWorld();
    await upload(world, 'in/opener.pdf');
    const arrival = await lose(world, 'in/a.pdf', 'later');
    await world.clock.advance(QUIET);
    world.extracta.planUpload({ kind: 'lose-answer', kept: true });
    await world.deliver();
    await world.untilNextMessage();
    return { world, arrival };
  };

  test('V22: is queued by a look that settles, and finds the second file', async () => {
    const { world, arrival } = await lostTwice();
    expect(await world.outcomes()).toMatchObject([{ kind: 'uploaded' }]);
    expect(world.queue.messages().filter(isLook)).toHaveLength(1);
    world.extracta.acceptLate();
    await world.deliverUntilQuiet();
    expect(world.filesOf(arrival)).toHaveLength(2);
    expect(second(world)).toBe(1);
  });

  test('V22: is queued by a look that settles what a dead process sent', async () => {
    const world = memoryWorld();
    await upload(world, 'in/opener.pdf');
    const arrival = await world.put('in/a.pdf');
    expect(await world.deliver({ dies: 'after extracta.upload' })).toBe('died');
    await world.untilNextMessage();
    expect(await world.outcomes()).toMatchObject([{ kind: 'uploaded' }]);
    expect(world.queue.messages().filter(isLook)).toHaveLength(1);
    await world.deliverUntilQuiet();
    expect(world.filesOf(arrival)).toHaveLength(1);
  });

  test.each(['before outbox.send', 'after outbox.send'] as const)(
    'V22: survives a process that dies %s: whoever acknowledges queues it first',
    async (dies) => {
      const { world } = await lostTwice();
      expect(await world.deliver({ dies })).toBe('died');
      expect(world.ledger.documents().some(({ lookAt }) => lookAt !== undefined)).toBe(true);
      world.extracta.acceptLate();
      await world.deliverUntilQuiet();
      expect(second(world)).toBe(1);
      expect(world.ledger.documents().every(({ lookAt }) => lookAt === undefined)).toBe(true);
    },
  );

  test('V22: keeps the message while it can not be queued', async () => {
    const { world } = await lostTwice();
    world.twists.add({ at: 'before outbox.send', times: 3, does: failing('queue.unavailable') });
    expect(await world.outcomes()).toMatchObject([{ kind: 'deferred', code: 'queue.unavailable' }]);
    world.extracta.acceptLate();
    await world.deliverUntilQuiet();
    expect(second(world)).toBe(1);
  });

  test('V22, were its pairs forgotten before it is queued: the second file is never found', async () => {
    const { world, arrival } = await lostTwice();
    const forgets = () => {
      const { lookAt: _, ...item } = world.document(arrival) as DocumentItem;
      world.ledger.store(item);
    };
    const settles = (item: DocumentItem) => item.lookAt !== undefined;
    const forgetting = { at: 'after ledger.write', of: settles, does: forgets } as const;
    await world.deliver({ twists: [forgetting], dies: 'before outbox.send' });
    world.extracta.acceptLate();
    await world.clock.advance(HOUR);
    await world.deliverUntilQuiet();
    expect(world.filesOf(arrival)).toHaveLength(2);
    expect(second(world)).toBe(0);
  });
});
