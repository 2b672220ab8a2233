import { describe, expect, test } from 'vitest';
import { ContainerMemory } from '../../../lib/pipeline/container-memory.ts';
import { UploaderError } from '../../../lib/pipeline/failures.ts';
import type { ReturnedMessage } from '../../../lib/pipeline/ports.ts';
import type { World } from '../../support/memory/world.ts';
import {
  dyingRun,
  HOUR,
  isNote,
  MINUTE,
  oneAttempt,
  parkedDocument,
  RUN,
  runSchedule,
  startRun,
} from './redrive-scene.ts';

const refused = new UploaderError('queue.unavailable', 'as told');
const rejected = new UploaderError('extracta.rejected', 'as told', { httpStatus: 400 });
const bodiesIn = (world: World) => world.queue.messages().map(({ body }) => body);

describe('a letter of a reason that passes', () => {
  test('is left alone until it is due, and visible again as soon as the run has ended', async () => {
    const world = oneAttempt();
    await parkedDocument(world);
    await world.clock.advance(HOUR - 1);
    expect(await runSchedule(world)).toMatchObject({ read: 1, sentBack: 0, removed: 0, left: 1 });
    expect(world.queue.messages()).toEqual([]);
    expect(world.deadLetters.visible()).toHaveLength(1);
  });

  test('goes back when it is due, as it is, and its document is uploaded', async () => {
    const world = oneAttempt();
    const arrival = await parkedDocument(world);
    const [letter] = world.deadLetters.messages();
    await world.clock.advance(HOUR);
    expect(await runSchedule(world)).toEqual({
      read: 1,
      sentBack: 1,
      fromLedger: 0,
      refused: 0,
      removed: 1,
      left: 0,
      parked: 0,
      overdue: 0,
    });
    expect(bodiesIn(world)).toEqual([letter?.body]);
    expect(world.deadLetters.messages()).toEqual([]);
    await world.deliverUntilQuiet();
    expect(world.document(arrival)).toMatchObject({ state: 'uploaded', redrives: 1 });
    expect(world.filesOf(arrival)).toHaveLength(1);
  });

  test('is sent, confirmed, noted, and only then removed', async () => {
    const world = oneAttempt();
    await parkedDocument(world);
    await world.clock.advance(HOUR);
    const { ended, steps } = startRun(world);
    await world.clock.drive(ended);
    const order = steps
      .map(({ operation }) => operation)
      .filter((name) => !/One$|\.read|giveBack/.test(name));
    expect(order).toEqual([
      'deadLetters.receive',
      'deadLetters.sendBack',
      'ledger.write',
      'deadLetters.remove',
      'deadLetters.receive',
    ]);
  });

  test('goes back after 1 h, 6 h and 24 h, and then waits for a person', async () => {
    const world = oneAttempt();
    const arrival = await parkedDocument(world);
    for (const gapMs of [HOUR, 6 * HOUR, 24 * HOUR]) {
      await world.clock.advance(gapMs - 1);
      expect(await runSchedule(world)).toMatchObject({ sentBack: 0 });
      await world.clock.advance(1);
      expect(await runSchedule(world)).toMatchObject({ sentBack: 1 });
      world.extracta.planUpload({ kind: 'fail', error: new UploaderError('upload.out-of-time', 'again') });
      await world.deliver();
      expect(world.document(arrival)).toMatchObject({ state: 'parked' });
    }
    await world.clock.advance(13 * 24 * HOUR);
    expect(await runSchedule(world)).toMatchObject({ read: 1, sentBack: 0, left: 1 });
    expect(world.document(arrival)).toMatchObject({ redrives: 3 });
  });
});

describe('a run that dies', () => {
  test.each(['after deadLetters.sendBackOne', 'after deadLetters.sendBack', 'before ledger.write'] as const)(
    '%s leaves letter and message; the next sends once more, and one file is made',
    async (where) => {
      const world = oneAttempt();
      const arrival = await parkedDocument(world);
      await world.clock.advance(HOUR);
      await dyingRun(world, where);
      expect([world.queue.messages().length, world.deadLetters.messages().length]).toEqual([1, 1]);
      await world.clock.advance(RUN);
      expect(await runSchedule(world)).toMatchObject({ sentBack: 1, removed: 1 });
      expect(new Set(bodiesIn(world)).size).toBe(1);
      expect(bodiesIn(world)).toHaveLength(2);
      await world.deliverUntilQuiet();
      expect(world.document(arrival)).toMatchObject({ state: 'uploaded', redrives: 1 });
      expect(world.filesOf(arrival)).toHaveLength(1);
    },
  );

  test.each(['after ledger.write', 'before deadLetters.remove'] as const)(
    '%s leaves both too; the next sends nothing, and removes the letter',
    async (where) => {
      const world = oneAttempt();
      const arrival = await parkedDocument(world);
      await world.clock.advance(HOUR);
      await dyingRun(world, where);
      expect([world.queue.messages().length, world.deadLetters.messages().length]).toEqual([1, 1]);
      await world.clock.advance(RUN);
      expect(await runSchedule(world)).toMatchObject({ sentBack: 0, removed: 1 });
      await world.deliverUntilQuiet();
      expect(world.filesOf(arrival)).toHaveLength(1);
    },
  );

  test('after it has sent: of two messages with one `parkId` one alone uses it, though the first is parked again', async () => {
    const world = oneAttempt({ settings: { onUnknownOutcome: 'park' } });
    const arrival = await parkedDocument(world);
    await world.clock.advance(HOUR);
    await dyingRun(world, 'after deadLetters.sendBack');
    await world.clock.advance(RUN);
    await runSchedule(world);
    world.extracta.planUpload({ kind: 'lose-answer', kept: true });
    await world.deliver({ max: 1 });
    expect(await world.outcomes({ max: 1 })).toMatchObject([
      { kind: 'parked', reason: 'upload.unverifiable' },
    ]);
    await world.deliverUntilQuiet();
    expect(world.document(arrival)).toMatchObject({ state: 'parked', redrives: 1 });
    expect(world.filesOf(arrival)).toHaveLength(1);
    expect(world.deadLetters.messages()).toHaveLength(1);
  });
});

describe('a queue that confirms only some', () => {
  test('keeps the letters of the others, visible, for the next run', async () => {
    const world = oneAttempt();
    const arrivals = [];
    for (const key of ['in/a.pdf', 'in/b.pdf', 'in/c.pdf']) arrivals.push(await parkedDocument(world, key));
    await world.clock.advance(HOUR);
    const isB = ({ body }: ReturnedMessage) => body.includes('in/b.pdf');
    const twists = [{ at: 'before deadLetters.sendBackOne', of: isB, does: refused }] as const;
    expect(await runSchedule(world, { twists })).toMatchObject({
      sentBack: 2,
      refused: 1,
      removed: 2,
      left: 1,
    });
    expect(world.deadLetters.visible().map(({ body }) => body)).toEqual([
      expect.stringContaining('in/b.pdf'),
    ]);
    expect(world.journal.named('redrive.refused')).toMatchObject([
      { fields: { cause: { code: 'queue.unavailable' } } },
    ]);
    expect(await runSchedule(world)).toMatchObject({ sentBack: 1, removed: 1, left: 0 });
    await world.deliverUntilQuiet();
    for (const arrival of arrivals) expect(world.filesOf(arrival)).toHaveLength(1);
  });

  test('removes nothing where none was confirmed, nor where it says nothing of an entry', async () => {
    const world = oneAttempt();
    await parkedDocument(world);
    await world.clock.advance(HOUR);
    const twists = [{ at: 'before deadLetters.sendBack', does: refused }] as const;
    expect(await runSchedule(world, { twists })).toMatchObject({
      sentBack: 0,
      refused: 1,
      removed: 0,
      left: 1,
    });
    expect(await runSchedule(world, { deadLetters: { sendBack: async () => [] } })).toMatchObject({
      refused: 1,
      removed: 0,
    });
    expect(bodiesIn(world)).toEqual([]);
    expect(world.deadLetters.visible()).toHaveLength(1);
  });

  test('a letter that could not be removed is removed by the next run, and nothing is sent twice', async () => {
    const world = oneAttempt();
    await parkedDocument(world);
    await world.clock.advance(HOUR);
    const twists = [{ at: 'before deadLetters.removeOne', does: refused }] as const;
    expect(await runSchedule(world, { twists })).toMatchObject({ sentBack: 1, removed: 0, left: 1 });
    expect(await runSchedule(world)).toMatchObject({ sentBack: 0, removed: 1, left: 0 });
    expect(bodiesIn(world)).toHaveLength(1);
  });
});

describe('meanwhile', () => {
  test('a document that is being sent is left to its holder: the letter that came back is stale', async () => {
    const world = oneAttempt();
    const arrival = await parkedDocument(world);
    await world.clock.advance(HOUR);
    await dyingRun(world, 'after deadLetters.sendBack');
    await world.clock.advance(RUN);
    const flying = await world.start({ holds: 'before extracta.upload' });
    await flying.held;
    expect(await runSchedule(world)).toMatchObject({ read: 1, sentBack: 0, removed: 1 });
    flying.release();
    await world.clock.drive(flying.ended);
    expect(world.document(arrival)).toMatchObject({ state: 'uploaded' });
    expect(world.filesOf(arrival)).toHaveLength(1);
  });

  test('V5: a document that is being parked keeps the letter that was sent before the ledger is told', async () => {
    const world = oneAttempt();
    world.extracta.planUpload({ kind: 'fail', error: rejected });
    const arrival = await world.put('in/a.pdf');
    const parking = await world.start({ holds: 'after outbox.park' });
    await parking.held;
    expect(await runSchedule(world)).toMatchObject({ read: 1, removed: 0, left: 1 });
    parking.release();
    await world.clock.drive(parking.ended);
    const { parkId } = world.document(arrival) ?? {};
    expect(world.deadLetters.visible()).toMatchObject([{ attributes: { parkId } }]);
  });

  test('a letter whose document a person has redriven is removed, without a message', async () => {
    const world = oneAttempt();
    const arrival = await parkedDocument(world);
    await world.queue.send(world.deadLetters.messages()[0]?.body ?? '');
    await world.deliver();
    expect(world.document(arrival)).toMatchObject({ state: 'uploaded' });
    await world.clock.advance(HOUR);
    expect(await runSchedule(world)).toMatchObject({ sentBack: 0, removed: 1 });
    expect(world.journal.named('letter.discarded')).toMatchObject([{ fields: { because: 'stale' } }]);
    expect(bodiesIn(world)).toEqual([]);
  });

  test('a document that was woken between message and note is not noted', async () => {
    const world = oneAttempt();
    const arrival = await parkedDocument(world);
    await world.clock.advance(HOUR);
    const wake = () => world.deliver({ container: new ContainerMemory() });
    const twists = [{ at: 'before ledger.write', does: wake }] as const;
    expect(await runSchedule(world, { twists })).toMatchObject({ sentBack: 1, removed: 1 });
    expect(world.document(arrival)).toMatchObject({ state: 'uploaded' });
    expect(isNote(world.document(arrival) as never)).toBe(false);
  });

  test('a second run at the same time sends nothing of what the first one has', async () => {
    const world = oneAttempt();
    await parkedDocument(world);
    await world.clock.advance(HOUR);
    const second: unknown[] = [];
    const runToo = async () => second.push(await startRun(world).ended);
    const twists = [{ at: 'before deadLetters.sendBack', does: runToo }] as const;
    await runSchedule(world, { twists });
    expect(second).toMatchObject([{ read: 0, sentBack: 0 }]);
    expect(bodiesIn(world)).toHaveLength(1);
  });
});

describe('what waits for a person', () => {
  test('is a reason that does not pass', async () => {
    const world = oneAttempt();
    await parkedDocument(world, 'in/a.pdf', rejected);
    await world.clock.advance(10 * 24 * HOUR);
    expect(await runSchedule(world)).toMatchObject({ read: 1, sentBack: 0, left: 1 });
  });

  test('is an outcome that nobody can tell, under `park`, whatever failed afterwards', async () => {
    const world = oneAttempt({ settings: { onUnknownOutcome: 'park' } });
    const arrival = await parkedDocument(world);
    const item = world.document(arrival);
    if (item === undefined) throw new Error('no item');
    const sentTo = [{ classificationId: 'c', batchId: '?' }];
    world.ledger.store({ ...item, sentTo });
    await world.clock.advance(10 * 24 * HOUR);
    expect(await runSchedule(world)).toMatchObject({ sentBack: 0, left: 1 });
    world.settings = { ...world.settings, onUnknownOutcome: 'send-again' };
    expect(await runSchedule(world)).toMatchObject({ sentBack: 1 });
  });

  test('is a body that nobody can read', async () => {
    const world = oneAttempt();
    await world.queue.send('no JSON');
    await world.deliver();
    await world.clock.advance(10 * 24 * HOUR);
    expect(await runSchedule(world)).toMatchObject({ read: 1, sentBack: 0, left: 1 });
    expect(world.deadLetters.visible().map(({ body }) => body)).toEqual(['no JSON']);
  });
});

describe('what SQS itself moved', () => {
  test('comes back as an ordinary arrival, three times, its count on it', async () => {
    const world = oneAttempt();
    const arrival = await world.put('in/a.pdf');
    const [sent] = world.queue.messages();
    for (let redrives = 1; redrives <= 3; redrives += 1) {
      world.queue.moveToDeadLetters(world.queue.messages()[0]?.messageId ?? '');
      await world.clock.advance(24 * HOUR);
      expect(await runSchedule(world)).toMatchObject({ sentBack: 1, removed: 1 });
      expect(world.queue.messages()).toMatchObject([
        { body: sent?.body, attributes: { redrives: String(redrives) } },
      ]);
    }
    expect(world.journal.named('message.redriven')).toHaveLength(3);
    world.queue.moveToDeadLetters(world.queue.messages()[0]?.messageId ?? '');
    await world.clock.advance(24 * HOUR);
    expect(await runSchedule(world)).toMatchObject({ sentBack: 0, left: 1 });
    await world.redrive();
    await world.deliverUntilQuiet();
    expect(world.document(arrival)).toMatchObject({ state: 'uploaded', redrives: 0 });
  });

  test('wakes nothing that is parked: it is no decision', async () => {
    const world = oneAttempt();
    const arrival = await world.put('in/a.pdf');
    world.queue.moveToDeadLetters(world.queue.messages()[0]?.messageId ?? '');
    await world.announce(arrival);
    world.extracta.planUpload({ kind: 'fail', error: rejected });
    await world.deliver();
    await world.clock.advance(24 * HOUR);
    expect(await runSchedule(world)).toMatchObject({ read: 2, sentBack: 1, removed: 1, left: 1 });
    expect(await world.outcomes()).toEqual([{ kind: 'parked', reason: 'extracta.rejected' }]);
    expect(world.document(arrival)).toMatchObject({ state: 'parked', redrives: 0 });
  });
});

describe('a run', () => {
  test('sends at the pace that is set, ten at a time', async () => {
    const world = oneAttempt({ waits: { redrivePaceMs: 100 } });
    for (let n = 0; n < 25; n += 1) await parkedDocument(world, `in/${n}.pdf`);
    await world.clock.advance(2 * HOUR - MINUTE);
    const startedAtMs = world.clock.nowMs();
    await runSchedule(world);
    const sentAfterMs = world.queue.messages().map(({ sentAtMs }) => sentAtMs - startedAtMs);
    expect(sentAfterMs).toEqual([...Array(10).fill(0), ...Array(10).fill(1000), ...Array(5).fill(2000)]);
  });

  test('begins nothing when its time is over, and gives back what it had', async () => {
    const world = oneAttempt({ waits: { redrivePaceMs: 100 } });
    for (let n = 0; n < 25; n += 1) await parkedDocument(world, `in/${n}.pdf`);
    await world.clock.advance(HOUR);
    const aborter = new AbortController();
    const { ended } = startRun(world, { signal: aborter.signal });
    await world.clock.advance(500);
    aborter.abort();
    expect(await ended).toMatchObject({ read: 20, sentBack: 10, removed: 10, left: 10 });
    expect(world.deadLetters.visible()).toHaveLength(15);
    expect(await runSchedule(world, { signal: aborter.signal })).toMatchObject({ read: 0, sentBack: 0 });
    expect(await runSchedule(world)).toMatchObject({ read: 15, sentBack: 15 });
  });

  test('reads every letter once, and no more than it can give back', async () => {
    const world = oneAttempt();
    for (let n = 0; n < 2_005; n += 1) await world.deadLetters.send('no JSON');
    expect(await runSchedule(world)).toMatchObject({ read: 2_000, left: 2_000 });
    expect(world.deadLetters.visible()).toHaveLength(2_005);
  });

  test('that the ledger fails shows its letters again, says so, and what it had done', async () => {
    const world = oneAttempt();
    await parkedDocument(world);
    await world.clock.advance(HOUR);
    const down = new UploaderError('ledger.unavailable', 'as told');
    const twists = [{ at: 'before ledger.read', does: down }] as const;
    await expect(runSchedule(world, { twists })).rejects.toBe(down);
    expect(world.deadLetters.visible()).toHaveLength(1);
    expect(world.journal.named('redrive.ended')).toMatchObject([{ fields: { read: 1, left: 1 } }]);
  });

  test('that the dead-letter queue fails says so', async () => {
    const twists = [{ at: 'before deadLetters.receive', does: refused }] as const;
    await expect(runSchedule(oneAttempt(), { twists })).rejects.toBe(refused);
  });
});
