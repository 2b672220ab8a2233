import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { Confirmation, DeadLetters, FoundLetter, ReturnedMessage } from '../pipeline/ports.ts';
import { deadLetterOf, redriveAttributes, redrivesOf } from './dead-letter-attributes.ts';
import { queueFailure } from './errors.ts';
import type { OutboxQueues } from './outbox.ts';
import { chunks, confirmed, type Entry, MAX_ENTRIES, requestsOf } from './sqs-batches.ts';
import { escapedForSqs } from './sqs-text.ts';
import { visibilitySeconds } from './visibility.ts';

/** The shortest wait that asks all of SQS's servers: a receive that doesn't wait may find nothing where something is. */
const WAIT_SECONDS = 1;
/** Letters that are given back at once: ten requests. */
const GIVEN_BACK_AT_ONCE = 100;

/** A queue's dead letters, and the way back into the queue. */
export function createDeadLetters({ client, queueUrl, deadLetterQueueUrl }: OutboxQueues): DeadLetters {
  return {
    receive: (hiddenMs, signal) => receive(client, deadLetterQueueUrl, hiddenMs, signal),
    sendBack: (messages) => queueMessages({ client, queueUrl }, messages),
    remove: (handles) => remove(client, deadLetterQueueUrl, handles),
    giveBack: async (handles) => {
      for (const some of chunks(handles, GIVEN_BACK_AT_ONCE)) {
        await Promise.all(
          chunks(some, MAX_ENTRIES).map((each) => showAgain(client, deadLetterQueueUrl, each)),
        );
      }
    },
  };
}

async function receive(
  client: SQSClient,
  QueueUrl: string,
  hiddenMs: number,
  signal: AbortSignal,
): Promise<readonly FoundLetter[]> {
  const command = new ReceiveMessageCommand({
    QueueUrl,
    MaxNumberOfMessages: MAX_ENTRIES,
    VisibilityTimeout: visibilitySeconds(hiddenMs),
    WaitTimeSeconds: WAIT_SECONDS,
    MessageAttributeNames: ['All'],
    MessageSystemAttributeNames: ['SentTimestamp'],
  });
  try {
    const { Messages = [] } = await client.send(command, { abortSignal: signal });
    return Messages.map(found);
  } catch (error) {
    if (signal.aborted) return [];
    throw queueFailure(error, 'ReceiveMessage');
  }
}

function found({ ReceiptHandle = '', Body = '', Attributes, MessageAttributes = {} }: Message): FoundLetter {
  return {
    handle: ReceiptHandle,
    body: Body,
    sentAtMs: Number(Attributes?.SentTimestamp),
    letter: deadLetterOf(Body, MessageAttributes),
    redrives: redrivesOf(MessageAttributes),
  };
}

/** Into the queue: by position, whether it confirmed each. Never throws. */
export async function queueMessages(
  { client, queueUrl: QueueUrl }: Pick<OutboxQueues, 'client' | 'queueUrl'>,
  messages: readonly ReturnedMessage[],
): Promise<readonly Confirmation[]> {
  const sent = requestsOf(messages.map(entryOf)).map((entries) => {
    const Entries = entries.map((entry, at) => ({ ...entry, Id: String(at) }));
    return confirmed('SendMessageBatch', entries.length, () =>
      client.send(new SendMessageBatchCommand({ QueueUrl, Entries })),
    );
  });
  return (await Promise.all(sent)).flat();
}

function entryOf({ body, redrives }: ReturnedMessage): Entry {
  const MessageBody = escapedForSqs(body);
  return redrives === undefined
    ? { MessageBody }
    : { MessageBody, MessageAttributes: redriveAttributes(redrives) };
}

async function remove(
  client: SQSClient,
  QueueUrl: string,
  handles: readonly string[],
): Promise<readonly Confirmation[]> {
  const removed = chunks(handles, MAX_ENTRIES).map((some) => {
    const Entries = some.map((ReceiptHandle, at) => ({ Id: String(at), ReceiptHandle }));
    return confirmed('DeleteMessageBatch', some.length, () =>
      client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries })),
    );
  });
  return (await Promise.all(removed)).flat();
}

async function showAgain(client: SQSClient, QueueUrl: string, handles: readonly string[]): Promise<void> {
  const Entries = handles.map((ReceiptHandle, at) => ({
    Id: String(at),
    ReceiptHandle,
    VisibilityTimeout: 0,
  }));
  // Nothing to be done if it fails: they show themselves when they are hidden no longer.
  await client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries })).catch(() => undefined);
}
