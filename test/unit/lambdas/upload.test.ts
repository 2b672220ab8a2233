import { setTimeout as timer } from 'node:timers/promises';
import type { Context, SQSEvent } from 'aws-lambda';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Composition } from '../../../lambdas/compose.ts';
import { createHandler, type HandleMessage } from '../../../lambdas/upload.ts';
import { createJournal, type Telemetry } from '../../../lib/aws/journal.ts';
import { UploaderError } from '../../../lib/pipeline/failures.ts';
import type { DeliveredMessage, Verdict } from '../../../lib/pipeline/handle-message.ts';
import type { Visit } from '../../../lib/pipeline/visit.ts';
import { caughtOutput } from '../../support/leaks/caught-output.ts';

const ACKNOWLEDGE: Verdict = { kind: 'acknowledge', outcomes: [] };
const keep = (visibleInMs: number): Verdict => ({ kind: 'keep', visibleInMs, outcomes: [] });

let lines: Record<string, unknown>[];

beforeEach(() => {
  lines = [];
  caughtOutput((text) => {
    for (const line of text.trim().split('\n')) lines.push(JSON.parse(line));
  });
});

afterEach(() => {
  vi.restoreAllMocks();
});

/** A container whose clock moves only when the test says so. */
function container(options: { recordConcurrency?: number; refusesVisibility?: boolean } = {}) {
  let nowMs = 1_000_000;
  const sleepers = new Set<() => void>();
  const visible: { receiptHandle: string; visibleInMs: number }[] = [];
  const visibilitySet = Promise.withResolvers<void>();
  const clock = {
    nowMs: () => nowMs,
    sleep: (ms: number, signal: AbortSignal) =>
      new Promise<void>((resolve) => {
        const wakesAtMs = nowMs + ms;
        sleepers.add(() => nowMs >= wakesAtMs && resolve());
        signal.addEventListener('abort', () => resolve());
      }),
  };
  const compose = vi.fn(
    async (telemetry: Telemetry) =>
      ({
        ports: { clock, journal: createJournal(telemetry, () => []) },
        settings: { waits: { sendFloorMs: 5_000, backoffFirstMs: 5_000 } },
        memory: {},
        recordConcurrency: options.recordConcurrency ?? 10,
        makeVisible: async (receiptHandle: string, visibleInMs: number) => {
          visible.push({ receiptHandle, visibleInMs });
          visibilitySet.resolve();
          return options.refusesVisibility ? new UploaderError('queue.unavailable', 'no') : undefined;
        },
      }) as unknown as Composition,
  );
  const pass = (ms: number) => {
    nowMs += ms;
    for (const wake of sleepers) wake();
  };
  return { compose, visible, visibilitySet: visibilitySet.promise, pass };
}

const delivery = (...names: string[]) =>
  ({
    Records: names.map((name) => ({
      messageId: name,
      receiptHandle: `handle of ${name}`,
      body: `body of ${name}`,
      attributes: {
        SentTimestamp: '1700000000000',
        ApproximateFirstReceiveTimestamp: '1700000001000',
        ApproximateReceiveCount: '3',
      },
    })),
  }) as unknown as SQSEvent;

const within = (remainingMs: number) =>
  ({ awsRequestId: 'r-1', getRemainingTimeInMillis: () => remainingMs }) as unknown as Context;

const FIVE_MINUTES = within(300_000);
const failures = (...names: string[]) => ({
  batchItemFailures: names.map((itemIdentifier) => ({ itemIdentifier })),
});
const events = () => lines.map(({ event }) => event);

test('each record becomes one message, with its times and counts as numbers', async () => {
  const seen: DeliveredMessage[] = [];
  const handler = createHandler(container().compose, async (message) => {
    seen.push(message);
    return ACKNOWLEDGE;
  });
  await handler(delivery('a', 'b'), FIVE_MINUTES);
  expect(seen).toEqual(
    ['a', 'b'].map((name) => ({
      messageId: name,
      body: `body of ${name}`,
      sentAtMs: 1_700_000_000_000,
      firstReceivedAtMs: 1_700_000_001_000,
      receiveCount: 3,
    })),
  );
});

test('what is kept is answered as a failure, by its position, and only it is made visible again', async () => {
  const { compose, visible } = container();
  const verdicts: Record<string, Verdict> = { a: keep(5), b: ACKNOWLEDGE, c: keep(7) };
  const handler = createHandler(compose, async ({ messageId }) => verdicts[messageId] ?? ACKNOWLEDGE);
  expect(await handler(delivery('a', 'b', 'c'), FIVE_MINUTES)).toEqual(failures('a', 'c'));
  expect(visible).toEqual([
    { receiptHandle: 'handle of a', visibleInMs: 5 },
    { receiptHandle: 'handle of c', visibleInMs: 7 },
  ]);
});

test('a kept message is made visible at once, not when the slowest of its delivery is done', async () => {
  const { compose, visibilitySet } = container();
  const handler = createHandler(compose, async ({ messageId }) => {
    if (messageId === 'kept') return keep(5);
    await visibilitySet;
    return ACKNOWLEDGE;
  });
  expect(await handler(delivery('slow', 'kept'), FIVE_MINUTES)).toEqual(failures('kept'));
});

test('a throw of ours keeps its own message and no other, and is logged', async () => {
  const handler = createHandler(container().compose, async ({ messageId }) => {
    if (messageId === 'b') throw new TypeError('a defect');
    return ACKNOWLEDGE;
  });
  expect(await handler(delivery('a', 'b', 'c'), FIVE_MINUTES)).toEqual(failures('b'));
  expect(lines).toContainEqual(
    expect.objectContaining({
      level: 'ERROR',
      event: 'record.failed',
      messageId: 'b',
      error: { name: 'TypeError', message: 'a defect' },
    }),
  );
});

test('where the visibility can’t be set the message is kept all the same, and it is logged', async () => {
  const handler = createHandler(container({ refusesVisibility: true }).compose, async () => keep(5));
  expect(await handler(delivery('a'), FIVE_MINUTES)).toEqual(failures('a'));
  expect(lines).toContainEqual(
    expect.objectContaining({
      event: 'visibility.refused',
      messageId: 'a',
      error: { name: 'UploaderError', code: 'queue.unavailable', message: 'no' },
    }),
  );
});

/** A handling that holds every message until the test lets it go. */
function held() {
  const started: string[] = [];
  const visits: Visit[] = [];
  const doors = new Map<string, () => void>();
  const startings = new Map<string, PromiseWithResolvers<void>>();
  const starting = (name: string) => {
    const known = startings.get(name) ?? Promise.withResolvers<void>();
    startings.set(name, known);
    return known;
  };
  const handle: HandleMessage = async ({ messageId }, visit) => {
    started.push(messageId);
    visits.push(visit);
    const door = Promise.withResolvers<void>();
    doors.set(messageId, door.resolve);
    starting(messageId).resolve();
    await door.promise;
    return ACKNOWLEDGE;
  };
  return {
    handle,
    started,
    visits,
    startOf: (name: string) => starting(name).promise,
    release: (name: string) => doors.get(name)?.(),
  };
}

test('records beyond the cap wait for their turn, and each has it', async () => {
  const { compose } = container({ recordConcurrency: 2 });
  const { handle, started, startOf, release } = held();
  const answer = createHandler(compose, handle)(delivery('a', 'b', 'c', 'd'), FIVE_MINUTES);
  await startOf('b');
  expect(started).toEqual(['a', 'b']);
  release('b');
  await startOf('c');
  expect(started).toEqual(['a', 'b', 'c']);
  release('a');
  await startOf('d');
  release('c');
  release('d');
  expect(await answer).toEqual(failures());
});

test('a record whose turn comes too late to be sent is handled by a visit that begins nothing', async () => {
  const { compose, pass } = container({ recordConcurrency: 1 });
  const { handle, visits, startOf, release } = held();
  const answer = createHandler(compose, handle)(delivery('a', 'b'), FIVE_MINUTES);
  await startOf('a');
  // 300 s less 10 s to close, less 5 s that a send needs at the least.
  pass(285_001);
  release('a');
  await startOf('b');
  expect(visits.map(({ signal }) => signal.aborted)).toEqual([false, true]);
  release('b');
  expect(await answer).toEqual(failures());
  expect(events()).toContain('record.postponed');
});

test.each([
  { remainingMs: 300_000, closingMs: 10_000 },
  { remainingMs: 60_000, closingMs: 6_000 },
])('with $remainingMs ms left the signal aborts $closingMs ms before the deadline', async (given) => {
  const { compose, pass } = container();
  const { handle, visits, startOf, release } = held();
  const answer = createHandler(compose, handle)(delivery('a'), within(given.remainingMs));
  await startOf('a');
  const [visit] = visits;
  expect(visit?.deadlineMs).toBe(1_000_000 + given.remainingMs);
  pass(given.remainingMs - given.closingMs - 1);
  await Promise.resolve();
  expect(visit?.signal.aborted).toBe(false);
  const aborted = new Promise((resolve) => visit?.signal.addEventListener('abort', resolve));
  pass(1);
  await aborted;
  release('a');
  await answer;
});

test('the time left is read when it is used: what a cold start took of it is not counted twice', async () => {
  const { compose, pass } = container();
  const endsAtMs = 1_300_000;
  const { handle, visits, startOf, release } = held();
  let leftMs = 300_000;
  const context = { awsRequestId: 'r-1', getRemainingTimeInMillis: () => leftMs } as unknown as Context;
  const slow = async (telemetry: Telemetry) => {
    pass(20_000);
    leftMs -= 20_000;
    return compose(telemetry);
  };
  const answer = createHandler(slow, handle)(delivery('a'), context);
  await startOf('a');
  expect(visits[0]?.deadlineMs).toBe(endsAtMs);
  release('a');
  await answer;
});

test('an invocation that is done aborts nothing', async () => {
  const { compose, pass } = container();
  let signal: AbortSignal | undefined;
  const handler = createHandler(compose, async (_, visit) => {
    signal = visit.signal;
    return ACKNOWLEDGE;
  });
  await handler(delivery('a'), FIVE_MINUTES);
  pass(300_000);
  await Promise.resolve();
  expect(signal?.aborted).toBe(false);
});

test('V11: no answer is given while a message is still handled, however little time is left', async () => {
  const { handle, startOf, release } = held();
  let answered = false;
  const { compose } = container();
  const impatient = async (telemetry: Telemetry) => {
    const composition = await compose(telemetry);
    return { ...composition, settings: { waits: { sendFloorMs: 0 } } } as unknown as Composition;
  };
  const answer = createHandler(impatient, handle)(delivery('a'), within(5)).finally(() => {
    answered = true;
  });
  await startOf('a');
  // Timers of one length fire in the order of their making: an early timeout of the shell would be before this one.
  await timer(1);
  expect(answered).toBe(false);
  release('a');
  expect(await answer).toEqual(failures());
});

test('a container is composed once; what cannot be composed fails its invocation with its reason', async () => {
  const { compose } = container();
  compose.mockRejectedValueOnce(new Error('UPLOADER_TABLE_NAME is missing'));
  const handler = createHandler(compose, async () => ACKNOWLEDGE);
  await expect(handler(delivery('a'), FIVE_MINUTES)).rejects.toThrow('UPLOADER_TABLE_NAME is missing');
  expect(await handler(delivery('a'), FIVE_MINUTES)).toEqual(failures());
  expect(await handler(delivery('b'), FIVE_MINUTES)).toEqual(failures());
  expect(compose).toHaveBeenCalledTimes(2);
});

test('every invocation ends with its counts, under its request’s id, and with its metrics', async () => {
  const handler = createHandler(container().compose, async ({ messageId }) =>
    messageId === 'a' ? keep(5) : ACKNOWLEDGE,
  );
  await handler(delivery('a', 'b', 'c'), FIVE_MINUTES);
  expect(lines.at(-2)).toMatchObject({
    event: 'delivery.answered',
    acknowledged: 2,
    kept: 1,
    function_request_id: 'r-1',
  });
  expect(lines.at(-1)).toMatchObject({ RecordsAcknowledged: 2, RecordsKept: 1 });
});
