import { describe, expect, test } from 'vitest';
import { ContainerMemory } from '../../../lib/pipeline/container-memory.ts';
import { UploaderError } from '../../../lib/pipeline/failures.ts';
import { CLASSIFICATION, memoryWorld } from '../../support/memory/world.ts';

import { callTimes, SECOND } from './lost-answers.ts';

describe('a lost answer, the batch not known', () => {
  test('send-again: is sent again at once, and the file that no slot names is the price', async () => {
    const world = memoryWorld();
    world.extracta.planUpload({ kind: 'lose-answer', kept: true });
    const arrival = await world.put('in/a.pdf');
    await world.deliver();
    const lostAtMs = world.clock.nowMs();
    await world.untilNextMessage();
    expect(await world.outcomes()).toMatchObject([{ kind: 'uploaded' }]);
    expect(world.clock.nowMs() - lostAtMs).toBeLessThanOrEqual(5 * SECOND);
    expect(world.filesOf(arrival)).toHaveLength(2);
    expect(world.slots()).toMatchObject([{ state: 'open', generation: 2 }]);
    expect(callTimes(world)).toBe(0);
  });

  const parkedUnknown = async (kept = true) => {
    const world = memoryWorld({ settings: { onUnknownOutcome: 'park' } });
    world.extracta.planUpload({ kind: 'lose-answer', kept });
    const arrival = await world.put('in/a.pdf');
    await world.deliverUntilQuiet();
    return { world, arrival };
  };

  test('park: is parked, and waits for a person', async () => {
    const { world, arrival } = await parkedUnknown();
    const item = world.document(arrival);
    expect(item).toMatchObject({ state: 'parked', lastFailure: { code: 'upload.unverifiable' } });
    expect(item?.sentTo).toEqual([{ classificationId: CLASSIFICATION, batchId: '?' }]);
    const [letter] = world.deadLetters.messages();
    expect(letter?.attributes).toMatchObject({ reasonCode: 'upload.unverifiable', parkId: item?.parkId });
    expect(JSON.parse(letter?.body ?? '')).toEqual({ uploader: 'arrival', arrival, parkId: item?.parkId });
    expect(world.filesOf(arrival)).toHaveLength(1);
  });

  test("park: a person's redrive sends it once more, and that uses the decision up", async () => {
    const { world, arrival } = await parkedUnknown();
    await world.redrive();
    await world.deliverUntilQuiet();
    expect(world.document(arrival)).toMatchObject({ state: 'uploaded', attempts: 1, redrives: 1 });
    expect(world.document(arrival)).not.toHaveProperty('decision');
    expect(world.document(arrival)).not.toHaveProperty('parkId');
    expect(world.filesOf(arrival)).toHaveLength(2);
  });

  test('park: a redrive whose send certainly fails keeps its decision, for its own message', async () => {
    const { world, arrival } = await parkedUnknown(false);
    const { parkId } = world.document(arrival) ?? {};
    world.extracta.planUpload({ kind: 'fail', error: new UploaderError('document.stalled', 'as told') });
    await world.redrive();
    await world.deliver();
    expect(world.document(arrival)).toMatchObject({ state: 'unknown', decision: parkId });
    await world.deliverUntilQuiet();
    expect(world.document(arrival)).toMatchObject({ state: 'uploaded' });
    expect(world.filesOf(arrival)).toHaveLength(1);
  });

  test('park: a redriven document that waits for a slot keeps its decision', async () => {
    const { world, arrival } = await parkedUnknown(false);
    const { parkId } = world.document(arrival) ?? {};
    await world.put('in/opener.pdf');
    const opener = await world.start({ holds: 'before extracta.upload', container: new ContainerMemory() });
    await opener.held;
    await world.redrive();
    expect(await world.outcomes()).toMatchObject([{ kind: 'deferred', code: 'batch.opening' }]);
    expect(world.document(arrival)).toMatchObject({ state: 'unknown', decision: parkId, attempts: 0 });
    opener.release();
    await world.clock.drive(opener.ended);
    await world.deliverUntilQuiet();
    expect(world.document(arrival)).toMatchObject({ state: 'uploaded' });
  });

  test('both, one batch known and one not: what can be asked is asked first', async () => {
    const world = memoryWorld();
    world.extracta.planUpload({ kind: 'lose-answer', kept: false });
    const arrival = await world.put('in/a.pdf');
    await world.deliver();
    const opener = await world.put('in/opener.pdf');
    await world.deliver({ only: ({ body }) => body.includes('opener') });
    world.extracta.planUpload({ kind: 'lose-answer', kept: true });
    await world.untilNextMessage();
    await world.deliver();
    expect(world.document(arrival)?.sentTo.map(({ batchId }) => batchId)).toEqual([
      '?',
      world.document(opener)?.mapping?.batchId,
    ]);
    await world.deliverUntilQuiet();
    expect(world.document(arrival)).toMatchObject({ state: 'uploaded', attempts: 2 });
    expect(world.filesOf(arrival)).toHaveLength(1);
  });
});
