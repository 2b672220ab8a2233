import { setTimeout as delay } from 'node:timers/promises';
import {
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSEvent } from 'aws-lambda';
import { sqsRecord } from './pump-record.ts';
import { doneMessages } from './pump-response.ts';

export interface PumpOptions {
  /** Its answer timeout must exceed a long poll's 20 s. */
  readonly sqs: SQSClient;
  readonly queueUrl: string;
  readonly queueArn: string;
  readonly region: string;
  /** Messages in one delivery, 1 to 10. */
  readonly batchSize: number;
  /** How long a delivery that is not full is held open for more. 0: it goes at once. */
  readonly batchingWindowSeconds: number;
  /** Deliveries at once; while so many run, nothing is received. */
  readonly maxConcurrency: number;
  /** Rejects where the invocation failed. The signal aborts on `kill`. */
  invoke(event: SQSEvent, signal: AbortSignal): Promise<unknown>;
  /** What went wrong, in one line. */
  onLine(line: string): void;
  readonly nowMs?: () => number;
}

export interface Pump {
  /** Receives no more; resolves when the deliveries under way have ended. */
  stop(): Promise<void>;
  /** As `stop`, and aborts the deliveries under way: their messages stay in the queue. */
  kill(): Promise<void>;
}

/** The longest that SQS lets a receive wait. */
const LONG_POLL_SECONDS = 20;
/** Before a receive that failed is tried again; the SDK has tried a few times by then. */
const AFTER_FAILURE_MS = 1000;

/**
 * Brings a queue's messages to a function as Lambda's event-source mapping does with `ReportBatchItemFailures`: what
 * succeeded is deleted, what failed is left to its visibility.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
 */
export function startPump(options: PumpOptions): Pump {
  const stopping = new AbortController();
  const killing = new AbortController();
  const running = run(options, stopping.signal, killing.signal);
  const stop = () => {
    stopping.abort();
    return running;
  };
  const kill = () => {
    killing.abort();
    return stop();
  };
  return { stop, kill };
}

async function run(options: PumpOptions, stopping: AbortSignal, killing: AbortSignal): Promise<void> {
  const underWay = new Set<Promise<void>>();
  while (!stopping.aborted) {
    if (underWay.size >= options.maxConcurrency) {
      await Promise.race(underWay);
      continue;
    }
    const messages = await receiveDelivery(options, stopping);
    if (messages.length === 0) continue;
    const delivery = deliver(messages, options, killing).finally(() => underWay.delete(delivery));
    underWay.add(delivery);
  }
  await Promise.all(underWay);
}

/** Waits for a first message, then for more until the delivery is full or its window has passed. */
async function receiveDelivery(options: PumpOptions, stopping: AbortSignal): Promise<Message[]> {
  const nowMs = options.nowMs ?? Date.now;
  const messages = await receive(options, options.batchSize, LONG_POLL_SECONDS, stopping);
  const windowEndsMs = nowMs() + options.batchingWindowSeconds * 1000;
  while (messages.length > 0 && messages.length < options.batchSize && !stopping.aborted) {
    const seconds = Math.floor((windowEndsMs - nowMs()) / 1000);
    if (seconds < 1) break;
    const more = await receive(
      options,
      options.batchSize - messages.length,
      Math.min(seconds, LONG_POLL_SECONDS),
      stopping,
    );
    messages.push(...more);
  }
  return messages;
}

async function receive(options: PumpOptions, atMost: number, waitSeconds: number, stopping: AbortSignal) {
  const command = new ReceiveMessageCommand({
    QueueUrl: options.queueUrl,
    MaxNumberOfMessages: atMost,
    WaitTimeSeconds: waitSeconds,
    MessageSystemAttributeNames: ['All'],
    MessageAttributeNames: ['All'],
  });
  try {
    const { Messages = [] } = await options.sqs.send(command, { abortSignal: stopping });
    return Messages;
  } catch (error) {
    if (stopping.aborted) return [];
    options.onLine(`The queue could not be read: ${String(error)}`);
    await delay(AFTER_FAILURE_MS, undefined, { signal: stopping }).catch(() => undefined);
    return [];
  }
}

/** Never rejects. */
async function deliver(
  messages: readonly Message[],
  options: PumpOptions,
  killing: AbortSignal,
): Promise<void> {
  const Records = messages.map((message) => sqsRecord(message, options.queueArn, options.region));
  const ids = Records.map(({ messageId }) => messageId);
  try {
    const done = new Set(doneMessages(await options.invoke({ Records }, killing), ids));
    await forget(
      messages.filter(({ MessageId = '' }) => done.has(MessageId)),
      options,
    );
  } catch (error) {
    // Whoever kills it knows.
    if (!killing.aborted)
      options.onLine(`A delivery of ${messages.length} failed, and stays in the queue: ${String(error)}`);
  }
}

async function forget(messages: readonly Message[], options: PumpOptions): Promise<void> {
  if (messages.length === 0) return;
  const Entries = messages.map(({ ReceiptHandle }, at) => ({ Id: String(at), ReceiptHandle }));
  const { Failed = [] } = await options.sqs.send(
    new DeleteMessageBatchCommand({ QueueUrl: options.queueUrl, Entries }),
  );
  for (const { Message, Code } of Failed)
    options.onLine(`A message could not be deleted: ${Code} ${Message ?? ''}`);
}
