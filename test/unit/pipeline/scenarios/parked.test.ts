import { afterEach, describe, expect, test, vi } from 'vitest';
import { documentRules } from '../../../../lib/pipeline/document-rules.ts';
import type { Arrival, DocumentItem } from '../../../../lib/pipeline/model.ts';
import { memoryWorld, type World } from '../../../support/memory/world.ts';
import { failing, HOUR, isOf, lose, messageOf } from './scene.ts';

afterEach(() => vi.restoreAllMocks());

const parking = () => memoryWorld({ settings: { onUnknownOutcome: 'park' } });

/** An opener whose answer was lost, parked because nobody can tell. */
async function parkedUnknown(world: World, kept = true): Promise<Arrival> {
  const arrival = await lose(world, 'in/a.pdf', kept);
  await world.deliverUntilQuiet();
  expect(world.document(arrival)?.state).toBe('parked');
  return arrival;
}

/** Parked for a reason of its own: certainly not at Extracta. */
async function parkedForGood(world: World): Promise<Arrival> {
  world.extracta.planUpload({ kind: 'fail', error: failing('extracta.rejected') });
  const arrival = await world.put('in/a.pdf');
  expect(await world.outcomes()).toEqual([{ kind: 'parked', reason: 'extracta.rejected' }]);
  return arrival;
}

describe('V3: a duplicate of a parked document is delivered', () => {
  const trace = async (world: World, arrival: Arrival) => {
    const before = world.document(arrival);
    await world.announce(arrival);
    const outcomes = await world.outcomes();
    return { before, outcomes };
  };

  test('V3: it is let go, and wakes nothing', async () => {
    const world = parking();
    const arrival = await parkedUnknown(world);
    const { before, outcomes } = await trace(world, arrival);
    expect(outcomes).toEqual([{ kind: 'parked', reason: 'upload.unverifiable' }]);
    expect(world.document(arrival)).toEqual(before);
    expect(world.queue.messages()).toEqual([]);
  });

  test('V3, could any message wake it: it is sent with no decision of anybody', async () => {
    const world = parking();
    const arrival = await parkedForGood(world);
    vi.spyOn(documentRules, 'mayWake').mockImplementation(() => true);
    await trace(world, arrival);
    expect(world.extracta.uploads).toHaveLength(2);
  });
});

describe('V5: the process dies while it parks', () => {
  const letterOf = (world: World, arrival: Arrival) =>
    world.deadLetters
      .messages()
      .find(({ attributes }) => attributes['parkId'] === world.document(arrival)?.parkId);

  test.each([
    'before outbox.park',
    'after outbox.park',
    'before ledger.write',
    'after ledger.write',
  ] as const)('V5: %s: what is parked in the end has its letter', async (dies) => {
    const world = memoryWorld();
    const isParked = (item: DocumentItem) => item.state === 'parked';
    const at = dies.endsWith('write') ? { at: dies, of: isParked } : dies;
    const arrival = await world.put('in/a.exe');
    expect(await world.deliver({ dies: at })).toBe('died');
    await world.deliverUntilQuiet();
    expect(world.document(arrival)?.state).toBe('parked');
    expect(letterOf(world, arrival)).toBeDefined();
    expect(world.queue.messages()).toEqual([]);
  });

  test('V5, were it written down first: the message looks stale, and no letter was ever sent', async () => {
    const world = memoryWorld();
    const arrival = await world.put('in/a.exe');
    const parksFirst = () => {
      const item = world.document(arrival) as DocumentItem;
      world.ledger.store({ ...item, state: 'parked', parkId: 'never-sent' });
    };
    const ledgerFirst = { at: 'before outbox.park', does: parksFirst } as const;
    world.twists.add(ledgerFirst);
    const dies = { at: 'after outbox.park', of: () => true } as const;
    // The letter itself is what the dead process did not come to send.
    world.ports.outbox.park = async () => {};
    expect(await world.deliver({ dies })).toBe('died');
    await world.deliverUntilQuiet();
    expect(world.document(arrival)?.state).toBe('parked');
    expect(world.queue.messages()).toEqual([]);
    expect(world.deadLetters.messages()).toEqual([]);
  });
});

describe("V6: SQS's own dead letter of a parked document is sent back, twice", () => {
  const trace = async () => {
    const world = parking();
    const arrival = await lose(world, 'in/a.pdf', true);
    await world.announce(arrival);
    const [, duplicate] = world.queue.messages();
    world.queue.moveToDeadLetters(duplicate?.messageId ?? '');
    await world.deliverUntilQuiet();
    const [ownMove] = world.deadLetters.messages().filter((letter) => !('parkId' in messageOf(letter)));
    if (ownMove === undefined) throw new Error('SQS moved nothing');
    for (let n = 0; n < 2; n += 1) {
      await world.queue.send(ownMove.body);
      await world.deliverUntilQuiet();
    }
    return { world, arrival };
  };

  test('V6: it is an ordinary arrival, and decides nothing', async () => {
    const { world, arrival } = await trace();
    expect(world.document(arrival)).toMatchObject({ state: 'parked', redrives: 0 });
    expect(world.filesOf(arrival)).toHaveLength(1);
  });

  test('V6, were it a decision: two redrives that nobody made, and the letter that counts is another', async () => {
    vi.spyOn(documentRules, 'mayWake').mockImplementation(() => true);
    const { world, arrival } = await trace();
    expect(world.document(arrival)).toMatchObject({ redrives: 2 });
  });

  test('V6: of a document that is not parked it is one more delivery', async () => {
    const world = memoryWorld();
    const arrival = await world.put('in/a.pdf');
    world.queue.moveToDeadLetters(world.queue.messages()[0]?.messageId ?? '');
    await world.redrive();
    await world.deliverUntilQuiet();
    expect(world.document(arrival)).toMatchObject({ state: 'uploaded', redrives: 0 });
  });
});

describe('V17: redriven, sent by the claim itself; the answer is lost, the message comes back', () => {
  const trace = async () => {
    const world = parking();
    const arrival = await parkedForGood(world);
    const { parkId } = world.document(arrival) ?? {};
    world.extracta.planUpload({ kind: 'lose-answer', kept: true });
    await world.redrive();
    expect(await world.outcomes()).toMatchObject([{ code: 'extracta.reply-lost' }]);
    return { world, arrival, parkId };
  };

  test('V17: the decision was used up: it is parked again, not sent again', async () => {
    const { world, arrival, parkId } = await trace();
    expect(world.document(arrival)).not.toHaveProperty('decision');
    await world.deliverUntilQuiet();
    expect(world.document(arrival)).toMatchObject({ state: 'parked', redrives: 1 });
    expect(world.document(arrival)?.parkId).not.toBe(parkId);
    expect(world.filesOf(arrival)).toHaveLength(1);
  });

  test('V17: so it is where the process died instead', async () => {
    const world = parking();
    const arrival = await parkedForGood(world);
    await world.redrive();
    expect(await world.deliver({ dies: 'after extracta.upload' })).toBe('died');
    await world.deliverUntilQuiet();
    expect(world.document(arrival)?.state).toBe('parked');
    expect(world.filesOf(arrival)).toHaveLength(1);
  });

  test('V17, were the decision still there: one decision, two files', async () => {
    const { world, arrival, parkId } = await trace();
    const item = world.document(arrival) as DocumentItem;
    world.ledger.store({ ...item, decision: parkId ?? '' });
    await world.deliverUntilQuiet();
    expect(world.filesOf(arrival)).toHaveLength(2);
  });
});

describe('V18: a duplicate is delivered between a redrive and its send', () => {
  const trace = async () => {
    const world = parking();
    const arrival = await parkedUnknown(world, false);
    // The redriven send certainly fails; its message will come back.
    world.extracta.planUpload({ kind: 'fail', error: failing('document.stalled') });
    await world.redrive();
    expect(await world.outcomes()).toMatchObject([{ code: 'document.stalled' }]);
    const redriven = world.queue.messages()[0]?.messageId;
    await world.announce(arrival);
    const outcomes = await world.outcomes({ only: ({ messageId }) => messageId !== redriven });
    return { world, arrival, outcomes };
  };

  test('V18: the duplicate is let go; the decision waits for its own message', async () => {
    const { world, arrival, outcomes } = await trace();
    expect(outcomes).toEqual([{ kind: 'ignored', reason: 'carried-by-another' }]);
    await world.deliverUntilQuiet();
    expect(world.document(arrival)).toMatchObject({ state: 'uploaded', redrives: 1 });
    expect(world.filesOf(arrival)).toHaveLength(1);
  });

  test("V18, could the duplicate claim it: the person's message is let go unused", async () => {
    vi.spyOn(documentRules, 'decidedForAnother').mockImplementation(() => false);
    const { world, arrival } = await trace();
    await world.deliverUntilQuiet();
    expect(world.document(arrival)).toMatchObject({ state: 'parked' });
    expect(world.filesOf(arrival)).toHaveLength(0);
  });

  test('V18: nor can a duplicate that had read it before the redrive', async () => {
    const world = parking();
    const arrival = await parkedUnknown(world, false);
    await world.announce(arrival);
    const early = await world.start({ holds: 'after ledger.read' });
    await early.held;
    world.extracta.planUpload({ kind: 'fail', error: failing('document.stalled') });
    await world.redrive();
    await world.deliver({ only: (message) => 'parkId' in messageOf(message) });
    early.release();
    await world.clock.drive(early.ended);
    await world.clock.advance(HOUR);
    await world.deliverUntilQuiet();
    expect(world.document(arrival)).toMatchObject({ state: 'uploaded', redrives: 1 });
    expect(world.queue.messages().filter(isOf(arrival))).toEqual([]);
  });
});
