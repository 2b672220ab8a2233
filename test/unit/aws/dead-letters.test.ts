import { createHash } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import { createDeadLetters } from '../../../lib/aws/dead-letters.ts';
import { connectedTo } from './connected.ts';
import { type Answer, type StandIn, startStandIn } from './stand-in.ts';

let sqs: StandIn;
afterEach(() => sqs.close());

/** Dead letters of an SQS that answers every request so. */
async function answered(answer: unknown) {
  const json: Answer = {
    status: 200,
    headers: { 'content-type': 'application/x-amz-json-1.0' },
    body: JSON.stringify(answer),
  };
  sqs = await startStandIn(() => json);
  const queues = { queueUrl: `${sqs.url}/1/arrivals`, deadLetterQueueUrl: `${sqs.url}/1/dead-letters` };
  return createDeadLetters({ client: connectedTo({ sqs: sqs.url }).sqs, ...queues });
}

const md5 = (text: string) => createHash('md5').update(text).digest('hex');

const sent = (Id: string, body: string) => ({
  Id,
  MessageId: 'm',
  MD5OfMessageBody: md5(body),
});

test('what SQS does not say to have taken was not taken', async () => {
  const deadLetters = await answered({ Successful: [sent('1', 'b')], Failed: [] });
  expect(await deadLetters.sendBack([{ body: 'a' }, { body: 'b' }])).toMatchObject([
    {
      confirmed: false,
      failure: { code: 'queue.unavailable', message: expect.stringContaining('no answer') },
    },
    { confirmed: true },
  ]);
});

test('what SQS says that it failed to delete is not gone', async () => {
  const failed = { Id: '0', Code: 'InternalError', SenderFault: false };
  const deadLetters = await answered({ Successful: [{ Id: '1' }], Failed: [failed] });
  expect(await deadLetters.remove(['a', 'b'])).toMatchObject([
    { confirmed: false, failure: { message: expect.stringContaining('InternalError') } },
    { confirmed: true },
  ]);
});

test('an answer without lists confirms nothing', async () => {
  const deadLetters = await answered({});
  expect(await deadLetters.remove(['a'])).toMatchObject([{ confirmed: false }]);
});

test('a receive hides what it finds for so long, in whole seconds, and asks all servers', async () => {
  const deadLetters = await answered({});
  expect(await deadLetters.receive(90_001, new AbortController().signal)).toEqual([]);
  expect(JSON.parse(sqs.requests[0]?.body ?? '')).toMatchObject({
    QueueUrl: expect.stringContaining('dead-letters'),
    MaxNumberOfMessages: 10,
    VisibilityTimeout: 91,
    WaitTimeSeconds: 1,
  });
});

test('what a person wrote on a letter in place of numbers makes it none that comes back', async () => {
  const text = (StringValue: string) => ({ DataType: 'String', StringValue });
  const attributes = { reasonCode: text('extracta.unavailable'), redrives: text('many') };
  const message = { MessageId: 'm', ReceiptHandle: 'h', Body: '{}', MD5OfBody: md5('{}') };
  const deadLetters = await answered({ Messages: [{ ...message, MessageAttributes: attributes }] });
  const [found] = await deadLetters.receive(1_000, new AbortController().signal);
  expect(found).toMatchObject({
    redrives: Number.NaN,
    letter: { attempts: 0, firstSeenAtMs: 0, message: '' },
  });
});
