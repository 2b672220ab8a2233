import { describe, expect, test } from 'vitest';
import { ContainerMemory } from '../../../lib/pipeline/container-memory.ts';
import { UploaderError } from '../../../lib/pipeline/failures.ts';
import { tagFor, tagIn } from '../../../lib/pipeline/file-name.ts';
import { BREAKER_KEY, GATE_KEY } from '../../../lib/pipeline/identity.ts';
import type { DocumentItem, LookMessage } from '../../../lib/pipeline/model.ts';
import { CLASSIFICATION, type Delivery, memoryWorld, type WorldOptions } from '../../support/memory/world.ts';

import { callTimes, HOUR, looks, lost, MINUTE, QUIET, SECOND } from './lost-answers.ts';

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

  /** Sent, lost, not there after the quiet time, and gone from S3: skipped; only then is the body accepted. */
  const skippedThenAccepted = async (delivery: Delivery = {}) => {
    const world = memoryWorld();
    const arrival = await lost(world, 'later');
    world.source.removeVersion(arrival);
    await world.clock.advance(QUIET);
    const verdicts = await world.deliver(delivery);
    expect(world.document(arrival)).toMatchObject({ state: 'skipped', sentTo: [] });
    world.extracta.acceptLate();
    return { world, arrival, verdicts };
  };

  test('V22: of a skipped document finds its file after all: it is uploaded', async () => {
    const { world, arrival, verdicts } = await skippedThenAccepted();
    expect(verdicts).toMatchObject([{ kind: 'acknowledge', outcomes: [{ kind: 'skipped' }] }]);
    await world.deliverUntilQuiet();
    const [file, ...more] = world.extracta.held.filter(
      ({ fileName }) => tagIn(fileName) === tagFor(arrival, 1),
    );
    expect(more).toEqual([]);
    expect(world.document(arrival)).toMatchObject({ state: 'uploaded', mapping: { fileId: file?.fileId } });
    expect(world.document(arrival)).not.toHaveProperty('skippedBecause');
    expect(world.document(arrival)).not.toHaveProperty('lookAt');
    expect(world.journal.named('document.found')).toMatchObject([{ fields: { fileId: file?.fileId } }]);
    expect(world.journal.named('file.doubled')).toEqual([]);
  });

  test.each(['before outbox.send', 'after outbox.send'] as const)(
    'V22: of a skipped document survives a process that dies %s',
    async (dies) => {
      const { world, arrival, verdicts } = await skippedThenAccepted({ dies });
      expect(verdicts).toBe('died');
      await world.deliverUntilQuiet();
      expect(world.document(arrival)?.state).toBe('uploaded');
    },
  );

  test('V22: of a skipped document keeps the message while it can not be queued', async () => {
    const down = new UploaderError('queue.unavailable', 'as told');
    const { world, arrival, verdicts } = await skippedThenAccepted({
      twists: [{ at: 'before outbox.send', does: down }],
    });
    expect(verdicts).toMatchObject([
      { kind: 'keep', outcomes: [{ kind: 'deferred', code: 'queue.unavailable' }] },
    ]);
    expect(world.journal.named('claim.lost')).toEqual([]);
    await world.deliverUntilQuiet();
    expect(world.document(arrival)?.state).toBe('uploaded');
  });

  test('of a skipped document that has come back meanwhile finds a second file', async () => {
    const { world, arrival } = await skippedThenAccepted();
    const item = world.document(arrival) as DocumentItem;
    world.ledger.store({ ...item, state: 'waiting', rev: 'r' });
    await world.deliverUntilQuiet();
    expect(world.document(arrival)).toMatchObject({ state: 'waiting', extraFiles: [{}] });
    expect(world.journal.named('file.doubled')).toHaveLength(1);
  });

  test('of a skipped document that finds nothing leaves it skipped', async () => {
    const world = memoryWorld();
    const arrival = await lost(world, false);
    world.source.removeVersion(arrival);
    await world.deliverUntilQuiet();
    expect(callTimes(world)).toBeGreaterThan(1);
    expect(world.document(arrival)).toMatchObject({ state: 'skipped' });
    expect(world.document(arrival)).not.toHaveProperty('lookAt');
  });

  describe.each([
    ['queued', { at: 'before outbox.send', does: new UploaderError('queue.unavailable', 'as told') }],
    [
      'struck out',
      {
        at: 'before ledger.write',
        of: (item: DocumentItem) => item.state === 'uploaded' && item.lookAt === undefined,
        does: new UploaderError('ledger.unavailable', 'as told'),
      },
    ],
  ] as const)('that can not be %s', (_, twist) => {
    /** Lost, not there after the quiet time, and sent again: settled, with a late look to come. */
    const settledAgain = async () => {
      const world = memoryWorld();
      const arrival = await lost(world, false);
      const strikes = { ...BREAKER_KEY, state: 'closed', strikes: 1, pauses: 0, rev: 'r' } as const;
      world.ledger.store(strikes);
      await world.clock.advance(QUIET);
      world.extracta.keepsNames = false;
      const verdicts = await world.deliver({ twists: [twist], container: new ContainerMemory() });
      return { world, arrival, verdicts };
    };

    test('comes after all that is told of the answer, and is no answer unrecorded', async () => {
      const { world, arrival, verdicts } = await settledAgain();
      expect(verdicts).toMatchObject([
        { kind: 'keep', outcomes: [{ kind: 'deferred', code: twist.does.code }] },
      ]);
      expect(world.document(arrival)?.state).toBe('uploaded');
      expect(world.journal.named('answer.unrecorded')).toEqual([]);
      expect(world.journal.named('conclusion.failed')).toEqual([]);
      expect(world.journal.named('document.uploaded')).toHaveLength(2);
      expect(world.ledger.peek(BREAKER_KEY)).toMatchObject({ strikes: 0 });
      expect(world.ledger.peek(GATE_KEY)).toMatchObject({ namesKept: false });
    });

    test('V22: keeps the message until it is', async () => {
      const { world, arrival } = await settledAgain();
      expect(world.document(arrival)).toHaveProperty('lookAt');
      await world.deliverUntilQuiet();
      expect(world.document(arrival)).not.toHaveProperty('lookAt');
      expect(world.journal.named('look.queued').length).toBeGreaterThanOrEqual(1);
      expect(world.filesOf(arrival)).toHaveLength(1);
    });
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
