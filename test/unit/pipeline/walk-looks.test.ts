import { describe, expect, test } from 'vitest';
import { ContainerMemory } from '../../../lib/pipeline/container-memory.ts';
import { UploaderError } from '../../../lib/pipeline/failures.ts';
import { tagFor } from '../../../lib/pipeline/file-name.ts';
import { BREAKER_KEY, GATE_KEY } from '../../../lib/pipeline/identity.ts';
import type { Arrival, LookMessage } from '../../../lib/pipeline/model.ts';
import {
  BUCKET,
  CLASSIFICATION,
  memoryWorld,
  type World,
  type WorldOptions,
} from '../../support/memory/world.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const QUIET = 15 * MINUTE;

/** A batch that is open, and one more document sent into it whose answer is lost. */
async function lost(world: World, kept: boolean | 'later', key = 'in/a.pdf'): Promise<Arrival> {
  const opener = await world.put('in/opener.pdf');
  await world.deliver();
  expect(world.document(opener)?.state).toBe('uploaded');
  return lostInto(world, kept, key);
}

async function lostInto(world: World, kept: boolean | 'later', key: string): Promise<Arrival> {
  world.extracta.planUpload(kept === 'later' ? { kind: 'accept-later' } : { kind: 'lose-answer', kept });
  const arrival = await world.put(key);
  await world.deliver({ max: 1 });
  expect(world.document(arrival)).toMatchObject({ state: 'unknown', lostAtMs: world.clock.nowMs() });
  return arrival;
}

/** Lost in A, and after the quiet time lost again in B. */
async function inTwoBatches() {
  const world = memoryWorld({ route: { batch: { by: 'folder', maxFiles: 2 } } });
  const arrival = await lost(world, false);
  await world.put('in/opener-of-B.pdf');
  await world.deliver({ max: 1, only: ({ body }) => body.includes('opener-of-B') });
  await world.clock.advance(QUIET);
  world.extracta.planUpload({ kind: 'lose-answer', kept: false });
  await world.deliver({ max: 1 });
  expect(world.document(arrival)?.sentTo).toHaveLength(2);
  await world.clock.advance(QUIET);
  return { world, arrival, item: () => world.document(arrival) };
}

const callTimes = (world: World) => world.journal.named('batch.asked').length;
const looks = (world: World): LookMessage[] =>
  world.queue
    .messages()
    .map(({ body }) => JSON.parse(body))
    .filter(({ uploader }) => uploader === 'look');

describe('a lost answer, the batch known', () => {
  test('is found by the first look, soon, and nothing is sent again', async () => {
    const world = memoryWorld();
    const arrival = await lost(world, true);
    const lostAtMs = world.clock.nowMs();
    await world.untilNextMessage();
    expect(world.clock.nowMs() - lostAtMs).toBeLessThanOrEqual(5 * SECOND);
    const [file] = world.filesOf(arrival);
    const mapping = { fileId: file?.fileId, batchId: file?.batchId, fileName: file?.fileName };
    expect(await world.outcomes()).toMatchObject([{ kind: 'uploaded', mapping }]);
    expect(world.document(arrival)).toMatchObject({ state: 'uploaded', mapping, attempts: 1, sentTo: [] });
    expect(world.document(arrival)).not.toHaveProperty('lostAtMs');
    expect(world.journal.named('document.found')).toHaveLength(1);
    await world.deliverUntilQuiet();
    expect(world.filesOf(arrival)).toHaveLength(1);
  });

  test('is sent again when it is not there, and not before the quiet time is over', async () => {
    const world = memoryWorld();
    const arrival = await lost(world, false);
    const lostAtMs = world.clock.nowMs();
    await world.deliverUntilQuiet({ forMs: QUIET - 1 });
    expect(world.document(arrival)).toMatchObject({ state: 'unknown', attempts: 1 });
    expect(world.document(arrival)?.looks).toBeGreaterThan(1);
    await world.deliverUntilQuiet();
    expect(world.document(arrival)).toMatchObject({ state: 'uploaded', attempts: 2 });
    expect(world.document(arrival)?.mapping?.uploadedAtMs).toBeGreaterThanOrEqual(lostAtMs + QUIET);
    expect(world.filesOf(arrival)).toHaveLength(1);
  });

  test('is looked for after growing waits, and at the latest soon after the quiet time', async () => {
    const world = memoryWorld();
    const arrival = await lost(world, false);
    const lostAtMs = world.clock.nowMs();
    while (world.document(arrival)?.state === 'unknown') {
      await world.untilNextMessage();
      await world.deliver();
    }
    expect(callTimes(world)).toBeLessThan(12);
    expect(world.clock.nowMs() - lostAtMs).toBeLessThan(QUIET + 10 * SECOND);
  });

  test('a batch in work says nothing about what is not in it', async () => {
    const world = memoryWorld();
    const arrival = await lost(world, false);
    await world.clock.advance(QUIET);
    world.extracta.planResults({ kind: 'waiting' });
    expect(await world.outcomes()).toMatchObject([{ kind: 'deferred', code: 'results.inconclusive' }]);
    expect(world.document(arrival)).toMatchObject({ state: 'unknown', attempts: 1, looks: 1 });
    expect(world.filesOf(arrival)).toEqual([]);
  });

  test('24 h without a conclusive answer: parked, and where it may be is kept', async () => {
    const world = memoryWorld();
    const arrival = await lost(world, false);
    const { sentTo } = world.document(arrival) ?? {};
    const isWaiting = { at: 'before extracta.results', times: 9_999 } as const;
    world.twists.add({ ...isWaiting, does: () => world.extracta.planResults({ kind: 'waiting' }) });
    const lostAtMs = world.clock.nowMs();
    await world.deliverUntilQuiet();
    expect(world.document(arrival)).toMatchObject({
      state: 'parked',
      sentTo,
      attempts: 1,
      lastFailure: { code: 'upload.unverifiable' },
    });
    expect(world.clock.nowMs() - lostAtMs).toBeGreaterThanOrEqual(24 * HOUR);
    expect(world.clock.nowMs() - lostAtMs).toBeLessThan(25 * HOUR);
    expect(world.filesOf(arrival)).toEqual([]);
  });

  test('one answer serves every document of the batch', async () => {
    const world = memoryWorld();
    const arrivals = [await lost(world, false, 'in/0.pdf')];
    for (let n = 1; n < 6; n += 1) {
      // Others get through between, so that the line stays open.
      await world.put(`others/${n}.pdf`);
      await world.deliver({ max: 1, only: ({ body }) => body.includes('others') });
      arrivals.push(await lostInto(world, n % 2 === 0, `in/${n}.pdf`));
    }
    await world.clock.advance(QUIET + MINUTE);
    const asked = callTimes(world);
    await world.deliver();
    // All at once; who asked while another was asking comes back.
    await world.untilNextMessage();
    while (world.ledger.documents().some(({ state }) => state === 'unknown')) {
      await world.deliver();
      await world.untilNextMessage();
    }
    expect(callTimes(world) - asked).toBeLessThanOrEqual(2);
    expect(arrivals.map((arrival) => world.filesOf(arrival).length)).toEqual(Array(6).fill(1));
  });

  test('no two calls for results within two seconds, whoever makes them', async () => {
    const world = memoryWorld();
    await lost(world, false, 'in/0.pdf');
    await world.put('others/1.pdf');
    await world.deliver({ only: ({ body }) => body.includes('others') });
    await lostInto(world, false, 'others/2.pdf');
    const times: number[] = [];
    world.twists.add({
      at: 'before extracta.results',
      times: 99,
      does: () => times.push(world.clock.nowMs()),
    });
    await world.deliverUntilQuiet();
    expect(times.length).toBeGreaterThan(4);
    const gaps = times.slice(1).map((time, at) => time - (times[at] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(2 * SECOND);
  });

  test('two files with its tag are the same bytes: the first is adopted, the other recorded', async () => {
    const world = memoryWorld();
    const arrival = await lost(world, true);
    const [file] = world.filesOf(arrival);
    const twin = { fileId: '-second', fileName: file?.fileName ?? '', status: 'processed' };
    const first = { fileId: file?.fileId ?? '', fileName: file?.fileName ?? '' };
    world.extracta.planResults({ kind: 'files', files: [first, twin] });
    await world.untilNextMessage();
    await world.deliver();
    expect(world.document(arrival)).toMatchObject({
      mapping: { fileId: first.fileId },
      extraFiles: [{ fileId: '-second', batchId: file?.batchId }],
    });
    expect(world.journal.named('file.doubled')).toMatchObject([{ fields: { fileId: '-second' } }]);
  });

  test('is found where the route would not send it today', async () => {
    const world = memoryWorld();
    const arrival = await lost(world, true);
    const elsewhere = { ...world.settings.routes[0], classificationId: '-Oother' };
    world.settings = { ...world.settings, routes: [elsewhere as never] };
    await world.untilNextMessage();
    expect(await world.outcomes()).toMatchObject([
      { kind: 'uploaded', mapping: { classificationId: CLASSIFICATION } },
    ]);
    expect(world.filesOf(arrival)).toHaveLength(1);
  });

  test('is looked for in every batch that may hold it before it is sent a third time', async () => {
    const world = memoryWorld();
    const arrival = await lost(world, false);
    const { batchId } = world.document(arrival)?.sentTo[0] ?? {};
    const named = { ...world.settings.routes[0], batch: { id: 'B' } };
    await world.clock.advance(QUIET);
    // The second send names another batch, and its process dies with the answer.
    world.settings = { ...world.settings, routes: [named as never] };
    const accepted = { fileId: '-b', fileName: `a~${tagFor(arrival, 1)}.pdf` };
    expect(await world.deliver({ dies: 'before extracta.upload' })).toBe('died');
    expect(world.document(arrival)?.sentTo.map((pair) => pair.batchId)).toEqual([batchId, 'B']);
    await world.untilNextMessage();
    await world.clock.advance(QUIET);
    world.extracta.planResults({ kind: 'files', files: [] });
    world.extracta.planResults({ kind: 'files', files: [accepted] });
    const startedAtMs = world.clock.nowMs();
    expect(await world.outcomes()).toMatchObject([
      { kind: 'uploaded', mapping: { fileId: '-b', batchId: 'B' } },
    ]);
    // The second question waits for the pace, in the same visit.
    expect(world.clock.nowMs() - startedAtMs).toBe(2 * SECOND);
  });
});

describe('"no such batch"', () => {
  test('counts as "not there" after the quiet time, where the token still sees the classification', async () => {
    const world = memoryWorld();
    const arrival = await lost(world, false);
    world.extracta.deleteBatch(CLASSIFICATION, world.document(arrival)?.sentTo[0]?.batchId ?? '');
    await world.untilNextMessage();
    expect(await world.outcomes()).toMatchObject([{ kind: 'deferred', code: 'upload.unverified' }]);
    await world.deliverUntilQuiet();
    expect(world.document(arrival)).toMatchObject({ state: 'uploaded' });
    expect(world.filesOf(arrival)).toHaveLength(1);
  });

  test("is no answer where the token sees neither: it may be another account's", async () => {
    const world = memoryWorld();
    const arrival = await lost(world, true);
    world.extracta.deleteBatch(CLASSIFICATION, world.document(arrival)?.sentTo[0]?.batchId ?? '');
    world.extracta.classifications.clear();
    await world.clock.advance(QUIET);
    expect(await world.outcomes()).toMatchObject([{ kind: 'deferred', code: 'results.inconclusive' }]);
    expect(world.journal.named('token.suspected')).toMatchObject([
      { fields: { classificationId: CLASSIFICATION } },
    ]);
    expect(world.document(arrival)).toMatchObject({ state: 'unknown' });
  });
});

describe('when the look itself fails', () => {
  test("Extracta's refusal of the question says nothing about the document", async () => {
    const world = memoryWorld();
    const arrival = await lost(world, false);
    await world.untilNextMessage();
    world.extracta.planResults(new UploaderError('extracta.rejected', 'as told'));
    expect(await world.outcomes()).toMatchObject([{ kind: 'deferred', code: 'results.inconclusive' }]);
    expect(world.document(arrival)).toMatchObject({ state: 'unknown', attempts: 1, looks: 1 });
  });

  test.each(['extracta.unavailable', 'extracta.reply-unreadable'] as const)(
    '%s to this question is no answer: a look, and no strike',
    async (code) => {
      const world = memoryWorld();
      const arrival = await lost(world, false);
      await world.untilNextMessage();
      world.extracta.planResults(new UploaderError(code, 'as told'));
      expect(await world.outcomes()).toMatchObject([{ kind: 'deferred', code: 'results.inconclusive' }]);
      expect(world.document(arrival)).toMatchObject({ state: 'unknown', attempts: 1, looks: 1 });
      expect(world.ledger.peek(BREAKER_KEY)?.strikes).toBe(1);
    },
  );

  test('a batch that never gives one is given up after 24 h, and pauses nobody', async () => {
    const world = memoryWorld();
    const arrival = await lost(world, true);
    const error = new UploaderError('extracta.unavailable', 'too big a batch');
    world.twists.add({ at: 'before extracta.results', times: Number.POSITIVE_INFINITY, does: error });
    await world.deliverUntilQuiet();
    expect(world.document(arrival)).toMatchObject({
      state: 'parked',
      lastFailure: { code: 'upload.unverifiable' },
    });
    expect(world.journal.named('breaker.opened')).toEqual([]);
  });

  test("a failure of the line's is the line's: a strike, no attempt, no look", async () => {
    const world = memoryWorld();
    const arrival = await lost(world, false);
    await world.untilNextMessage();
    world.extracta.planResults(new UploaderError('extracta.unreachable', 'as told'));
    expect(await world.outcomes()).toMatchObject([{ kind: 'deferred', code: 'extracta.unreachable' }]);
    expect(world.document(arrival)).toMatchObject({ state: 'unknown', attempts: 1, looks: 0 });
    expect(world.ledger.peek(BREAKER_KEY)?.strikes).toBe(2);
  });

  test('a defect of ours counts, so that it ends in the dead-letter queue, and where it may be is kept', async () => {
    const world = memoryWorld({ settings: { maxAttempts: 3 } });
    const arrival = await lost(world, false);
    const { sentTo } = world.document(arrival) ?? {};
    const defect = new TypeError('a defect');
    world.twists.add({ at: 'before extracta.results', times: Number.POSITIVE_INFINITY, does: defect });
    await world.untilNextMessage();
    expect(await world.outcomes()).toMatchObject([{ kind: 'deferred', code: 'internal.unexpected' }]);
    expect(world.document(arrival)).toMatchObject({ state: 'unknown', attempts: 2, sentTo });
    await world.deliverUntilQuiet();
    expect(world.document(arrival)).toMatchObject({ state: 'parked', attempts: 3, sentTo });
  });

  test('a second batch is asked in the same visit, however often others come first; then it comes back', async () => {
    const { world, item } = await inTwoBatches();
    let others = 0;
    world.twists.add({
      at: 'before clock.sleep',
      times: Number.POSITIVE_INFINITY,
      does: () => {
        others += 1;
        const gate = world.ledger.peek(GATE_KEY);
        if (gate)
          world.ledger.store({
            ...gate,
            nextAllowedAtMs: world.clock.nowMs() + 60 * SECOND,
            rev: `${others}`,
          });
      },
    });
    expect(await world.outcomes()).toMatchObject([{ kind: 'deferred', code: 'results.paced' }]);
    expect(others).toBe(4);
    expect(item()).toMatchObject({ state: 'unknown' });
  });

  test('a second batch is not waited for when the invocation ends', async () => {
    const { world } = await inTwoBatches();
    const gate = world.ledger.peek(GATE_KEY);
    const busy = () => {
      if (gate) world.ledger.store({ ...gate, nextAllowedAtMs: world.clock.nowMs() + HOUR, rev: 'busy' });
    };
    const startedAtMs = world.clock.nowMs();
    world.twists.add({ at: 'after extracta.results', does: busy });
    expect(await world.outcomes()).toMatchObject([{ kind: 'deferred', code: 'results.paced' }]);
    expect(world.clock.nowMs() - startedAtMs).toBeLessThan(5 * MINUTE);
  });

  test('what another holds is not counted as a look either', async () => {
    const world = memoryWorld();
    const arrival = await lost(world, false);
    await world.announce(arrival);
    await world.clock.advance(QUIET);
    world.extracta.planResults({ kind: 'waiting' });
    const slow = await world.start({
      max: 1,
      holds: 'after extracta.results',
      container: new ContainerMemory(),
    });
    await slow.held;
    await world.clock.advance(3 * SECOND);
    const holder = await world.start({
      max: 1,
      holds: 'before extracta.upload',
      container: new ContainerMemory(),
    });
    await holder.held;
    const held = world.document(arrival);
    slow.release();
    await world.clock.drive(slow.ended);
    expect(world.document(arrival)).toEqual(held);
    holder.release();
    await world.clock.drive(holder.ended);
    expect(world.document(arrival)).toMatchObject({ state: 'uploaded' });
  });

  test('what another settled meanwhile is not counted as a look', async () => {
    const world = memoryWorld();
    const arrival = await lost(world, true);
    await world.announce(arrival);
    await world.untilNextMessage();
    world.extracta.planResults({ kind: 'waiting' });
    const slow = await world.start({
      max: 1,
      holds: 'after extracta.results',
      container: new ContainerMemory(),
    });
    await slow.held;
    await world.clock.advance(3 * SECOND);
    await world.deliver({ max: 1, container: new ContainerMemory() });
    expect(world.document(arrival)?.state).toBe('uploaded');
    slow.release();
    await world.clock.drive(slow.ended);
    expect(world.document(arrival)).toMatchObject({ state: 'uploaded', looks: 0 });
    await world.deliverUntilQuiet();
    expect(world.filesOf(arrival)).toHaveLength(1);
  });
});

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

describe('the late look', () => {
  /** Sent, lost, not there after the quiet time, sent again and settled; only then is the first body accepted. */
  const doubled = async (options: WorldOptions = {}) => {
    const world = memoryWorld(options);
    const arrival = await lost(world, 'later');
    await world.deliverUntilQuiet({ forMs: QUIET + MINUTE });
    expect(world.document(arrival)?.state).toBe('uploaded');
    world.extracta.acceptLate();
    return { world, arrival };
  };

  test('finds the second file, records it and tells of it', async () => {
    const { world, arrival } = await doubled();
    const [look] = looks(world);
    expect(look).toMatchObject({ tag: tagFor(arrival, 1), edition: 1 });
    await world.deliverUntilQuiet();
    const files = world.filesOf(arrival);
    expect(files).toHaveLength(2);
    const mapped = world.document(arrival)?.mapping?.fileId;
    const extra = files.find(({ fileId }) => fileId !== mapped);
    expect(world.document(arrival)?.extraFiles).toMatchObject([{ fileId: extra?.fileId }]);
    expect(world.journal.named('file.doubled')).toMatchObject([{ fields: { fileId: extra?.fileId } }]);
  });

  test('comes a quarter of an hour after the settling, not sooner, and only once', async () => {
    const { world, arrival } = await doubled();
    const settledAtMs = world.document(arrival)?.mapping?.uploadedAtMs ?? 0;
    const asked: number[] = [];
    world.twists.add({
      at: 'before extracta.results',
      times: 9,
      does: () => asked.push(world.clock.nowMs()),
    });
    await world.deliverUntilQuiet();
    expect(asked).toHaveLength(1);
    expect(asked[0]).toBeGreaterThanOrEqual(settledAtMs + 15 * MINUTE);
    expect(world.document(arrival)).not.toHaveProperty('lookAt');
  });

  test('comes back when it is received too soon', async () => {
    const { world } = await doubled({ waits: { lateLookMs: HOUR } });
    await world.untilNextMessage();
    // SQS delays by 15 minutes at most.
    expect(await world.outcomes()).toMatchObject([{ kind: 'deferred', code: 'upload.unverified' }]);
    await world.deliverUntilQuiet();
    expect(world.journal.named('file.doubled')).toHaveLength(1);
  });

  test('comes back while the batch is in work, and gives up after a day', async () => {
    const { world } = await doubled();
    world.twists.add({
      at: 'before extracta.results',
      times: 9_999,
      does: () => world.extracta.planResults({ kind: 'waiting' }),
    });
    const startedAtMs = world.clock.nowMs();
    await world.deliverUntilQuiet();
    expect(world.journal.named('look.given-up')).toMatchObject([
      { fields: { because: 'results.inconclusive' } },
    ]);
    expect(world.clock.nowMs() - startedAtMs).toBeGreaterThanOrEqual(24 * HOUR);
  });

  test('is never given up because another asked first', async () => {
    const { world } = await doubled();
    await world.clock.advance(30 * HOUR);
    world.ledger.store({
      ...GATE_KEY,
      namesKept: true,
      nextAllowedAtMs: world.clock.nowMs() + SECOND,
      rev: 'r',
    });
    expect(await world.outcomes()).toMatchObject([{ kind: 'deferred', code: 'results.paced' }]);
    await world.deliverUntilQuiet();
    expect(world.journal.named('file.doubled')).toHaveLength(1);
  });

  test('asks what was ruled out before a send that certainly failed, too', async () => {
    const world = memoryWorld({ route: { batch: { by: 'folder', maxFiles: 2 } } });
    const arrival = await lost(world, 'later');
    await world.put('in/opener-of-B.pdf');
    await world.deliver({ max: 1, only: ({ body }) => body.includes('opener-of-B') });
    await world.clock.advance(QUIET);
    world.extracta.planUpload({ kind: 'fail', error: new UploaderError('document.stalled', 'as told') });
    await world.deliver({ max: 1 });
    expect(world.document(arrival)).toMatchObject({ state: 'waiting', sentTo: [] });
    await world.untilNextMessage();
    await world.deliver({ max: 1 });
    expect(world.document(arrival)?.state).toBe('uploaded');
    expect(looks(world)[0]?.pairs).toHaveLength(2);
    world.extracta.acceptLate();
    await world.deliverUntilQuiet();
    expect(world.filesOf(arrival)).toHaveLength(2);
    expect(world.document(arrival)?.extraFiles).toHaveLength(1);
  });

  test('is no answer where the token sees neither batch nor classification', async () => {
    const { world, arrival } = await doubled();
    world.extracta.deleteBatch(CLASSIFICATION, world.document(arrival)?.mapping?.batchId ?? '');
    world.extracta.classifications.clear();
    await world.clock.advance(HOUR);
    expect(await world.outcomes()).toMatchObject([{ kind: 'deferred', code: 'results.inconclusive' }]);
  });

  test('is done where the batch is gone', async () => {
    const { world, arrival } = await doubled();
    world.extracta.deleteBatch(CLASSIFICATION, world.document(arrival)?.mapping?.batchId ?? '');
    await world.clock.advance(HOUR);
    expect(await world.outcomes()).toEqual([{ kind: 'ignored', reason: 'look-done' }]);
  });

  test('tells of what it finds even where the ledger no longer knows the document', async () => {
    const { world, arrival } = await doubled();
    const [look] = looks(world);
    const forgotten: LookMessage = {
      ...(look as LookMessage),
      arrival: { ...arrival, versionId: 'forgotten' },
    };
    await world.queue.send(JSON.stringify(forgotten));
    await world.clock.advance(HOUR);
    await world.deliver({ only: ({ body }) => body.includes('forgotten') });
    expect(world.journal.named('file.doubled')).toHaveLength(2);
    expect(world.document(forgotten.arrival)).toBeUndefined();
  });

  test('waits for a paused line, and probes it when the pause is over', async () => {
    const { world } = await doubled();
    world.extracta.planUpload({
      kind: 'fail',
      error: new UploaderError('extracta.out-of-credits', 'as told'),
    });
    await world.clock.advance(15 * MINUTE);
    await world.put('others/a.pdf');
    await world.deliver({ only: ({ body }) => body.includes('others') });
    const isLook = ({ body }: { body: string }) => body.includes('"look"');
    expect(await world.outcomes({ only: isLook })).toMatchObject([{ kind: 'deferred', code: 'line.paused' }]);
    await world.clock.advance(10 * SECOND);
    world.extracta.planResults(new UploaderError('extracta.unreachable', 'as told'));
    expect(await world.outcomes({ only: isLook })).toMatchObject([{ code: 'extracta.unreachable' }]);
    expect(world.ledger.peek(BREAKER_KEY)).toMatchObject({ state: 'paused', pauses: 2 });
    await world.clock.advance(MINUTE);
    expect(await world.outcomes({ only: isLook })).toMatchObject([{ reason: 'look-done' }]);
    // Results may be answered while uploads are not: the line is left to the next one.
    expect(world.ledger.peek(BREAKER_KEY)).toMatchObject({ state: 'paused' });
    expect(world.ledger.peek(BREAKER_KEY)).not.toHaveProperty('probeToken');
  });

  test('survives a defect of ours', async () => {
    const { world } = await doubled();
    await world.clock.advance(HOUR);
    world.twists.add({ at: 'before extracta.results', does: new TypeError('a defect') });
    expect(await world.outcomes()).toMatchObject([{ kind: 'deferred', code: 'internal.unexpected' }]);
    await world.deliverUntilQuiet();
    expect(world.journal.named('file.doubled')).toHaveLength(1);
  });

  test('is not needed where no answer was lost', async () => {
    const world = memoryWorld();
    await world.put('in/a.pdf');
    await world.deliver();
    expect(looks(world)).toEqual([]);
  });
});

describe('names', () => {
  test('lost at Extracta: told once, and an unknown outcome is nobody can tell', async () => {
    const world = memoryWorld();
    world.extracta.keepsNames = false;
    const arrival = await lost(world, true);
    expect(world.ledger.peek(GATE_KEY)).toMatchObject({ namesKept: false });
    await world.untilNextMessage();
    await world.deliver();
    expect(callTimes(world)).toBe(0);
    expect(world.document(arrival)).toMatchObject({ state: 'uploaded', attempts: 2 });
    expect(world.filesOf(arrival)).toHaveLength(2);
    expect(world.journal.named('names.lost')).toHaveLength(1);
  });

  test('lost at Extracta, found out by two containers: told once', async () => {
    const world = memoryWorld();
    world.extracta.keepsNames = false;
    for (const n of [1, 2]) {
      await world.put(`in/${n}.pdf`);
      await world.deliver({ container: new ContainerMemory() });
    }
    expect(world.journal.named('names.lost')).toHaveLength(1);
  });

  test('lost at Extracta under `park`: parked, not sent again', async () => {
    const world = memoryWorld({ settings: { onUnknownOutcome: 'park' } });
    world.extracta.keepsNames = false;
    const arrival = await lost(world, true);
    await world.deliverUntilQuiet();
    expect(world.document(arrival)).toMatchObject({ state: 'parked' });
    expect(world.filesOf(arrival)).toHaveLength(1);
  });

  test.each([
    ['the ledger', new UploaderError('ledger.throttled', 'as told'), 'ledger.throttled'],
    ['our own code', new TypeError('a defect'), 'TypeError: a defect'],
  ])("that can't be noted because of %s cost no answer", async (_, does, because) => {
    const world = memoryWorld();
    world.extracta.keepsNames = false;
    world.twists.add({
      at: 'before ledger.write',
      of: ({ kind }: { kind: string }) => kind === 'gate',
      does,
    });
    const arrival = await world.put('in/a.pdf');
    expect(await world.outcomes()).toMatchObject([{ kind: 'uploaded' }]);
    expect(world.document(arrival)).toMatchObject({ state: 'uploaded' });
    expect(world.journal.named('names.unnoted')).toMatchObject([{ fields: { because } }]);
  });

  test('that Extracta leaves empty are no lost ones', async () => {
    const world = memoryWorld();
    const { upload } = world.ports.extracta;
    world.ports.extracta.upload = async (request) => ({ ...(await upload(request)), fileName: '' });
    await world.put('in/a.pdf');
    await world.deliver();
    expect(world.ledger.peek(GATE_KEY)).toBeUndefined();
  });

  const asIs = () => memoryWorld({ settings: { fileNames: 'as-is' } });

  test('as they are: a file of that name may be anybody’s, so the document is parked', async () => {
    const world = asIs();
    const arrival = await lost(world, true);
    const { sentTo } = world.document(arrival) ?? {};
    await world.untilNextMessage();
    expect(await world.outcomes()).toEqual([{ kind: 'parked', reason: 'upload.unverifiable' }]);
    expect(world.document(arrival)).toMatchObject({ state: 'parked', sentTo });
  });

  test('as they are: what no file of the batch is called is sent again', async () => {
    const world = asIs();
    const arrival = await lost(world, false);
    await world.deliverUntilQuiet();
    expect(world.document(arrival)).toMatchObject({ state: 'uploaded', attempts: 2 });
    expect(world.filesOf(arrival)).toHaveLength(1);
  });

  test.each(['in/a"b.pdf', 'in/a\r\nb.pdf'])(
    'as they are: a name is known as the form escapes it, too (%j)',
    async (key) => {
      const world = asIs();
      const { upload } = world.ports.extracta;
      world.ports.extracta.upload = (request) => {
        const escaped = request.fileName
          .replaceAll('"', '%22')
          .replaceAll('\r', '%0D')
          .replaceAll('\n', '%0A');
        return upload({ ...request, fileName: escaped });
      };
      const arrival = await lost(world, true, key);
      await world.deliverUntilQuiet();
      expect(world.document(arrival)).toMatchObject({ state: 'parked' });
      expect(world.filesOf(arrival)).toHaveLength(1);
    },
  );

  test.each(['in/scan', `in/${'s'.repeat(300)}`])(
    'as they are: a key without an extension is known by the name that it was sent with (%s)',
    async (key) => {
      const world = asIs();
      await world.put('in/opener.pdf');
      await world.deliver();
      world.extracta.planUpload({ kind: 'lose-answer', kept: true });
      const arrival = world.source.put(BUCKET, key, 'pixels', { contentType: 'image/png' });
      await world.announce(arrival);
      await world.deliverUntilQuiet();
      expect(world.document(arrival)).toMatchObject({ state: 'parked' });
      expect(world.filesOf(arrival)).toHaveLength(1);
    },
  );
});
