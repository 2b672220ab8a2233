import { describe, expect, test } from 'vitest';
import { UploaderError } from '../../../lib/pipeline/failures.ts';
import { DEFAULT_WAITS } from '../../../lib/pipeline/settings.ts';
import { memoryWorld, type World } from '../../support/memory/world.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const failing = (code: 'queue.unavailable') => new UploaderError(code, 'as told');

describe('a message', () => {
  test('with several records is let go when every one of them is done', async () => {
    const world = memoryWorld();
    const [good, slow] = [
      world.source.put('documents', 'in/good.pdf', 'good'),
      world.source.put('documents', 'slow/slow.pdf', 'slow'),
    ];
    world.twists.add({
      at: 'before source.open',
      of: ({ key }: { key: string }) => key === 'slow/slow.pdf',
      does: new UploaderError('document.throttled', 'as told'),
    });
    await world.announce(good, slow);
    const verdicts = await world.deliver();
    expect(verdicts).toMatchObject([
      { kind: 'keep', outcomes: [{ kind: 'uploaded' }, { kind: 'deferred', code: 'document.throttled' }] },
    ]);
    await world.deliverUntilQuiet();
    expect(world.document(slow)?.state).toBe('uploaded');
    expect(world.filesOf(good)).toHaveLength(1);
  });

  test('comes back when the first of its records may', async () => {
    const world = memoryWorld();
    const [soon, late] = ['soon/a.pdf', 'late/a.pdf'].map((key) => world.source.put('documents', key, key));
    const paused = new UploaderError('document.throttled', 'as told', { retryAfterMs: HOUR });
    const throttled = new UploaderError('document.throttled', 'as told');
    for (const [arrival, does] of [
      [late, paused],
      [soon, throttled],
    ] as const)
      world.twists.add({
        at: 'before source.open',
        of: ({ key }: { key: string }) => key === arrival?.key,
        does,
      });
    await world.announce(...([soon, late] as never[]));
    const [verdict] = (await world.deliver()) as readonly { visibleInMs: number }[];
    expect(verdict?.visibleInMs).toBeLessThanOrEqual(5_000);
  });

  test.each([
    ['a test event', '{"Service":"Amazon S3","Event":"s3:TestEvent","Time":"x","Bucket":"b"}', 'test-event'],
    [
      'a deletion',
      '{"Records":[{"eventName":"ObjectRemoved:Delete","s3":{"bucket":{"name":"b"},"object":{"key":"a"}}}]}',
      'not-a-creation',
    ],
  ])('without a document is counted and let go: %s', async (_, body, reason) => {
    const world = memoryWorld();
    await world.queue.send(body);
    expect(await world.outcomes()).toEqual([{ kind: 'ignored', reason }]);
    expect(world.journal.named('arrival.ignored')).toMatchObject([{ fields: { reason } }]);
    expect(world.queue.messages()).toEqual([]);
    expect(world.ledger.items()).toEqual([]);
  });

  test('of a folder marker, or that no route takes, is counted and let go', async () => {
    const world = memoryWorld({ route: { prefix: 'in/' } });
    await world.put('in/', '');
    await world.put('elsewhere/a.pdf');
    expect(await world.outcomes()).toEqual([
      { kind: 'ignored', reason: 'folder-marker' },
      { kind: 'ignored', reason: 'no-route' },
    ]);
    expect(world.queue.messages()).toEqual([]);
    expect(world.ledger.items()).toEqual([]);
  });

  test.each([
    ['the ledger', new UploaderError('ledger.throttled', 'as told')],
    ['our own code', new TypeError('a defect')],
  ])('that no route takes leaves no trace, whatever goes wrong with %s', async (_, does) => {
    const world = memoryWorld({ route: { prefix: 'in/' } });
    await world.put('elsewhere/a.pdf');
    world.twists.add({ at: 'before ledger.read', does });
    expect(await world.outcomes()).toMatchObject([{ kind: 'deferred' }]);
    expect(world.ledger.items()).toEqual([]);
    await world.untilNextMessage();
    expect(await world.outcomes()).toEqual([{ kind: 'ignored', reason: 'no-route' }]);
  });

  test.each([
    'no JSON at all',
    '{"Records":[{"eventName":"ObjectCreated:Put"}]}',
    '{"uploader":"of tomorrow"}',
  ])("that can't be read is parked whole: %s", async (body) => {
    const world = memoryWorld();
    await world.queue.send(body);
    const sentAtMs = world.clock.nowMs();
    expect(await world.outcomes()).toEqual([{ kind: 'parked', reason: 'arrival.malformed' }]);
    expect(world.deadLetters.messages()).toMatchObject([
      { body, attributes: { reasonCode: 'arrival.malformed', firstSeenAtMs: String(sentAtMs) } },
    ]);
    expect(world.queue.messages()).toEqual([]);
  });

  test("that can't be read stays while the dead-letter queue does not take it", async () => {
    const world = memoryWorld();
    await world.queue.send('no JSON');
    world.twists.add({ at: 'before outbox.park', does: failing('queue.unavailable') });
    expect(await world.outcomes()).toMatchObject([{ kind: 'deferred', code: 'queue.unavailable' }]);
    await world.deliverUntilQuiet();
    expect(world.deadLetters.messages()).toMatchObject([{ body: 'no JSON' }]);
  });

  test('in an SNS envelope is read like any other', async () => {
    const world = memoryWorld();
    const arrival = await world.put('in/a.pdf');
    const [plain] = world.queue.messages();
    const [received] = await world.queue.receive();
    await world.queue.acknowledge(received?.receiptHandle ?? '');
    await world.queue.send(JSON.stringify({ Type: 'Notification', Message: plain?.body }));
    await world.deliver();
    expect(world.document(arrival)?.state).toBe('uploaded');
  });
});

describe('a document that no route takes any more', () => {
  const unrouted = (world: World) => {
    world.settings = { ...world.settings, routes: [] };
  };

  test('is let go where it is settled', async () => {
    const world = memoryWorld();
    const arrival = await world.put('in/a.pdf');
    await world.deliver();
    unrouted(world);
    await world.announce(arrival);
    expect(await world.outcomes()).toMatchObject([{ kind: 'uploaded' }]);
  });

  test('is looked for where it may have been sent', async () => {
    const world = memoryWorld();
    await world.put('in/opener.pdf');
    await world.deliver();
    world.extracta.planUpload({ kind: 'lose-answer', kept: true });
    const arrival = await world.put('in/a.pdf');
    await world.deliver();
    unrouted(world);
    await world.deliverUntilQuiet();
    expect(world.document(arrival)?.state).toBe('uploaded');
    expect(world.filesOf(arrival)).toHaveLength(1);
  });

  test('is parked where it was not, and sent when it has a route again and is redriven', async () => {
    const world = memoryWorld();
    const { routes } = world.settings;
    world.extracta.planUpload({
      kind: 'fail',
      error: new UploaderError('document.stalled', 'as told'),
    });
    const arrival = await world.put('in/a.pdf');
    await world.deliver();
    unrouted(world);
    await world.deliverUntilQuiet();
    expect(world.document(arrival)).toMatchObject({ state: 'parked', lastFailure: { code: 'route.none' } });
    await world.redrive();
    await world.deliverUntilQuiet();
    expect(world.deadLetters.messages()).toHaveLength(1);
    world.settings = { ...world.settings, routes };
    await world.redrive();
    await world.deliverUntilQuiet();
    expect(world.document(arrival)).toMatchObject({ state: 'uploaded', redrives: 2 });
  });

  test('finds out about the line as any other does', async () => {
    const world = memoryWorld();
    world.extracta.planUpload({
      kind: 'fail',
      error: new UploaderError('extracta.unauthorized', 'as told'),
    });
    const arrival = await world.put('in/a.pdf');
    await world.deliver();
    unrouted(world);
    await world.clock.advance(MINUTE);
    expect(await world.outcomes()).toEqual([{ kind: 'parked', reason: 'route.none' }]);
    expect(world.document(arrival)?.state).toBe('parked');
    expect(world.twists.steps.map(({ operation }) => operation)).not.toContain('extracta.seesClassification');
  });
});

describe('a message whose turn comes when it is time to close', () => {
  test('is deferred as any other: its document is written down, nothing is begun', async () => {
    const world = memoryWorld();
    const arrival = await world.put('in/a.pdf');
    expect(await world.deliver({ closing: true })).toMatchObject([
      { kind: 'keep', outcomes: [{ kind: 'deferred', code: 'invocation.ending' }] },
    ]);
    expect(world.document(arrival)).toMatchObject({ state: 'waiting', attempts: 0, sentTo: [] });
    expect(world.slots()).toEqual([]);
    const begun = world.twists.steps.filter(({ operation }) => /^(source|extracta)\./.test(operation));
    expect(begun).toEqual([]);
    await world.deliverUntilQuiet();
    expect(world.document(arrival)).toMatchObject({ state: 'uploaded', attempts: 1 });
  });

  test('is let go where its document is settled', async () => {
    const world = memoryWorld();
    const arrival = await world.put('in/a.pdf');
    await world.deliver();
    await world.announce(arrival);
    expect(await world.outcomes({ closing: true })).toMatchObject([{ kind: 'uploaded' }]);
  });

  test('is replaced by its copy where it is old', async () => {
    const world = memoryWorld();
    await world.put('in/a.pdf');
    await world.clock.advance(DEFAULT_WAITS.replaceAfterMs);
    expect(await world.deliver({ closing: true })).toMatchObject([{ kind: 'acknowledge' }]);
    expect(world.queue.messages()).toMatchObject([{ receiveCount: 0 }]);
  });

  test('and that is a late look asks nothing', async () => {
    const world = memoryWorld();
    const arrival = await world.put('in/a.pdf');
    await world.deliver();
    const pairs = [{ classificationId: 'c', batchId: 'b' }];
    const look = { uploader: 'look', arrival, edition: 1, tag: 'x', pairs, notBeforeMs: 0, giveUpAtMs: 0 };
    await world.queue.send(JSON.stringify(look));
    expect(await world.outcomes({ closing: true })).toMatchObject([{ code: 'invocation.ending' }]);
    expect(world.journal.named('batch.asked')).toEqual([]);
  });
});

describe('a message that is deferred for long', () => {
  /** A document whose S3 object can't be read, for as long as the test lasts. */
  const stuck = async () => {
    const world = memoryWorld({ settings: { maxAttempts: 1_000_000 } });
    const denied = new UploaderError('document.access-denied', 'as told');
    world.twists.add({ at: 'before source.open', times: Number.POSITIVE_INFINITY, does: denied });
    return { world, arrival: await world.put('in/a.pdf') };
  };

  test('comes back no sooner than after 20 minutes once it has waited for an hour', async () => {
    const { world } = await stuck();
    const waits: number[] = [];
    const startedAtMs = world.clock.nowMs();
    while (world.clock.nowMs() - startedAtMs < DAY) {
      await world.untilNextMessage();
      const [verdict] = (await world.deliver()) as readonly { visibleInMs: number }[];
      if (world.clock.nowMs() - startedAtMs >= HOUR) waits.push(verdict?.visibleInMs ?? 0);
    }
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(20 * MINUTE);
    expect(waits.length).toBeGreaterThan(60);
  });

  test('outlives its 14 days: after three days its copy takes its place', async () => {
    const { world, arrival } = await stuck();
    await world.deliverUntilQuiet({ forMs: 30 * DAY });
    expect(world.journal.named('message.replaced').length).toBeGreaterThanOrEqual(9);
    expect(world.queue.messages()).toHaveLength(1);
    expect(world.deadLetters.messages()).toEqual([]);
    expect(world.document(arrival)?.state).toBe('waiting');
    expect(world.clock.nowMs() - (world.queue.messages()[0]?.sentAtMs ?? 0)).toBeLessThan(4 * DAY);
  });

  test('is not let go where its copy was not confirmed', async () => {
    const { world } = await stuck();
    await world.clock.advance(10 * DAY);
    world.twists.add({ at: 'before outbox.send', does: failing('queue.unavailable') });
    expect(await world.deliver()).toMatchObject([{ kind: 'keep' }]);
    expect(world.queue.messages()).toHaveLength(1);
  });

  test('is first written down: the ledger knows of every document that waits', async () => {
    const world = memoryWorld();
    world.extracta.planUpload({
      kind: 'fail',
      error: new UploaderError('extracta.unauthorized', 'as told'),
    });
    await world.put('in/first.pdf');
    await world.deliver();
    const second = await world.put('in/second.pdf');
    await world.deliver();
    expect(world.document(second)).toMatchObject({
      state: 'waiting',
      attempts: 0,
      arrival: second,
      sentTo: [],
    });
  });

  test('leaves what another wrote down meanwhile as it is', async () => {
    const world = memoryWorld();
    const arrival = await world.put('in/a.pdf');
    const holds = { at: 'before ledger.write' } as const;
    const down = new UploaderError('ledger.throttled', 'as told');
    const slow = await world.start({ holds, twists: [{ at: 'before ledger.read', does: down }] });
    await slow.held;
    await world.announce(arrival);
    await world.deliver();
    const settled = world.document(arrival);
    expect(settled?.state).toBe('uploaded');
    slow.release();
    await world.clock.drive(slow.ended);
    expect(world.document(arrival)).toEqual(settled);
  });
});
