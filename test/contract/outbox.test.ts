import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createOutbox } from '../../lib/aws/outbox.ts';
import { changeVisibility } from '../../lib/aws/visibility.ts';
import { virtualClock } from '../support/memory/clock.ts';
import { memoryOutbox } from '../support/memory/outbox.ts';
import { type MemoryQueue, memoryQueue } from '../support/memory/queue.ts';
import { type OpenOutbox, outboxContract, type Received } from './outbox.suite.ts';
import { type RunningServer, startFauxqs } from './servers.ts';

outboxContract('memory', async () => {
  const clock = virtualClock();
  const deadLetters = memoryQueue({ clock, name: 'dead-letters' });
  const queue = memoryQueue({ clock });
  return {
    outbox: memoryOutbox({ queue, deadLetters }),
    received: () => receivedFrom(queue),
    receivedDead: () => receivedFrom(deadLetters),
    delayed: async () => queue.messages().length - queue.visible().length,
    close: async () => {},
  };
});

async function receivedFrom(queue: MemoryQueue): Promise<Received[]> {
  return (await queue.receive()).map(({ body, attributes }) => ({ body, attributes }));
}

describe('over HTTP', () => {
  let fauxqs: RunningServer;
  let queues = 0;
  beforeAll(async () => {
    fauxqs = await startFauxqs();
  });
  afterAll(() => fauxqs.close());

  outboxContract('an SQS server', () => openQueues(fauxqs.clients.sqs, ++queues));

  test('a message that was received can be made visible again at once', async () => {
    const { sqs } = fauxqs.clients;
    const queueUrl = await createQueue(sqs, 'visibility');
    await createOutbox({ client: sqs, queueUrl, deadLetterQueueUrl: queueUrl }).send('{}', 0);
    const receive = new ReceiveMessageCommand({ QueueUrl: queueUrl, WaitTimeSeconds: 0 });
    const { Messages: [first] = [] } = await sqs.send(receive);
    expect((await sqs.send(receive)).Messages ?? []).toEqual([]);
    expect(await changeVisibility(sqs, queueUrl, first?.ReceiptHandle ?? '', 0)).toBeUndefined();
    expect((await sqs.send(receive)).Messages).toHaveLength(1);
  });

  test('a visibility that cannot be changed is reported, not thrown', async () => {
    const { sqs } = fauxqs.clients;
    const queueUrl = await createQueue(sqs, 'visibility-refused');
    const failure = await changeVisibility(sqs, queueUrl, 'a handle of nothing', 1_000);
    expect(failure).toMatchObject({ name: 'UploaderError', code: 'queue.unavailable' });
  });

  test('a queue that does not exist is unavailable', async () => {
    const { sqs } = fauxqs.clients;
    const queueUrl = `${fauxqs.url}/000000000000/nowhere`;
    const outbox = createOutbox({ client: sqs, queueUrl, deadLetterQueueUrl: queueUrl });
    await expect(outbox.send('{}', 0)).rejects.toMatchObject({ code: 'queue.unavailable' });
  });
});

async function openQueues(client: SQSClient, number: number): Promise<OpenOutbox> {
  const queueUrl = await createQueue(client, `queue-${number}`);
  const deadLetterQueueUrl = await createQueue(client, `dead-letters-${number}`);
  return {
    outbox: createOutbox({ client, queueUrl, deadLetterQueueUrl }),
    received: () => receivedOver(client, queueUrl),
    receivedDead: () => receivedOver(client, deadLetterQueueUrl),
    delayed: () => delayedIn(client, queueUrl),
    close: async () => {},
  };
}

async function createQueue(client: SQSClient, name: string): Promise<string> {
  const { QueueUrl = '' } = await client.send(new CreateQueueCommand({ QueueName: name }));
  return QueueUrl;
}

async function receivedOver(client: SQSClient, queueUrl: string): Promise<Received[]> {
  const receive = { QueueUrl: queueUrl, MaxNumberOfMessages: 10, MessageAttributeNames: ['All'] };
  const { Messages = [] } = await client.send(new ReceiveMessageCommand(receive));
  return Messages.map(({ Body = '', MessageAttributes = {} }) => ({
    body: Body,
    attributes: Object.fromEntries(
      Object.entries(MessageAttributes).map(([name, { StringValue = '' }]) => [name, StringValue]),
    ),
  }));
}

async function delayedIn(client: SQSClient, queueUrl: string): Promise<number> {
  const name = 'ApproximateNumberOfMessagesDelayed';
  const ask = new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: [name] });
  return Number((await client.send(ask)).Attributes?.[name]);
}
