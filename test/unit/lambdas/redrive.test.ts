import type { Context } from 'aws-lambda';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { RedriveComposition } from '../../../lambdas/compose-redrive.ts';
import { createRedriveHandler } from '../../../lambdas/redrive.ts';
import { createJournal, type Telemetry } from '../../../lib/aws/journal.ts';
import type { DeadLetters } from '../../../lib/pipeline/ports.ts';
import { DEFAULT_WAITS } from '../../../lib/pipeline/settings.ts';
import { caughtOutput } from '../../support/leaks/caught-output.ts';
import { seededChance } from '../../support/memory/chance.ts';
import { virtualClock } from '../../support/memory/clock.ts';
import { memoryDeadLetters } from '../../support/memory/dead-letters.ts';
import { memoryLedger, memoryLedgerQueries } from '../../support/memory/ledger.ts';
import { memoryQueue } from '../../support/memory/queue.ts';

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

/** A container over memory queues. */
function container(instead: Partial<DeadLetters> = {}, onlyCounts = false) {
  const clock = virtualClock();
  const queue = memoryQueue({ clock });
  const letters = memoryQueue({ clock, name: 'dead-letters' });
  const ledger = memoryLedger();
  const compose = vi.fn(
    async (telemetry: Telemetry): Promise<RedriveComposition> => ({
      ports: {
        clock,
        chance: seededChance(1),
        ledger,
        documents: memoryLedgerQueries(ledger),
        deadLetters: { ...memoryDeadLetters({ queue, deadLetters: letters }), ...instead },
        journal: createJournal(telemetry, () => []),
      },
      settings: {
        waits: { ...DEFAULT_WAITS, redriveGapsMs: [0], redrivePaceMs: 0 },
        onUnknownOutcome: 'send-again',
      },
      onlyCounts,
    }),
  );
  return { clock, queue, letters, compose };
}

const within = (remainingMs: number) =>
  ({ awsRequestId: 'r-1', getRemainingTimeInMillis: () => remainingMs }) as unknown as Context;

test('an invocation answers with what it did, and logs and measures it, under its request’s id', async () => {
  const { clock, queue, letters, compose } = container();
  const handler = createRedriveHandler(compose);
  await letters.send('{"Event":"s3:TestEvent"}');
  await letters.send('no JSON');
  const did = { read: 2, sentBack: 1, fromLedger: 0, refused: 0, removed: 1, left: 1, parked: 0, overdue: 0 };
  expect(await clock.drive(handler({}, within(120_000)))).toEqual(did);
  expect(queue.messages()).toHaveLength(1);
  expect(lines).toContainEqual(
    expect.objectContaining({ event: 'redrive.ended', function_request_id: 'r-1', ...did }),
  );
  expect(lines.at(-1)).toMatchObject({
    DeadLettersRedriven: 1,
    DocumentsParkedNow: 0,
    OutcomesOverdueNow: 0,
  });
});

test('a function that only counts speaks to no queue, and measures what it counted', async () => {
  const receive = vi.fn(async () => []);
  const { clock, letters, compose } = container({ receive }, true);
  await letters.send('{"Event":"s3:TestEvent"}');
  expect(await clock.drive(createRedriveHandler(compose)({}, within(120_000)))).toMatchObject({ read: 0 });
  expect(receive).not.toHaveBeenCalled();
  expect(lines.at(-1)).toMatchObject({ DocumentsParkedNow: 0, OutcomesOverdueNow: 0 });
});

test('letters are hidden until the invocation’s end, and the signal leaves time to give them back', async () => {
  const timeouts = vi.spyOn(AbortSignal, 'timeout');
  const seen: number[] = [];
  const receive = async (hiddenMs: number) => {
    seen.push(hiddenMs);
    return [];
  };
  const { clock, compose } = container({ receive });
  await clock.drive(createRedriveHandler(compose)({}, within(120_000)));
  expect(seen).toEqual([120_000]);
  expect(timeouts).toHaveBeenCalledExactlyOnceWith(110_000);
});

test('a failure fails the invocation, and the next one is not composed anew', async () => {
  const receive = vi.fn(async () => []).mockRejectedValueOnce(new Error('the queue is gone'));
  const { clock, compose } = container({ receive });
  const handler = createRedriveHandler(compose);
  await expect(clock.drive(handler({}, within(120_000)))).rejects.toThrow('the queue is gone');
  expect(await clock.drive(handler({}, within(120_000)))).toMatchObject({ read: 0 });
  expect(compose).toHaveBeenCalledTimes(1);
});
