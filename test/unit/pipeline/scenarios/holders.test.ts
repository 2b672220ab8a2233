import { afterEach, describe, expect, test, vi } from 'vitest';
import { ContainerMemory } from '../../../../lib/pipeline/container-memory.ts';
import { documentRules } from '../../../../lib/pipeline/document-rules.ts';
import type { DocumentItem } from '../../../../lib/pipeline/model.ts';
import { memoryWorld } from '../../../support/memory/world.ts';
import { failing, LEASE, lose, QUIET, upload } from './scene.ts';

afterEach(() => vi.restoreAllMocks());

const HALF_AN_HOUR = 30 * 60_000;

describe('V10: a stale holder comes back with its answer, and the new holder dies', () => {
  const trace = async () => {
    const world = memoryWorld({ oldHandlesDelete: true });
    const arrival = await world.put('in/a.pdf');
    const stale = await world.start({
      container: new ContainerMemory(),
      frozen: true,
      holds: 'after extracta.upload',
    });
    await stale.held;
    const { claimToken } = world.document(arrival) ?? {};
    await world.clock.advance(HALF_AN_HOUR);
    const fresh = await world.start({
      container: new ContainerMemory(),
      holds: 'before extracta.upload',
    });
    await fresh.held;
    expect(world.document(arrival)?.claimToken).not.toBe(claimToken);
    return { world, arrival, claimToken, stale };
  };

  test('V10: its file is recorded, whoever holds the claim: only then it acknowledges', async () => {
    const { world, arrival, stale } = await trace();
    stale.release();
    expect(await world.clock.drive(stale.ended)).toMatchObject([{ kind: 'acknowledge' }]);
    expect(world.document(arrival)).toMatchObject({ state: 'uploaded' });
    // The new holder is never heard of again.
    await world.deliverUntilQuiet();
    expect(world.filesOf(arrival)).toHaveLength(1);
  });

  test('V10, could its settle be refused: acknowledged, and nobody is left to finish it', async () => {
    const { world, arrival, claimToken, stale } = await trace();
    vi.spyOn(documentRules, 'noFileYet').mockImplementation((item) => item.claimToken === claimToken);
    stale.release();
    await world.clock.drive(stale.ended);
    await world.deliverUntilQuiet();
    expect(world.document(arrival)?.state).toBe('uploading');
    expect(world.queue.messages()).toEqual([]);
  });

  test('V10: a stale holder without an answer changes nothing, and keeps its message', async () => {
    const world = memoryWorld();
    await upload(world, 'in/opener.pdf');
    const arrival = await world.put('in/a.pdf');
    const stale = await world.start({
      container: new ContainerMemory(),
      frozen: true,
      holds: 'before extracta.upload',
    });
    await stale.held;
    await world.clock.advance(HALF_AN_HOUR);
    const fresh = await world.start({
      container: new ContainerMemory(),
      holds: 'before extracta.upload',
    });
    await fresh.held;
    const held = world.document(arrival);
    stale.release();
    expect(await world.clock.drive(stale.ended)).toMatchObject([
      { kind: 'keep', outcomes: [{ kind: 'deferred' }] },
    ]);
    expect(world.document(arrival)).toEqual(held);
    fresh.release();
    await world.clock.drive(fresh.ended);
    expect(world.document(arrival)?.state).toBe('uploaded');
  });
});

describe('V11: frozen with its request open, thawed after the lease', () => {
  /** Its body stalls before the last byte; it goes on when another has sent the document again. */
  const trace = async ({ guarded }: { guarded: boolean }) => {
    const world = memoryWorld();
    await upload(world, 'in/opener.pdf');
    const arrival = await world.put('in/a.pdf', 'x'.repeat(1000));
    const { upload: send } = world.ports.extracta;
    if (!guarded) {
      world.ports.extracta.upload = (request) =>
        send({ ...request, closeBeforeMs: Number.POSITIVE_INFINITY });
    }
    const stall = world.source.stallNextBody(500);
    const frozen = await world.start({ frozen: true, container: new ContainerMemory() });
    await world.clock.advance(0);
    expect(world.document(arrival)?.state).toBe('uploading');
    await world.deliverUntilQuiet({ forMs: 24 * 60 * 60_000 });
    expect(world.document(arrival)).toMatchObject({ state: 'uploaded', attempts: 2 });
    stall.goOn();
    const verdicts = await world.clock.drive(frozen.ended);
    return { world, arrival, verdicts };
  };

  test('V11: its last bytes never go out', async () => {
    const { world, arrival, verdicts } = await trace({ guarded: true });
    expect(world.filesOf(arrival)).toHaveLength(1);
    expect(verdicts).toMatchObject([{ kind: 'acknowledge', outcomes: [{ kind: 'uploaded' }] }]);
    expect(world.document(arrival)).not.toHaveProperty('extraFiles');
  });

  test('V11, without the byte guard: the second file comes', async () => {
    const { world, arrival } = await trace({ guarded: false });
    expect(world.filesOf(arrival)).toHaveLength(2);
  });

  test('V11: nobody else may send while it lives, to the very end of its lease', async () => {
    const world = memoryWorld({ route: { batch: { by: 'object' } } });
    const arrival = await world.put('in/a.pdf');
    const holder = await world.start({ container: new ContainerMemory(), holds: 'before extracta.upload' });
    await holder.held;
    await world.announce(arrival);
    await world.clock.advance(4 * 60_000);
    expect(await world.outcomes({ max: 1 })).toMatchObject([{ code: 'claim.held' }]);
    holder.release();
    await world.clock.drive(holder.ended);
    await world.deliverUntilQuiet();
    expect(world.filesOf(arrival)).toHaveLength(1);
  });

  test('V11, did a lease lapse under its holder: both send', async () => {
    vi.spyOn(documentRules, 'leaseLapsed').mockImplementation(() => true);
    const world = memoryWorld({ route: { batch: { by: 'object' } } });
    const arrival = await world.put('in/a.pdf');
    const holder = await world.start({ container: new ContainerMemory(), holds: 'before extracta.upload' });
    await holder.held;
    await world.announce(arrival);
    await world.deliver({ max: 1 });
    holder.release();
    await world.clock.drive(holder.ended);
    expect(world.filesOf(arrival)).toHaveLength(2);
  });

  test('V11: the lease covers the sender’s whole life', async () => {
    const world = memoryWorld();
    const arrival = await world.put('in/a.pdf');
    const startedAtMs = world.clock.nowMs();
    const holder = await world.start({ holds: 'before extracta.upload' });
    await holder.held;
    expect(world.document(arrival)?.leaseExpiresAtMs).toBe(startedAtMs + LEASE - 1);
    holder.release();
    await world.clock.drive(holder.ended);
    const [request] = world.extracta.uploads;
    expect(request?.closeBeforeMs).toBe(startedAtMs + 5 * 60_000);
  });
});

describe('V16: a look settles between a claim and its release', () => {
  const trace = async () => {
    const world = memoryWorld();
    await upload(world, 'in/opener.pdf');
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
    const fails = { at: 'before extracta.upload', does: failing('document.stalled') } as const;
    const releases = ({ lastFailure }: DocumentItem) => lastFailure?.code === 'document.stalled';
    const holder = await world.start({
      max: 1,
      container: new ContainerMemory(),
      twists: [fails],
      holds: { at: 'before ledger.write', of: releases },
    });
    await holder.held;
    world.extracta.acceptLate();
    look.release();
    expect(await world.clock.drive(look.ended)).toMatchObject([{ outcomes: [{ kind: 'uploaded' }] }]);
    return { world, arrival, holder };
  };

  test('V16: the release is refused, and its message let go: the document is settled', async () => {
    const { world, arrival, holder } = await trace();
    holder.release();
    expect(await world.clock.drive(holder.ended)).toMatchObject([
      { kind: 'acknowledge', outcomes: [{ kind: 'uploaded' }] },
    ]);
    await world.deliverUntilQuiet();
    expect(world.document(arrival)?.state).toBe('uploaded');
    expect(world.filesOf(arrival)).toHaveLength(1);
  });

  test('V16, did the token alone count: `uploaded` is undone', async () => {
    const { world, arrival, holder } = await trace();
    vi.spyOn(documentRules, 'holds').mockImplementation((item): item is DocumentItem => item !== undefined);
    holder.release();
    await world.clock.drive(holder.ended);
    expect(world.document(arrival)).toMatchObject({ state: 'waiting', sentTo: [] });
  });
});
