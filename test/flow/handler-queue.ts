import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { Context, SQSEvent, SQSRecord } from 'aws-lambda';
import type { UploadHandler } from '../../lambdas/upload.ts';

/** Time enough for any test, far from any lease's end. */
const INVOCATION_MS = 120_000;
const MAX_RECEIVED = 10;

/** A queue, and Lambda's event-source mapping worked by hand. */
export interface TestQueue {
  send(...bodies: readonly string[]): Promise<void>;
  /** Waits until so many messages were received. */
  receive(count: number): Promise<readonly Message[]>;
  /** Waits a while for at most so many messages; there may be none. */
  receiveSome(most: number): Promise<readonly Message[]>;
  /** What is not answered as a failure is deleted. Returns how many were kept. */
  deliver(handler: UploadHandler, messages: readonly Message[]): Promise<number>;
  /** Ends the wait of kept messages. */
  hasten(messages: readonly Message[]): Promise<void>;
  /** Messages in it, visible or not. */
  length(): Promise<number>;
}

export function testQueue(client: SQSClient, queueUrl: string): TestQueue {
  const to = { QueueUrl: queueUrl };
  return {
    async send(...bodies) {
      for (const MessageBody of bodies) await client.send(new SendMessageCommand({ ...to, MessageBody }));
    },
    receive: (count) => receive(client, queueUrl, count),
    receiveSome: (most) => receiveOnce(client, queueUrl, most),
    async deliver(handler, messages) {
      const { batchItemFailures } = await handler(eventOf(messages), context());
      const kept = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
      for (const { MessageId, ReceiptHandle } of messages) {
        if (!kept.has(MessageId ?? '')) await client.send(new DeleteMessageCommand({ ...to, ReceiptHandle }));
      }
      return kept.size;
    },
    async hasten(messages) {
      for (const { ReceiptHandle } of messages) {
        await client.send(new ChangeMessageVisibilityCommand({ ...to, ReceiptHandle, VisibilityTimeout: 0 }));
      }
    },
    async length() {
      const { Attributes } = await client.send(
        new GetQueueAttributesCommand({ ...to, AttributeNames: ['All'] }),
      );
      const names = ['', 'NotVisible', 'Delayed'].map((state) => `ApproximateNumberOfMessages${state}`);
      const counts: Readonly<Record<string, string>> = Attributes ?? {};
      return names.reduce((sum, name) => sum + Number(counts[name]), 0);
    },
  };
}

async function receive(client: SQSClient, queueUrl: string, count: number): Promise<readonly Message[]> {
  const received: Message[] = [];
  while (received.length < count) {
    received.push(...(await receiveOnce(client, queueUrl, Math.min(count - received.length, MAX_RECEIVED))));
  }
  return received;
}

async function receiveOnce(client: SQSClient, queueUrl: string, most: number): Promise<readonly Message[]> {
  const { Messages = [] } = await client.send(
    new ReceiveMessageCommand({
      QueueUrl: queueUrl,
      MaxNumberOfMessages: most,
      WaitTimeSeconds: 1,
      MessageSystemAttributeNames: ['All'],
    }),
  );
  return Messages;
}

/** As Lambda would deliver them. */
export function eventOf(messages: readonly Message[]): SQSEvent {
  return {
    Records: messages.map(
      ({ MessageId, ReceiptHandle, Body, Attributes }) =>
        ({
          messageId: MessageId,
          receiptHandle: ReceiptHandle,
          body: Body,
          attributes: Attributes,
        }) as unknown as SQSRecord,
    ),
  };
}

export function context(): Context {
  const endsAtMs = Date.now() + INVOCATION_MS;
  return { awsRequestId: 'request', getRemainingTimeInMillis: () => endsAtMs - Date.now() } as Context;
}
