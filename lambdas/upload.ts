import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import middy from '@middy/core';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { createTelemetry } from '../lib/aws/journal.ts';
import { type DeliveredMessage, handleMessage, type Verdict } from '../lib/pipeline/handle-message.ts';
import type { Clock, Journal } from '../lib/pipeline/ports.ts';
import type { Visit } from '../lib/pipeline/visit.ts';
import { type Compose, type Composition, composeFromEnvironment } from './compose.ts';

export type HandleMessage = (message: DeliveredMessage, visit: Visit) => Promise<Verdict>;
export type UploadHandler = (event: SQSEvent, context: Context) => Promise<SQSBatchResponse>;

/** What must be left when the signal aborts: to close what is open, and to write down what is known. */
const CLOSING_MS = 10_000;
/** A function with a short timeout gives less: a tenth of what it has. */
const CLOSING_SHARE = 0.1;

/**
 * The function's handler. `compose` is called once, at the first invocation; if it throws, the invocation fails with
 * its error and the next one tries again. Nothing else fails a whole delivery.
 */
export function createHandler(compose: Compose, handle: HandleMessage = handleMessage): UploadHandler {
  const telemetry = createTelemetry();
  let composing: Promise<Composition> | undefined;
  const composedOnce = () => {
    composing ??= compose(telemetry).catch((error) => {
      composing = undefined;
      throw error;
    });
    return composing;
  };
  const answer = async (event: SQSEvent, context: Context) => {
    const composition = await composedOnce();
    // Read last: what a cold start took is gone, and the deadline is counted from now.
    return answerDelivery(event.Records, context.getRemainingTimeInMillis(), composition, handle);
  };
  // middy's early timeout answers for a handler that is still at work: a thawed sandbox would go on sending. [V11]
  return middy(answer, { timeoutEarlyInMillis: 0 })
    .use(injectLambdaContext(telemetry.logger))
    .use(logMetrics(telemetry.metrics));
}

export const handler = createHandler(composeFromEnvironment);

async function answerDelivery(
  records: readonly SQSRecord[],
  remainingMs: number,
  composition: Composition,
  handle: HandleMessage,
): Promise<SQSBatchResponse> {
  const { ports, settings, memory, recordConcurrency } = composition;
  const time = invocationTime(ports.clock, remainingMs);
  const visit: Visit = { ports, settings, memory, deadlineMs: time.deadlineMs, signal: time.signal };
  const lastStartMs = time.abortsAtMs - settings.waits.sendFloorMs;
  const inTurn = limiter(recordConcurrency);
  const verdictOn = async (record: SQSRecord) =>
    ports.clock.nowMs() > lastStartMs ? tooLate(record, composition) : handle(delivered(record), visit);
  const answers = await Promise.allSettled(
    records.map((record) => inTurn(async () => isKept(record, await verdictOn(record), composition))),
  );
  time.end();
  return answered(records, answers, ports.journal);
}

interface InvocationTime {
  readonly deadlineMs: number;
  readonly abortsAtMs: number;
  readonly signal: AbortSignal;
  end(): void;
}

function invocationTime(clock: Clock, remainingMs: number): InvocationTime {
  const startedAtMs = clock.nowMs();
  const abortsInMs = remainingMs - Math.min(CLOSING_MS, remainingMs * CLOSING_SHARE);
  const closing = new AbortController();
  const ended = new AbortController();
  void clock.sleep(abortsInMs, ended.signal).then(() => ended.signal.aborted || closing.abort());
  return {
    deadlineMs: startedAtMs + remainingMs,
    abortsAtMs: startedAtMs + abortsInMs,
    signal: closing.signal,
    end: () => ended.abort(),
  };
}

/** Runs at most `cap` pieces of work at once; the others wait, first come, first served. */
function limiter(cap: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let free = cap;
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((begin) => waiting.push(begin));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}

function delivered({ messageId, body, attributes }: SQSRecord): DeliveredMessage {
  return {
    messageId,
    body,
    sentAtMs: Number(attributes.SentTimestamp),
    firstReceivedAtMs: Number(attributes.ApproximateFirstReceiveTimestamp),
    receiveCount: Number(attributes.ApproximateReceiveCount),
  };
}

/**
 * A record that waited behind others for so long that the time left could not finish a send. Its message stays, nothing
 * more: its documents' trace in the ledger, and a copy where it is old, follow at its next visit.
 */
function tooLate({ messageId }: SQSRecord, { ports, settings }: Composition): Verdict {
  ports.journal.record('record.postponed', { messageId });
  return { kind: 'keep', visibleInMs: settings.waits.backoffFirstMs, outcomes: [] };
}

/** Whether the message stays in the queue. If its visibility can't be set, the queue's own one stands. */
async function isKept(record: SQSRecord, verdict: Verdict, composition: Composition): Promise<boolean> {
  if (verdict.kind === 'acknowledge') return false;
  const { messageId, receiptHandle } = record;
  const error = await composition.makeVisible(receiptHandle, verdict.visibleInMs);
  if (error !== undefined) composition.ports.journal.record('visibility.refused', { messageId, error });
  return true;
}

/** By position: kept is what its verdict kept, and whatever ended in a throw of ours. */
function answered(
  records: readonly SQSRecord[],
  answers: readonly PromiseSettledResult<boolean>[],
  journal: Journal,
): SQSBatchResponse {
  const kept = records.filter(({ messageId }, at) => {
    const answer = answers[at];
    if (answer?.status === 'fulfilled') return answer.value;
    journal.record('record.failed', { messageId, error: answer?.reason });
    return true;
  });
  journal.record('delivery.answered', { acknowledged: records.length - kept.length, kept: kept.length });
  return { batchItemFailures: kept.map(({ messageId }) => ({ itemIdentifier: messageId })) };
}
