import { expect, test } from 'vitest';
import type { OpenLine } from '../../../lib/operator/open-line.ts';
import { type RedriveOrder, redrive } from '../../../lib/operator/redrive.ts';
import { UploaderError } from '../../../lib/pipeline/failures.ts';
import type { Arrival } from '../../../lib/pipeline/model.ts';
import { memoryDeadLetters } from '../../support/memory/dead-letters.ts';
import { type Interference, noInterference, withInterference } from '../../support/memory/interference.ts';
import { memoryLedgerQueries } from '../../support/memory/ledger.ts';
import { memoryWorld, type World } from '../../support/memory/world.ts';

/** A person's redrive on the memory twins, killed wherever it can be. */

const rejected = new UploaderError('extracta.rejected', 'as told');
const COUNT = 3;

async function parkedDocuments(): Promise<{ world: World; arrivals: readonly Arrival[] }> {
  const world = memoryWorld();
  const arrivals: Arrival[] = [];
  for (let n = 1; n <= COUNT; n += 1) {
    world.extracta.planUpload({ kind: 'fail', error: rejected });
    arrivals.push(await world.put(`in/${n}.pdf`));
    await world.deliver();
  }
  return { world, arrivals };
}

function openOn(
  world: World,
  interference: Interference,
  interrupted = new AbortController().signal,
): OpenLine {
  const { queue, deadLetters, ledger } = world;
  const { clock, chance } = world.ports;
  const steps = <T>(operation: string, subject: unknown, work: () => Promise<T>) =>
    withInterference(interference, operation, subject, work);
  const watched = {
    ...ledger,
    read: ((key) => steps('ledger.read', key, () => ledger.read(key))) as typeof ledger.read,
    write: ((item, rev) => steps('ledger.write', item, () => ledger.write(item, rev))) as typeof ledger.write,
  };
  return {
    line: { title: 'twins', settings: world.settings },
    host: { clock, chance, interrupted },
    ledger: watched,
    queries: memoryLedgerQueries(ledger),
    deadLetters: memoryDeadLetters({ queue, deadLetters, interference }),
    progress: { show: () => {}, say: () => {}, clear: () => {} },
  } as unknown as OpenLine;
}

const run = (world: World, interference: Interference = noInterference, order: Partial<RedriveOrder> = {}) =>
  world.clock.drive(redrive(openOn(world, interference), { rate: 1000, ...order }));

/** The function takes up each message before the redrive has noted it, and its upload fails again. */
function failingAtOnce(world: World): Interference {
  return {
    before: async () => {},
    after: async ({ operation }) => {
      if (operation !== 'deadLetters.sendBackOne') return;
      world.extracta.planUpload({ kind: 'fail', error: rejected });
      await (await world.start()).ended;
    },
  };
}

/** Dies at the nth step, before or after its work: nothing of it goes on, not even what it would do on the way out. */
function deathAt(step: number, when: 'before' | 'after') {
  const died = Promise.withResolvers<'died'>();
  let at = 0;
  const die = () => {
    died.resolve('died');
    return new Promise<void>(() => {});
  };
  const interference: Interference = {
    before: async () => {
      at += 1;
      if (at > step || (at === step && when === 'before')) await die();
    },
    after: async () => {
      if (at >= step && when === 'after') await die();
    },
  };
  return { interference, died: died.promise, steps: () => at };
}

async function stepsOfARun(): Promise<number> {
  const { world } = await parkedDocuments();
  const never = deathAt(Number.POSITIVE_INFINITY, 'before');
  await run(world, never.interference);
  return never.steps();
}

test('sends back whatever the pipeline leaves to a person, and removes each letter', async () => {
  const { world, arrivals } = await parkedDocuments();
  expect(await run(world)).toMatchObject({ sentBack: COUNT, removed: COUNT, left: 0, refused: 0 });
  expect(world.deadLetters.messages()).toEqual([]);
  await world.deliverUntilQuiet();
  for (const arrival of arrivals)
    expect(world.document(arrival)).toMatchObject({ state: 'uploaded', redrives: 1 });
});

const steps = await stepsOfARun();
const deaths = Array.from({ length: steps }, (_, at) => [at + 1, 'before'] as const).concat(
  Array.from(
    { length: steps },
    (_, at) => [at + 1, 'after'] as const as unknown as readonly [number, 'before'],
  ),
);

test.each(deaths)(
  'killed at step %i, %s its work, nothing is lost and nothing is sent twice',
  async (step, when) => {
    const { world, arrivals } = await parkedDocuments();
    const death = deathAt(step, when);
    const ended = redrive(openOn(world, death.interference), { rate: 1000 });
    expect(await world.clock.drive(Promise.race([death.died, ended]))).toBe('died');
    // Letters that it held show themselves again.
    await world.clock.advance(20 * 60_000);
    await run(world);
    await world.deliverUntilQuiet();
    await run(world);
    expect(world.deadLetters.messages()).toEqual([]);
    for (const arrival of arrivals) {
      expect(world.document(arrival)).toMatchObject({ state: 'uploaded' });
      expect(world.filesOf(arrival)).toHaveLength(1);
    }
  },
);

test('a message that the queue does not confirm leaves its letter where it is, and is told', async () => {
  const { world } = await parkedDocuments();
  let sends = 0;
  const refusing: Interference = {
    before: async ({ operation }) => {
      if (operation !== 'deadLetters.sendBackOne') return;
      sends += 1;
      if (sends === 1) throw new UploaderError('queue.unavailable', 'SQS is elsewhere');
    },
    after: async () => {},
  };
  const report = await run(world, refusing);
  // The ledger knows it too, and is asked after the letters.
  expect(report).toMatchObject({
    sentBack: COUNT,
    fromLedger: 1,
    refused: 1,
    refusals: ['SQS is elsewhere'],
  });
  expect(world.deadLetters.visible()).toHaveLength(1);
  expect(await run(world)).toMatchObject({ sentBack: 0, removed: 1 });
});

test('a document that is being parked at this moment keeps its letter', async () => {
  const { world, arrivals } = await parkedDocuments();
  const item = world.document(arrivals[0] as Arrival);
  if (item?.parkId === undefined) throw new Error('not parked');
  const { parkId, ...rest } = item;
  world.ledger.store({ ...rest, state: 'uploading', claimToken: parkId, rev: 'parking' });
  expect(await run(world)).toMatchObject({ sentBack: COUNT - 1, removed: COUNT - 1, left: 1 });
  expect(world.deadLetters.visible()).toHaveLength(1);
});

test('a document that fails again while the redrive runs is sent back once: its new letter is for the next order', async () => {
  const { world, arrivals } = await parkedDocuments();
  expect(await run(world, failingAtOnce(world))).toMatchObject({
    sentBack: COUNT,
    fromLedger: 0,
    removed: COUNT,
    left: COUNT,
    cameAgain: COUNT,
  });
  for (const arrival of arrivals)
    expect(world.document(arrival)).toMatchObject({ state: 'parked', redrives: 1 });
  expect(world.deadLetters.visible()).toHaveLength(COUNT);
});

test('so is one whose letter is gone', async () => {
  const { world, arrivals } = await parkedDocuments();
  for (const { receiptHandle } of await world.deadLetters.receive(COUNT))
    await world.deadLetters.acknowledge(receiptHandle);
  expect(await run(world, failingAtOnce(world))).toMatchObject({ sentBack: COUNT, fromLedger: COUNT });
  for (const arrival of arrivals) expect(world.document(arrival)).toMatchObject({ redrives: 1 });
});

test('a reason that nothing is parked for is told beside those that there are', async () => {
  const { world } = await parkedDocuments();
  expect(await run(world, noInterference, { reason: 'rejected', olderThanMs: 60_000 })).toMatchObject({
    sentBack: 0,
    unmatched: {
      filters: '--reason=rejected --older-than=60s',
      parked: COUNT,
      reasons: ['extracta.rejected'],
    },
  });
  expect(await run(world)).not.toHaveProperty('unmatched');
});

test('--again sends what has a letter once, too', async () => {
  const { world } = await parkedDocuments();
  expect(await run(world, noInterference, { again: true })).toMatchObject({ sentBack: COUNT, fromLedger: 0 });
  expect(world.queue.messages()).toHaveLength(COUNT);
});

test('a message that SQS moves away once more while the redrive runs goes back once', async () => {
  const world = memoryWorld();
  await world.put('in/stray.pdf');
  const [event] = await world.queue.receive(1);
  const body = event?.body ?? '';
  await world.queue.acknowledge(event?.receiptHandle ?? '');
  await world.deadLetters.send(body);
  await world.clock.advance(1);
  const movedAgain: Interference = {
    before: async () => {},
    after: async ({ operation }) => {
      if (operation === 'deadLetters.removeOne') await world.deadLetters.send(body);
    },
  };
  expect(await run(world, movedAgain)).toMatchObject({ sentBack: 1, removed: 1, left: 1, cameAgain: 1 });
});

test('a document that parks when its stray message comes back is not sent by the same order', async () => {
  const world = memoryWorld();
  const arrival = await world.put('in/stray.pdf');
  const [event] = await world.queue.receive(1);
  await world.queue.acknowledge(event?.receiptHandle ?? '');
  await world.deadLetters.send(event?.body ?? '');
  expect(await run(world, failingAtOnce(world))).toMatchObject({ sentBack: 1, left: 1 });
  expect(world.document(arrival)).toMatchObject({ state: 'parked', redrives: 0 });
});
