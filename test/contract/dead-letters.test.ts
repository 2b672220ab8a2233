import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDeadLetters } from '../../lib/aws/dead-letters.ts';
import { createOutbox } from '../../lib/aws/outbox.ts';
import { virtualClock } from '../support/memory/clock.ts';
import { memoryDeadLetters } from '../support/memory/dead-letters.ts';
import { memoryOutbox } from '../support/memory/outbox.ts';
import { memoryQueue } from '../support/memory/queue.ts';
import { deadLettersContract, type OpenDeadLetters } from './dead-letters.suite.ts';
import type { Received } from './outbox.suite.ts';
import { type RunningServer, startFauxqs } from './servers.ts';

const never = new AbortController().signal;

deadLettersContract('memory', async () => {
  const clock = virtualClock();
  const letters = memoryQueue({ clock, name: 'dead-letters' });
  const queue = memoryQueue({ clock });
  return {
    deadLetters: memoryDeadLetters({ queue, deadLetters: letters }),
    outbox: memoryOutbox({ queue, deadLetters: letters }),
    received: async () => (await queue.receive()).map(({ body, attributes }) => ({ body, attributes })),
    visible: async () => letters.visible().length,
    moved: async (body, attributes) => void (await letters.send(body, 0, attributes)),
    close: async () => {},
  };
});

describe('over HTTP', () => {
  let fauxqs: RunningServer;
  let queues = 0;
  beforeAll(async () => {
    fauxqs = await startFauxqs();
  });
  afterAll(() => fauxqs.close());
  const open = () => openQueues(fauxqs.clients.sqs, ++queues);

  deadLettersContract('an SQS server', open);

  test('of a request that is refused in part, entry by entry is told which', async () => {
    const { deadLetters, received } = await open();
    // This server takes no character beyond the first plane, and no JSON is there to escape it in.
    const answers = await deadLetters.sendBack([{ body: 'one' }, { body: '😀' }, { body: 'three' }]);
    expect(answers).toMatchObject([
      { confirmed: true },
      {
        confirmed: false,
        failure: { code: 'queue.unavailable', message: expect.stringContaining('InvalidMessageContents') },
      },
      { confirmed: true },
    ]);
    expect((await received()).map(({ body }) => body).sort()).toEqual(['one', 'three']);
  });

  test('messages that are too large for one request go in several', async () => {
    const { deadLetters } = await open();
    const large = { body: 'x'.repeat(600_000), redrives: 1 };
    const answers = await deadLetters.sendBack([large, { body: '{}' }, large]);
    expect(answers).toEqual([{ confirmed: true }, { confirmed: true }, { confirmed: true }]);
  });

  test('queues that do not exist are unavailable; giving back to one is no failure', async () => {
    const nowhere = `${fauxqs.url}/000000000000/nowhere`;
    const { sqs } = fauxqs.clients;
    const deadLetters = createDeadLetters({ client: sqs, queueUrl: nowhere, deadLetterQueueUrl: nowhere });
    const unavailable = { code: 'queue.unavailable' };
    await expect(deadLetters.receive(1_000, never)).rejects.toMatchObject(unavailable);
    const refused = [{ confirmed: false, failure: unavailable }];
    expect(await deadLetters.sendBack([{ body: '{}' }])).toMatchObject(refused);
    expect(await deadLetters.remove(['handle'])).toMatchObject(refused);
    await deadLetters.giveBack(['handle']);
  });
});

async function openQueues(client: SQSClient, number: number): Promise<OpenDeadLetters> {
  const queueUrl = await createQueue(client, `redriven-${number}`);
  const deadLetterQueueUrl = await createQueue(client, `redriven-dead-letters-${number}`);
  const queuePair = { client, queueUrl, deadLetterQueueUrl };
  return {
    deadLetters: createDeadLetters(queuePair),
    outbox: createOutbox(queuePair),
    received: () => received(client, queueUrl),
    visible: () => visibleIn(client, deadLetterQueueUrl),
    moved: async (MessageBody, attributes = {}) => {
      const MessageAttributes = Object.fromEntries(
        Object.entries(attributes).map(([name, StringValue]) => [name, { DataType: 'Number', StringValue }]),
      );
      const message = { QueueUrl: deadLetterQueueUrl, MessageBody, MessageAttributes };
      await client.send(new SendMessageCommand(message));
    },
    close: async () => {},
  };
}

async function createQueue(client: SQSClient, name: string): Promise<string> {
  const { QueueUrl = '' } = await client.send(new CreateQueueCommand({ QueueName: name }));
  return QueueUrl;
}

async function received(client: SQSClient, queueUrl: string): Promise<Received[]> {
  const receive = { QueueUrl: queueUrl, MaxNumberOfMessages: 10, MessageAttributeNames: ['All'] };
  const { Messages = [] } = await client.send(new ReceiveMessageCommand(receive));
  return Messages.map(({ Body = '', MessageAttributes = {} }) => ({
    body: Body,
    attributes: Object.fromEntries(
      Object.entries(MessageAttributes).map(([name, { StringValue = '' }]) => [name, StringValue]),
    ),
  }));
}

async function visibleIn(client: SQSClient, queueUrl: string): Promise<number> {
  const name = 'ApproximateNumberOfMessages';
  const ask = new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: [name] });
  return Number((await client.send(ask)).Attributes?.[name]);
}
