import { describe, expect, test } from 'vitest';
import { ContainerMemory } from '../../../lib/pipeline/container-memory.ts';
import { type FailureCode, UploaderError } from '../../../lib/pipeline/failures.ts';
import { BREAKER_KEY } from '../../../lib/pipeline/identity.ts';
import type { DocumentItem, LedgerItem } from '../../../lib/pipeline/model.ts';
import { memoryWorld, type World } from '../../support/memory/world.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const down = (code: FailureCode = 'extracta.unreachable') => new UploaderError(code, 'Extracta is down');
const breaker = (world: World) => world.ledger.peek(BREAKER_KEY);
const putSome = async (world: World, count: number) => {
  for (let n = 1; n <= count; n += 1) await world.put(`folder-${n}/a.pdf`);
};
/** One after the other, each in its own invocation. */
const deliverOneByOne = async (world: World, count: number) => {
  for (let n = 0; n < count; n += 1) await world.deliver({ max: 1 });
};
const isBreaker = (item: LedgerItem) => item.kind === 'breaker';

describe('the breaker', () => {
  test('is read once for all documents of a delivery, and not again while it is remembered', async () => {
    const world = memoryWorld();
    await putSome(world, 4);
    await world.deliver();
    await world.put('folder-5/a.pdf');
    await world.deliver();
    const reads = world.twists.steps.filter(
      ({ operation, subject }) => operation === 'ledger.read' && isBreaker(subject as LedgerItem),
    );
    expect(reads).toHaveLength(1);
  });

  test('opens after three failures in a row; the third one pays no attempt', async () => {
    const world = memoryWorld();
    world.twists.add({ at: 'before extracta.upload', times: 3, does: down() });
    await putSome(world, 4);
    await deliverOneByOne(world, 2);
    expect(breaker(world)).toMatchObject({ state: 'closed', strikes: 2 });
    await deliverOneByOne(world, 2);
    expect(breaker(world)).toMatchObject({ state: 'paused', pauses: 1, because: 'extracta.unreachable' });
    expect(world.ledger.documents().map(({ attempts }) => attempts)).toEqual([1, 1, 0, 0]);
    expect(world.extracta.uploads).toHaveLength(0);
    expect(world.journal.named('breaker.opened')).toHaveLength(1);
    expect(world.journal.named('document.deferred').at(-1)?.fields).toMatchObject({ code: 'line.paused' });
  });

  test('stays closed where a success comes between', async () => {
    const world = memoryWorld();
    const failsFor = (n: number) =>
      world.twists.add({
        at: 'before extracta.upload',
        of: ({ fileName }: { fileName: string }) => fileName.startsWith(`${n}~`),
        does: down(),
      });
    for (const n of [1, 2, 4, 5]) failsFor(n);
    for (let n = 1; n <= 5; n += 1) await world.put(`folder-${n}/${n}.pdf`);
    await deliverOneByOne(world, 5);
    expect(breaker(world)).toMatchObject({ state: 'closed', strikes: 2 });
  });

  test('opens at once on a refused token', async () => {
    const world = memoryWorld();
    world.extracta.planUpload({ kind: 'fail', error: down('extracta.unauthorized') });
    await putSome(world, 1);
    await world.deliver();
    expect(breaker(world)).toMatchObject({ state: 'paused', because: 'extracta.unauthorized' });
  });

  test('leaves one document to probe when the pause is over, and closes on its success', async () => {
    const world = memoryWorld();
    world.extracta.planUpload({ kind: 'fail', error: down('extracta.unauthorized') });
    await putSome(world, 1);
    await world.deliver();
    await world.clock.advance(10 * SECOND);
    await putSome(world, 3);
    const probe = await world.start({ max: 1, holds: 'before extracta.upload' });
    await probe.held;
    expect(breaker(world)).toMatchObject({ state: 'paused', probeToken: expect.any(String) });
    for (let n = 0; n < 2; n += 1) {
      const [outcome] = await world.outcomes({ max: 1, container: new ContainerMemory() });
      expect(outcome).toMatchObject({ kind: 'deferred', code: 'line.paused' });
    }
    probe.release();
    await world.clock.drive(probe.ended);
    expect(breaker(world)).toMatchObject({ state: 'closed', strikes: 0, pauses: 0 });
    expect(world.journal.named('breaker.closed')).toHaveLength(1);
    await world.deliverUntilQuiet();
    expect(world.ledger.documents().every(({ state }) => state === 'uploaded')).toBe(true);
  });

  test('two who find the pause over at once: one probes, the other is held back', async () => {
    const world = memoryWorld();
    world.extracta.planUpload({ kind: 'fail', error: down('extracta.unauthorized') });
    await putSome(world, 1);
    await world.deliver();
    await world.clock.advance(10 * SECOND);
    await putSome(world, 2);
    const takesProbe = { at: 'before ledger.write', of: isBreaker } as const;
    const slow = await world.start({ max: 1, holds: takesProbe, container: new ContainerMemory() });
    await slow.held;
    const quick = await world.start({
      max: 1,
      holds: 'before extracta.upload',
      container: new ContainerMemory(),
    });
    await quick.held;
    slow.release();
    const verdicts = await world.clock.drive(slow.ended);
    expect(verdicts).toMatchObject([{ outcomes: [{ code: 'line.paused' }] }]);
    quick.release();
    await world.clock.drive(quick.ended);
    expect(breaker(world)).toMatchObject({ state: 'closed' });
  });

  test('one who is late to probe a line that has just been closed goes through', async () => {
    const world = memoryWorld();
    world.extracta.planUpload({ kind: 'fail', error: down('extracta.unauthorized') });
    await putSome(world, 1);
    await world.deliver();
    await world.clock.advance(10 * SECOND);
    await putSome(world, 2);
    const takesProbe = { at: 'before ledger.write', of: isBreaker } as const;
    const slow = await world.start({ max: 1, holds: takesProbe, container: new ContainerMemory() });
    await slow.held;
    await world.deliver({ max: 1, container: new ContainerMemory() });
    expect(breaker(world)).toMatchObject({ state: 'closed' });
    slow.release();
    expect(await world.clock.drive(slow.ended)).toMatchObject([{ outcomes: [{ kind: 'uploaded' }] }]);
  });

  test('a probe that fails lengthens the pause: 5 s, 30 s, 2, 5, 15, 15 minutes', async () => {
    const world = memoryWorld();
    world.twists.add({ at: 'before extracta.upload', times: 99, does: down('extracta.unauthorized') });
    await putSome(world, 1);
    const pauses: number[] = [];
    while (pauses.length < 6) {
      await world.untilNextMessage();
      await world.deliver();
      pauses.push(((breaker(world)?.pausedUntilMs ?? 0) - world.clock.nowMs()) / SECOND);
    }
    [5, 30, 120, 300, 900, 900].forEach((planned, at) => {
      expect(pauses[at]).toBeGreaterThanOrEqual(planned);
      expect(pauses[at]).toBeLessThan(planned * 1.25);
    });
  });

  test('a probe that ends without speaking to Extracta leaves the line to the next one', async () => {
    const world = memoryWorld();
    world.extracta.planUpload({ kind: 'fail', error: down('extracta.unauthorized') });
    await putSome(world, 1);
    await world.deliver();
    await world.clock.advance(10 * SECOND);
    world.twists.add({ at: 'before source.open', does: down('document.throttled' as FailureCode) });
    await world.deliver();
    expect(breaker(world)).toMatchObject({ state: 'paused' });
    expect(breaker(world)).not.toHaveProperty('probeToken');
    await world.deliverUntilQuiet();
    expect(breaker(world)).toMatchObject({ state: 'closed' });
  });

  test('is not closed by a look, asked or remembered: results may be answered while uploads are not', async () => {
    const world = memoryWorld();
    await world.put('in/opener.pdf');
    await world.deliver();
    for (const name of ['a', 'b']) {
      world.extracta.planUpload({ kind: 'lose-answer', kept: true });
      await world.put(`in/${name}.pdf`);
      await world.deliver({ max: 1 });
    }
    world.extracta.planUpload({ kind: 'fail', error: down('extracta.unauthorized') });
    await world.put('elsewhere/c.pdf');
    await world.deliver({ max: 1, only: ({ body }) => body.includes('elsewhere') });
    await world.clock.advance(8 * SECOND);
    for (let n = 0; n < 2; n += 1) {
      const only = ({ body }: { body: string }) => !body.includes('elsewhere') && !body.includes('look');
      expect(await world.outcomes({ max: 1, only })).toMatchObject([{ kind: 'uploaded' }]);
      expect(breaker(world)).toMatchObject({ state: 'paused', pauses: 1 });
      expect(breaker(world)).not.toHaveProperty('probeToken');
    }
    await world.deliverUntilQuiet();
    expect(breaker(world)).toMatchObject({ state: 'closed' });
  });

  describe('a probe asks something harmless before it sends', () => {
    const atTheProbe = async () => {
      const world = memoryWorld();
      world.extracta.planUpload({ kind: 'fail', error: down('extracta.unauthorized') });
      await putSome(world, 1);
      await world.deliver();
      await world.clock.advance(10 * SECOND);
      return world;
    };
    const asks = 'before extracta.seesClassification';

    test.each([
      'extracta.unreachable',
      'extracta.unavailable',
      'extracta.unauthorized',
      'extracta.out-of-credits',
      'extracta.throttled',
      'extracta.reply-lost',
    ] as const)('%s: sends nothing, and the pause grows', async (code) => {
      const world = await atTheProbe();
      const sent = world.extracta.uploads.length;
      expect(await world.outcomes({ twists: [{ at: asks, does: down(code) }] })).toMatchObject([{ code }]);
      expect(world.extracta.uploads).toHaveLength(sent);
      expect(breaker(world)).toMatchObject({ state: 'paused', pauses: 2, because: code });
      expect(world.ledger.documents()[0]).toMatchObject({ state: 'waiting', attempts: 0 });
    });

    test.each(['extracta.rejected', 'extracta.reply-unreadable', 'internal.unexpected'] as const)(
      '%s: a server may not know the question: it is sent',
      async (code) => {
        const world = await atTheProbe();
        const twists = [{ at: asks, does: down(code) }] as const;
        expect(await world.outcomes({ twists })).toMatchObject([{ kind: 'uploaded' }]);
        expect(breaker(world)).toMatchObject({ state: 'closed' });
      },
    );

    test('a defect of ours in asking leaves the line to the next one', async () => {
      const world = await atTheProbe();
      const twists = [{ at: asks, does: new TypeError('a defect') }] as const;
      expect(await world.outcomes({ twists })).toMatchObject([{ code: 'internal.unexpected' }]);
      expect(breaker(world)).not.toHaveProperty('probeToken');
    });

    test('nobody but the probe asks', async () => {
      const world = memoryWorld();
      await putSome(world, 1);
      await world.deliver();
      expect(world.twists.steps.map(({ operation }) => operation)).not.toContain(
        'extracta.seesClassification',
      );
    });
  });

  test('a success that was begun before the pause does not end it', async () => {
    const world = memoryWorld();
    await putSome(world, 2);
    const early = await world.start({ max: 1, holds: 'before extracta.upload' });
    await early.held;
    const refused = { at: 'before extracta.upload', does: down('extracta.unauthorized') } as const;
    await world.deliver({ max: 1, container: new ContainerMemory(), twists: [refused] });
    const paused = breaker(world);
    early.release();
    expect(await world.clock.drive(early.ended)).toMatchObject([{ outcomes: [{ kind: 'uploaded' }] }]);
    expect(breaker(world)).toEqual(paused);
  });

  test('a failure that was begun before the pause costs no attempt and does not lengthen it', async () => {
    const world = memoryWorld();
    await world.put('in/opener.pdf');
    await world.deliver();
    const arrival = await world.put('in/a.pdf');
    const fails = { at: 'after extracta.upload', does: down('extracta.reply-lost') } as const;
    const early = await world.start({ max: 1, holds: 'before extracta.upload', twists: [fails] });
    await early.held;
    await putSome(world, 1);
    const refused = { at: 'before extracta.upload', does: down('extracta.unauthorized') } as const;
    await world.deliver({ max: 1, container: new ContainerMemory(), twists: [refused] });
    const paused = breaker(world);
    early.release();
    await world.clock.drive(early.ended);
    expect(breaker(world)).toEqual(paused);
    expect(world.document(arrival)).toMatchObject({ state: 'unknown', attempts: 0 });
  });

  test('is asked before the slot: a paused line touches none', async () => {
    const world = memoryWorld();
    world.extracta.planUpload({ kind: 'fail', error: down('extracta.unauthorized') });
    await putSome(world, 1);
    await world.deliver();
    await world.put('other/a.pdf');
    await world.deliver();
    expect(world.slots()).toHaveLength(1);
  });

  test('may be told to pause not at all: the next one probes', async () => {
    const world = memoryWorld({ waits: { breakerPausesMs: [] } });
    world.extracta.planUpload({ kind: 'fail', error: down('extracta.unauthorized') });
    await putSome(world, 2);
    expect(await world.outcomes({ max: 1 })).toMatchObject([{ code: 'extracta.unauthorized' }]);
    expect(await world.outcomes({ max: 1 })).toMatchObject([{ kind: 'uploaded' }]);
    expect(breaker(world)).toMatchObject({ state: 'closed' });
  });

  test('is read every three seconds a container, not for every document', async () => {
    const world = memoryWorld();
    await putSome(world, 8);
    const reads = () =>
      world.twists.steps.filter(
        ({ operation, subject }) => operation === 'ledger.read' && (subject as LedgerItem).kind === 'breaker',
      ).length;
    await deliverOneByOne(world, 4);
    expect(reads()).toBe(1);
    await world.clock.advance(3 * SECOND);
    await deliverOneByOne(world, 4);
    expect(reads()).toBe(2);
  });
});

describe('429', () => {
  test('pauses the whole line until Retry-After, and costs no attempt', async () => {
    const world = memoryWorld();
    const error = new UploaderError('extracta.throttled', 'too many', { retryAfterMs: 10 * MINUTE });
    world.extracta.planUpload({ kind: 'fail', error });
    await putSome(world, 3);
    await deliverOneByOne(world, 3);
    const startedAtMs = world.clock.nowMs();
    expect(breaker(world)?.pausedUntilMs).toBe(startedAtMs + 10 * MINUTE);
    await world.untilNextMessage();
    expect(world.clock.nowMs() - startedAtMs).toBeGreaterThanOrEqual(10 * MINUTE);
    await world.deliverUntilQuiet();
    const items = world.ledger.documents();
    expect(items.map(({ state, attempts }) => ({ state, attempts }))).toEqual(
      Array(3).fill({ state: 'uploaded', attempts: 1 }),
    );
  });
});

describe('a secret that can not be read', () => {
  test('pauses the line: a document that waits for it all day spends few receives', async () => {
    const world = memoryWorld();
    let isSet = false;
    const fail = () => {
      if (!isSet) throw down('secret.unavailable');
    };
    for (const verb of ['upload', 'seesClassification'])
      world.twists.add({ at: `before extracta.${verb}`, times: Number.POSITIVE_INFINITY, does: fail });
    const arrival = await world.put('in/a.pdf');
    await world.deliverUntilQuiet({ forMs: 8 * HOUR });
    expect(world.queue.messages()[0]?.receiveCount).toBeLessThan(60);
    isSet = true;
    await world.deliverUntilQuiet();
    expect(world.document(arrival)).toMatchObject({ state: 'uploaded', attempts: 1 });
  });
});

describe('a document whose answer is always lost, alone in the account', () => {
  test.each([
    ['no batch known', { by: 'object' as const }],
    ['opening one each time', { by: 'folder' as const }],
  ])('is sent as often as a document may be, and no more: %s', async (_, batch) => {
    const world = memoryWorld({ route: { batch } });
    const lost = { times: Number.POSITIVE_INFINITY, does: down('extracta.reply-lost') };
    world.twists.add({ at: 'after extracta.upload', ...lost });
    const arrival = await world.put('in/a.pdf');
    await world.deliverUntilQuiet();
    expect(world.filesOf(arrival)).toHaveLength(8);
    expect(world.document(arrival)).toMatchObject({
      state: 'parked',
      attempts: 8,
      lastFailure: { code: 'upload.attempts-exhausted' },
    });
  });
});

describe('an outage of a day', () => {
  const outage = async (world: World, during: readonly FailureCode[]) => {
    let isDown = true;
    let failed = 0;
    const fail = () => {
      if (!isDown) return;
      failed += 1;
      throw down(during[failed % during.length]);
    };
    for (const verb of ['upload', 'results', 'seesClassification'] as const)
      world.twists.add({ at: `before extracta.${verb}`, times: Number.POSITIVE_INFINITY, does: fail });
    await putSome(world, 12);
    await world.deliverUntilQuiet({ forMs: 24 * HOUR });
    const during24 = { attempts: world.ledger.documents().map(({ attempts }) => attempts), failed };
    isDown = false;
    await world.deliverUntilQuiet();
    return during24;
  };

  test.each([
    ['refused connections', ['extracta.no-connection'], 0],
    ['broken connections', ['extracta.unreachable'], 3],
    ['an error of its own', ['extracta.unavailable'], 3],
    ['a refused token', ['extracta.unauthorized'], 0],
    ['an empty account', ['extracta.out-of-credits'], 0],
  ] as const)(
    '%s: spends next to no attempt, fills no dead-letter queue, and all are uploaded after it',
    async (_, codes, most) => {
      const world = memoryWorld();
      const { attempts, failed } = await outage(world, codes);
      expect(attempts.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(most);
      // One probe a pause, and no more.
      expect(failed).toBeLessThan(3 + 24 * 4 + 6);
      expect(world.deadLetters.messages()).toEqual([]);
      const states = world.ledger.documents().map(({ state }: DocumentItem) => state);
      expect(states).toEqual(Array(12).fill('uploaded'));
      expect(world.extracta.held).toHaveLength(12);
    },
  );
});
