import { describe, expect, test } from 'vitest';
import { ContainerMemory } from '../../../lib/pipeline/container-memory.ts';
import { UploaderError } from '../../../lib/pipeline/failures.ts';
import type { Arrival, DocumentItem } from '../../../lib/pipeline/model.ts';
import type { Step } from '../../support/memory/interference.ts';
import { BUCKET, memoryWorld, type World } from '../../support/memory/world.ts';

const QUIET = 15.5 * 60_000;
const rejected = new UploaderError('extracta.rejected', 'Extracta does not like it', { httpStatus: 400 });
const isParked = (item: DocumentItem) => item.state === 'parked';

/** A document that Extracta refused, parked. */
async function parked(world: World): Promise<Arrival> {
  world.extracta.planUpload({ kind: 'fail', error: rejected });
  const arrival = await world.put('in/a.pdf');
  expect(await world.outcomes()).toEqual([{ kind: 'parked', reason: 'extracta.rejected' }]);
  return arrival;
}

describe('a parked document', () => {
  test('lies in the dead-letter queue with its reason, and can be sent back as it is', async () => {
    const world = memoryWorld();
    const arrival = await parked(world);
    const item = world.document(arrival);
    const [letter] = world.deadLetters.messages();
    expect(letter?.attributes).toEqual({
      reasonCode: 'extracta.rejected',
      message: 'Extracta does not like it',
      httpStatus: '400',
      attempts: '1',
      redrives: '0',
      firstSeenAtMs: String(item?.firstSeenAtMs),
      parkId: item?.parkId,
    });
    expect(item).toMatchObject({
      state: 'parked',
      lastFailure: { code: 'extracta.rejected', message: 'Extracta does not like it', httpStatus: 400 },
    });
    expect(item).not.toHaveProperty('claimToken');
    await world.redrive();
    expect(await world.outcomes()).toMatchObject([{ kind: 'uploaded' }]);
    expect(world.document(arrival)).toMatchObject({ state: 'uploaded', attempts: 1, redrives: 1 });
  });

  test('is parked in this order: letter, ledger, acknowledgement', async () => {
    const world = memoryWorld();
    const order: string[] = [];
    world.twists.add({ at: 'after outbox.park', does: () => order.push('letter') });
    world.twists.add({ at: 'after ledger.write', of: isParked, does: () => order.push('ledger') });
    const acknowledge = world.queue.acknowledge;
    world.queue.acknowledge = async (handle) => {
      order.push('acknowledgement');
      await acknowledge(handle);
    };
    await parked(world);
    expect(order).toEqual(['letter', 'ledger', 'acknowledgement']);
  });

  test('frees the slot that it was to open', async () => {
    const world = memoryWorld();
    await parked(world);
    expect(world.slots()).toMatchObject([{ state: 'free', generation: 1 }]);
  });

  test('is not parked by a holder that lost its claim: what was settled stays settled', async () => {
    const world = memoryWorld();
    await world.put('in/opener.pdf');
    await world.deliver();
    world.extracta.planUpload({ kind: 'fail', error: rejected });
    const arrival = await world.put('in/a.pdf');
    const { leaseExpiresAtMs = 0 } = await settledMeanwhile(world, arrival);
    expect(leaseExpiresAtMs).toBeGreaterThan(0);
    expect(world.document(arrival)).toMatchObject({ state: 'uploaded' });
    expect(world.queue.messages()).toEqual([]);
  });

  test('carries its redrives on, and a redrive that is parked again has a letter of its own', async () => {
    const world = memoryWorld();
    const arrival = await parked(world);
    const first = world.deadLetters.messages()[0]?.attributes['parkId'];
    world.extracta.planUpload({ kind: 'fail', error: rejected });
    await world.redrive();
    await world.deliver();
    const [letter, ...more] = world.deadLetters.messages();
    expect(more).toEqual([]);
    expect(letter?.attributes).toMatchObject({ redrives: '1', parkId: world.document(arrival)?.parkId });
    expect(letter?.attributes['parkId']).not.toBe(first);
  });
});

/** A parking in which, between letter and ledger, another's receipt settles the document. */
async function settledMeanwhile(world: World, arrival: Arrival): Promise<Partial<DocumentItem>> {
  const run = await world.start({ holds: 'after outbox.park' });
  await run.held;
  const held = world.document(arrival) ?? {};
  const file = { classificationId: 'c', batchId: 'b', fileId: '-f', fileName: 'f.pdf' };
  const receipt = { uploader: 'receipt', arrival, edition: 1, file, answeredAtMs: world.clock.nowMs() };
  await world.queue.send(JSON.stringify(receipt));
  await world.deliver({ container: new ContainerMemory() });
  run.release();
  await world.clock.drive(run.ended);
  return held;
}

describe('a document that can not be parked yet', () => {
  test('comes back as one that was certainly not sent, and is parked for the same reason', async () => {
    const world = memoryWorld({ settings: { onUnknownOutcome: 'park', maxAttempts: 1 } });
    world.extracta.planUpload({ kind: 'fail', error: rejected });
    world.extracta.planUpload({ kind: 'fail', error: rejected });
    world.twists.add({ at: 'before outbox.park', does: new UploaderError('queue.unavailable', 'as told') });
    const arrival = await world.put('in/a.pdf');
    expect(await world.outcomes()).toMatchObject([{ kind: 'deferred', code: 'queue.unavailable' }]);
    expect(world.document(arrival)).toMatchObject({ state: 'waiting', attempts: 0, sentTo: [] });
    expect(world.journal.named('conclusion.failed')).toMatchObject([
      { fields: { code: 'extracta.rejected' } },
    ]);
    await world.deliverUntilQuiet();
    expect(world.document(arrival)).toMatchObject({
      state: 'parked',
      attempts: 1,
      lastFailure: { code: 'extracta.rejected' },
    });
    expect(world.deadLetters.messages()).toHaveLength(1);
  });

  test('because of an answer that the ledger lost is parked all the same: its letter was sent', async () => {
    const world = memoryWorld();
    world.extracta.planUpload({ kind: 'fail', error: rejected });
    const lost = new UploaderError('ledger.unavailable', 'as told');
    world.twists.add({ at: 'after ledger.write', of: isParked, does: lost });
    const arrival = await world.put('in/a.pdf');
    expect(await world.outcomes()).toMatchObject([{ kind: 'deferred', code: 'ledger.unavailable' }]);
    await world.deliverUntilQuiet();
    expect(world.document(arrival)).toMatchObject({ state: 'parked' });
    expect(world.deadLetters.messages()).toMatchObject([
      { attributes: { parkId: world.document(arrival)?.parkId } },
    ]);
  });
});

describe('a document that is gone', () => {
  test('is skipped under a claim, its slot free', async () => {
    const world = memoryWorld();
    const arrival = await world.put('in/a.pdf');
    world.source.removeVersion(arrival);
    expect(await world.outcomes()).toEqual([{ kind: 'skipped', reason: 'document.gone' }]);
    expect(world.journal.named('document.skipped')).toHaveLength(1);
    expect(world.slots()).toMatchObject([{ state: 'free' }]);
    expect(world.deadLetters.messages()).toEqual([]);
    await world.announce(arrival);
    expect(await world.outcomes()).toEqual([{ kind: 'skipped', reason: 'document.gone' }]);
  });

  test('is skipped too where describing finds it out, before any claim', async () => {
    const world = memoryWorld({ route: { metadataOverrides: true } });
    const arrival = await world.put('in/a.pdf');
    world.source.removeVersion(arrival);
    const isClaim = ({ operation, subject }: Step) =>
      operation === 'ledger.write' && (subject as DocumentItem).state === 'uploading';
    expect(await world.outcomes()).toEqual([{ kind: 'skipped', reason: 'document.gone' }]);
    expect(world.twists.steps.filter(isClaim)).toHaveLength(1);
  });

  test('is skipped after a look that found nothing', async () => {
    const world = memoryWorld();
    await world.put('in/opener.pdf');
    await world.deliver();
    world.extracta.planUpload({ kind: 'lose-answer', kept: false });
    const arrival = await world.put('in/a.pdf');
    await world.deliver();
    world.source.removeVersion(arrival);
    await world.clock.advance(QUIET);
    expect(await world.outcomes()).toEqual([{ kind: 'skipped', reason: 'document.gone' }]);
    expect(world.document(arrival)).toMatchObject({ state: 'skipped', sentTo: [] });
  });

  test('is parked where nobody can tell whether Extracta has it', async () => {
    const world = memoryWorld();
    world.extracta.planUpload({ kind: 'lose-answer', kept: true });
    const arrival = await world.put('in/a.pdf');
    await world.deliver();
    world.source.removeVersion(arrival);
    await world.deliverUntilQuiet();
    expect(world.document(arrival)).toMatchObject({
      state: 'parked',
      sentTo: [{ batchId: '?' }],
      lastFailure: { code: 'upload.unverifiable' },
    });
  });

  test('is not skipped by a holder that lost its claim', async () => {
    const world = memoryWorld();
    const arrival = await world.put('in/a.pdf');
    world.source.removeVersion(arrival);
    const isSkip = ({ state }: DocumentItem) => state === 'skipped';
    const run = await world.start({ holds: { at: 'before ledger.write', of: isSkip } });
    await run.held;
    const item = world.document(arrival) as DocumentItem;
    world.ledger.store({ ...item, claimToken: 'another', rev: 'another' });
    run.release();
    expect(await world.clock.drive(run.ended)).toMatchObject([{ kind: 'keep' }]);
    expect(world.journal.named('claim.lost')).toHaveLength(1);
    expect(world.document(arrival)).toMatchObject({ state: 'uploading', claimToken: 'another' });
  });
});

describe('a document that was overwritten', () => {
  test('is skipped, and what lies there now is queued as an arrival of its own, first', async () => {
    const world = memoryWorld({ versioned: false });
    const old = await world.put('in/a.pdf', 'old');
    const now = world.source.put(BUCKET, 'in/a.pdf', 'new');
    expect(await world.outcomes()).toEqual([{ kind: 'skipped', reason: 'document.superseded' }]);
    expect(world.queue.messages()).toHaveLength(1);
    await world.deliverUntilQuiet();
    expect(world.document(old)?.state).toBe('skipped');
    expect(world.document(now)?.state).toBe('uploaded');
    expect(world.filesOf(now)).toHaveLength(1);
  });

  test('is only skipped where nothing lies there any more', async () => {
    const world = memoryWorld({ versioned: false });
    await world.put('in/a.pdf', 'old');
    world.source.put(BUCKET, 'in/a.pdf', 'new');
    const run = await world.start({ holds: 'before source.present' });
    await run.held;
    world.source.remove(BUCKET, 'in/a.pdf');
    run.release();
    await world.clock.drive(run.ended);
    expect(world.queue.messages()).toEqual([]);
  });

  test('stays until what lies there now was queued', async () => {
    const world = memoryWorld({ versioned: false });
    const old = await world.put('in/a.pdf', 'old');
    const now = world.source.put(BUCKET, 'in/a.pdf', 'new');
    world.twists.add({ at: 'before outbox.send', does: new UploaderError('queue.unavailable', 'as told') });
    expect(await world.outcomes()).toMatchObject([{ kind: 'deferred', code: 'queue.unavailable' }]);
    expect(world.document(old)).toMatchObject({ state: 'waiting', attempts: 0, sentTo: [] });
    await world.deliverUntilQuiet();
    expect(world.document(old)?.state).toBe('skipped');
    expect(world.document(now)?.state).toBe('uploaded');
  });
});
