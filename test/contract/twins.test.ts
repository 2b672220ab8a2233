import { describe, expect, test } from 'vitest';
import { UploaderError } from '../../lib/pipeline/failures.ts';
import { seededChance } from '../support/memory/chance.ts';
import { virtualClock } from '../support/memory/clock.ts';
import { scriptedInterference } from '../support/memory/interference.ts';
import { recordingJournal } from '../support/memory/journal.ts';
import { memoryLedger } from '../support/memory/ledger.ts';
import { memoryOutbox } from '../support/memory/outbox.ts';
import { memoryQueue } from '../support/memory/queue.ts';
import { memorySource } from '../support/memory/source.ts';
import { documentItem, keyOf } from './ledger-scene.ts';

const never = new AbortController().signal;
const HOUR = 3_600_000;

describe('the virtual clock', () => {
  test('wakes sleepers at their own moments, in order, as time is moved', async () => {
    const clock = virtualClock(0);
    const woken: string[] = [];
    const sleeper = async (name: string, ms: number) => {
      await clock.sleep(ms, never);
      woken.push(`${name} at ${clock.nowMs()}`);
    };
    const both = Promise.all([sleeper('late', 200), sleeper('early', 100)]);
    await clock.advance(99);
    expect(woken).toEqual([]);
    expect(clock.nextWakeAtMs()).toBe(100);
    await clock.advance(HOUR);
    await both;
    expect(woken).toEqual(['early at 100', 'late at 200']);
    expect(clock.nowMs()).toBe(99 + HOUR);
  });

  test('an aborted sleeper wakes at once, and time has not moved', async () => {
    const clock = virtualClock(0);
    const aborter = new AbortController();
    const sleeping = clock.sleep(HOUR, aborter.signal);
    aborter.abort();
    await sleeping;
    await clock.sleep(HOUR, AbortSignal.abort());
    expect([clock.nowMs(), clock.nextWakeAtMs()]).toEqual([0, undefined]);
  });

  test('drives work from sleep to sleep until it is done, and says when it is stuck', async () => {
    const clock = virtualClock(0);
    const work = async () => {
      for (let n = 0; n < 3; n++) await clock.sleep(HOUR, never);
      return clock.nowMs();
    };
    expect(await clock.drive(work())).toBe(3 * HOUR);
    await expect(clock.drive(new Promise(() => {}))).rejects.toThrow('stuck');
    await expect(clock.drive(Promise.reject(new Error('failed')))).rejects.toThrow('failed');
  });
});

test('one seed gives one run; every token is its own', () => {
  const run = (seed: number) => {
    const chance = seededChance(seed);
    return Array.from({ length: 100 }, () => [chance.token(), chance.fraction()] as const);
  };
  expect(run(1)).toEqual(run(1));
  expect(run(1)).not.toEqual(run(2));
  expect(new Set([...run(1), ...run(2)].map(([token]) => token)).size).toBe(200);
  const fractions = run(3).map(([, fraction]) => fraction);
  expect(fractions.every((fraction) => fraction >= 0 && fraction < 1)).toBe(true);
  expect(new Set(fractions).size).toBeGreaterThan(95);
});

test('the journal keeps what was recorded as it was at that moment', () => {
  const journal = recordingJournal();
  const fields = { attempts: [1] };
  journal.record('document.claimed', fields);
  fields.attempts.push(2);
  expect(journal.named('document.claimed')).toEqual([
    { event: 'document.claimed', fields: { attempts: [1] } },
  ]);
});

test('what a ledger holds cannot be changed from outside, nor by what was read from it', async () => {
  const ledger = memoryLedger();
  const sentTo = [{ classificationId: 'c', batchId: 'b' }];
  await ledger.write(documentItem('a', { sentTo }), undefined);
  sentTo.push({ classificationId: 'c', batchId: 'another' });
  const read = await ledger.read(keyOf(documentItem('a')));
  expect(read?.sentTo).toHaveLength(1);
  expect(() => Object.assign(read as object, { attempts: 9 })).toThrow(TypeError);
});

describe('interference', () => {
  test('before a write means that it was not applied; after it, that its answer was lost', async () => {
    const interference = scriptedInterference();
    const ledger = memoryLedger(interference);
    const item = documentItem('a');
    interference.failNext('ledger.write', new UploaderError('ledger.throttled', 'as told'));
    await expect(ledger.write(item, undefined)).rejects.toMatchObject({ code: 'ledger.throttled' });
    expect(ledger.items()).toEqual([]);
    interference.failNext('ledger.write', new UploaderError('ledger.unavailable', 'as told'), 'after');
    await expect(ledger.write(item, undefined)).rejects.toMatchObject({ code: 'ledger.unavailable' });
    expect(ledger.items()).toEqual([item]);
    expect(await ledger.write(item, undefined)).toEqual({ applied: true });
  });

  test('holds a step until it is released', async () => {
    const interference = scriptedInterference();
    const clock = virtualClock();
    const queue = memoryQueue({ clock });
    const outbox = memoryOutbox({ queue, deadLetters: memoryQueue({ clock }), interference });
    const hold = interference.holdNext('outbox.send');
    const sending = outbox.send('{}', 0);
    await hold.reached;
    expect(queue.messages()).toEqual([]);
    hold.release();
    await sending;
    expect(queue.messages()).toHaveLength(1);
  });
});

describe('the memory queue', () => {
  const clock = virtualClock(0);

  test('shows a received message again when its visibility ends, counted and with a new handle', async () => {
    const queue = memoryQueue({ clock, visibilityMs: HOUR });
    const sentAtMs = clock.nowMs();
    await queue.send('{}');
    const [first] = await queue.receive();
    expect(first).toMatchObject({ body: '{}', receiveCount: 1, sentAtMs, firstReceivedAtMs: sentAtMs });
    expect(await queue.receive()).toEqual([]);
    expect(queue.nextVisibleAtMs()).toBe(sentAtMs + HOUR);
    await clock.advance(HOUR);
    const [second] = await queue.receive();
    expect(second).toMatchObject({
      messageId: first?.messageId,
      receiveCount: 2,
      firstReceivedAtMs: sentAtMs,
    });
    await queue.acknowledge(first?.receiptHandle ?? '');
    expect(queue.messages()).toHaveLength(1);
    await queue.acknowledge(second?.receiptHandle ?? '');
    expect(queue.messages()).toEqual([]);
  });

  test('an older handle may delete all the same, where it is said so', async () => {
    const queue = memoryQueue({ clock, oldHandlesDelete: true });
    const messageId = await queue.send('{}');
    const [first] = await queue.receive();
    queue.expireVisibility(messageId);
    await queue.receive();
    await queue.acknowledge(first?.receiptHandle ?? '');
    expect(queue.messages()).toEqual([]);
  });

  test('visibility can be changed by the newest handle, while the message is out', async () => {
    const queue = memoryQueue({ clock });
    await queue.send('{}');
    const handle = (await queue.receive())[0]?.receiptHandle ?? '';
    await queue.changeVisibility(handle, 0);
    expect(queue.visible()).toHaveLength(1);
    await expect(queue.changeVisibility(handle, 0)).rejects.toThrow('MessageNotInflight');
  });

  test('moves what was received too often to its dead letters, its age kept', async () => {
    const deadLetters = memoryQueue({ clock, name: 'dead-letters' });
    const queue = memoryQueue({ clock, visibilityMs: HOUR, maxReceiveCount: 2, deadLetters });
    const sentAtMs = clock.nowMs();
    await queue.send('{}');
    for (let n = 0; n < 2; n++) {
      expect(await queue.receive()).toHaveLength(1);
      await clock.advance(HOUR);
    }
    expect(await queue.receive()).toEqual([]);
    expect(deadLetters.messages()).toMatchObject([{ body: '{}', sentAtMs, receiveCount: 2 }]);
  });

  test('forgets after 14 days', async () => {
    const queue = memoryQueue({ clock });
    await queue.send('{}');
    await clock.advance(14 * 24 * HOUR - 1);
    expect(queue.messages()).toHaveLength(1);
    await clock.advance(1);
    expect(queue.messages()).toEqual([]);
  });

  test('gives out what is picked, in the order in which it is picked', async () => {
    const queue = memoryQueue({ clock });
    for (const body of ['a', 'b', 'c']) await queue.send(body);
    const received = await queue.receive(2, (visible) => [...visible].reverse());
    expect(received.map(({ body }) => body)).toEqual(['c', 'b']);
  });
});

describe('the memory source', () => {
  const read = async (body: AsyncIterable<Buffer>, seen: (bytes: number) => void = () => {}) => {
    let bytes = 0;
    for await (const chunk of body) {
      bytes += chunk.length;
      seen(bytes);
    }
    return bytes;
  };

  test('breaks a body where it is told to', async () => {
    const source = memorySource({ clock: virtualClock(), chunkBytes: 100 });
    const arrival = source.put('inbox', 'a.pdf', Buffer.alloc(1_000));
    source.breakNextBody(250);
    let seen = 0;
    const broken = read((await source.open(arrival, never)).body, (bytes) => {
      seen = bytes;
    });
    await expect(broken).rejects.toMatchObject({ code: 'document.unavailable' });
    expect(seen).toBeLessThanOrEqual(250);
    expect(await read((await source.open(arrival, never)).body)).toBe(1_000);
  });

  test('stalls a body until it goes on', async () => {
    const source = memorySource({ clock: virtualClock(), chunkBytes: 100 });
    const arrival = source.put('inbox', 'a.pdf', Buffer.alloc(1_000));
    const stall = source.stallNextBody(250);
    const arrived = Promise.withResolvers<void>();
    const reading = read((await source.open(arrival, never)).body, (bytes) => {
      if (bytes === 250) arrived.resolve();
    });
    await arrived.promise;
    stall.goOn();
    expect(await reading).toBe(1_000);
  });

  test('a version that was deleted for good is gone', async () => {
    const source = memorySource({ clock: virtualClock() });
    const arrival = source.put('inbox', 'a.pdf', 'x');
    source.removeVersion(arrival);
    await expect(source.describe(arrival, never)).rejects.toMatchObject({ code: 'document.gone' });
    expect(source.bytesOf(arrival)).toBeUndefined();
  });
});
