import {
  GetQueueAttributesCommand,
  type QueueAttributeName,
  ReceiveMessageCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import { sqsUnderTest } from '../../support/local-sqs.ts';

test('the queue has its dead-letter queue, its visibility and the longest retention', async () => {
  await using local = await sqsUnderTest(1800);
  const attributes = async (QueueUrl: string) => {
    const AttributeNames: QueueAttributeName[] = ['All'];
    return (await local.client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames }))).Attributes;
  };
  const dead = await attributes(local.sqs.deadLetterQueueUrl);
  const queue = await attributes(local.sqs.queueUrl);
  expect(queue).toMatchObject({ VisibilityTimeout: '1800', MessageRetentionPeriod: '1209600' });
  expect(queue?.['QueueArn']).toBe(local.sqs.queueArn);
  expect(JSON.parse(queue?.['RedrivePolicy'] ?? '')).toEqual({
    deadLetterTargetArn: dead?.['QueueArn'],
    maxReceiveCount: 1000,
  });
  expect(dead).toMatchObject({ MessageRetentionPeriod: '1209600' });
});

test('its URLs name the loopback address, so that no resolver is asked', async () => {
  await using local = await sqsUnderTest();
  for (const url of [local.sqs.endpoint, local.sqs.queueUrl, local.sqs.deadLetterQueueUrl]) {
    expect(new URL(url).hostname).toBe('127.0.0.1');
  }
});

test('a long poll is answered by the next message', async () => {
  await using local = await sqsUnderTest();
  const QueueUrl = local.sqs.queueUrl;
  const received = local.client.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }));
  await local.client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'hello' }));
  expect((await received).Messages).toMatchObject([{ Body: 'hello' }]);
});

test('closing does not wait for a long poll', async () => {
  const local = await sqsUnderTest();
  const poll = local.client
    .send(new ReceiveMessageCommand({ QueueUrl: local.sqs.queueUrl, WaitTimeSeconds: 20 }))
    .then(
      () => 'answered',
      () => 'cut',
    );
  await local.sqs.close();
  expect(await poll).toMatch(/answered|cut/);
  local.client.destroy();
});
