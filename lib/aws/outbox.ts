import { SendMessageCommand, type SendMessageCommandInput, type SQSClient } from '@aws-sdk/client-sqs';
import type { DeadLetter } from '../pipeline/model.ts';
import type { Outbox } from '../pipeline/ports.ts';
import { deadLetterAttributes, sizeBytes } from './dead-letter-attributes.ts';
import { queueFailure } from './errors.ts';
import { escapedForSqs } from './sqs-text.ts';

export interface OutboxQueues {
  readonly client: SQSClient;
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
}

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html */
const MAX_DELAY_SECONDS = 900;
export const MAX_MESSAGE_BYTES = 1024 ** 2;

/** The queue and its dead-letter queue. Both verbs resolve when SQS has confirmed. Throws `queue.unavailable`. */
export function createOutbox({ client, queueUrl, deadLetterQueueUrl }: OutboxQueues): Outbox {
  const send = async (message: SendMessageCommandInput) => {
    try {
      await client.send(new SendMessageCommand(message));
    } catch (error) {
      throw queueFailure(error, 'SendMessage');
    }
  };
  return {
    send: (body, delayMs) =>
      send({ QueueUrl: queueUrl, MessageBody: escapedForSqs(body), DelaySeconds: delaySeconds(delayMs) }),
    park: (letter) => send(deadLetterMessage(deadLetterQueueUrl, letter)),
  };
}

/** Whole seconds, rounded up, at most SQS's 15 minutes. */
export function delaySeconds(delayMs: number): number {
  return Math.min(Math.max(Math.ceil(delayMs / 1000), 0), MAX_DELAY_SECONDS);
}

/** A body that leaves no room for its reasons goes without them: it came from a queue, so it fits alone. */
export function deadLetterMessage(queueUrl: string, letter: DeadLetter): SendMessageCommandInput {
  const body = escapedForSqs(letter.body);
  const attributes = deadLetterAttributes(letter);
  const fits = Buffer.byteLength(body) + sizeBytes(attributes) <= MAX_MESSAGE_BYTES;
  return { QueueUrl: queueUrl, MessageBody: body, ...(fits ? { MessageAttributes: attributes } : {}) };
}
