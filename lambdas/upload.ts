import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { type DeliveredMessage, handleMessage, type Verdict } from '../lib/pipeline/handle-message.ts';
import type { Clock, Journal } from '../lib/pipeline/ports.ts';
import type { Visit } from '../lib/pipeline/visit.ts';
import { type Compose, type Composition, composeFromEnvironment } from './compose.ts';
import { closingMs, type Handler, shell } from './shell.ts';

export type HandleMessage = (message: DeliveredMessage, visit: Visit) => Promise<Verdict>;
export type UploadHandler = Handler<SQSEvent, SQSBatchResponse>;

/** The function's handler. Nothing but a `compose` that throws fails a whole delivery. */
export function createHandler(compose: Compose, handle: HandleMessage = handleMessage): UploadHandler {
  return shell(compose, (event: SQSEvent, composition, remainingMs) =>
    answerDelivery(event.Records, remainingMs, composition, handle),
  );
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
  const verdictOn = (record: SQSRecord) =>
    handle(delivered(record), ports.clock.nowMs() > lastStartMs ? postponing(record, visit) : visit);
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
  const abortsInMs = remainingMs - closingMs(remainingMs);
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

const CLOSED = AbortSignal.abort();

/**
 * For a record that waited behind others for so long that the time left could not finish a send: a visit that is over.
 * The pipeline begins nothing in it, and defers what it would have begun as it defers everything.
 */
function postponing({ messageId }: SQSRecord, visit: Visit): Visit {
  visit.ports.journal.record('record.postponed', { messageId });
  return { ...visit, signal: CLOSED };
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
