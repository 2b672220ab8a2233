import {
  GetQueueAttributesCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import type { SQSEvent, SQSRecord } from 'aws-lambda';
import { expect, test } from 'vitest';
import { type Pump, type PumpOptions, startPump } from '../../../lib/local/pump.ts';
import { REGION, type SqsUnderTest, sqsUnderTest } from '../../support/local-sqs.ts';

type Invoke = PumpOptions['invoke'];

/** Deliveries in the order in which they came, to be awaited one by one. */
function deliveries() {
  const { readable, writable } = new TransformStream<SQSRecord[], SQSRecord[]>({}, { highWaterMark: 1000 });
  const [writer, reader] = [writable.getWriter(), readable.getReader()];
  return {
    saw: (event: SQSEvent) => void writer.write(event.Records),
    next: async () => (await reader.read()).value ?? [],
  };
}

function pumpOf(
  local: SqsUnderTest,
  invoke: Invoke,
  overrides: Partial<PumpOptions> = {},
): Pump & { lines: string[] } {
  const lines: string[] = [];
  const pump = startPump({
    sqs: local.client,
    queueUrl: local.sqs.queueUrl,
    queueArn: local.sqs.queueArn,
    region: REGION,
    batchSize: 10,
    batchingWindowSeconds: 0,
    maxConcurrency: 2,
    invoke,
    onLine: (line) => lines.push(line),
    ...overrides,
  });
  return { ...pump, lines };
}

async function send(local: SqsUnderTest, ...bodies: string[]) {
  const Entries = bodies.map((MessageBody, at) => ({ Id: String(at), MessageBody }));
  await local.client.send(new SendMessageBatchCommand({ QueueUrl: local.sqs.queueUrl, Entries }));
}

/** Messages that are still in the queue, visible or not. */
async function kept(local: SqsUnderTest): Promise<number> {
  const { Attributes = {} } = await local.client.send(
    new GetQueueAttributesCommand({ QueueUrl: local.sqs.queueUrl, AttributeNames: ['All'] }),
  );
  return (
    Number(Attributes['ApproximateNumberOfMessages']) +
    Number(Attributes['ApproximateNumberOfMessagesNotVisible'])
  );
}

const bodies = (records: readonly SQSRecord[]) => records.map(({ body }) => body).toSorted();

test('a message arrives as Lambda delivers it, and is deleted when it is done', async () => {
  await using local = await sqsUnderTest();
  const seen = deliveries();
  const pump = pumpOf(local, async (event) => seen.saw(event));
  await local.client.send(
    new SendMessageCommand({
      QueueUrl: local.sqs.queueUrl,
      MessageBody: '{"some":"body"}',
      MessageAttributes: {
        reason: { DataType: 'String', StringValue: 'extracta.rejected' },
        raw: { DataType: 'Binary', BinaryValue: new Uint8Array([1, 2, 3]) },
      },
    }),
  );
  const [record] = await seen.next();
  expect(record).toEqual({
    messageId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    receiptHandle: expect.any(String),
    body: '{"some":"body"}',
    attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: expect.stringMatching(/^\d{13}$/),
      SenderId: expect.any(String),
      ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/),
    },
    messageAttributes: {
      reason: {
        dataType: 'String',
        stringValue: 'extracta.rejected',
        stringListValues: [],
        binaryListValues: [],
      },
      raw: { dataType: 'Binary', binaryValue: 'AQID', stringListValues: [], binaryListValues: [] },
    },
    md5OfBody: expect.stringMatching(/^[0-9a-f]{32}$/),
    eventSource: 'aws:sqs',
    eventSourceARN: local.sqs.queueArn,
    awsRegion: REGION,
  });
  await pump.stop();
  expect(await kept(local)).toBe(0);
});

test('what failed comes back when its visibility ends, what succeeded does not', async () => {
  await using local = await sqsUnderTest(1);
  const seen = deliveries();
  let round = 0;
  const pump = pumpOf(local, async (event) => {
    seen.saw(event);
    round += 1;
    const bad = event.Records.filter(({ body }) => body === 'bad' && round === 1);
    return { batchItemFailures: bad.map(({ messageId }) => ({ itemIdentifier: messageId })) };
  });
  await send(local, 'good', 'bad', 'also good');
  const first = await seen.next();
  expect(bodies(first)).toEqual(['also good', 'bad', 'good']);
  const again = await seen.next();
  expect(bodies(again)).toEqual(['bad']);
  expect(again[0]?.attributes.ApproximateReceiveCount).toBe('2');
  const firstReceive = (records: readonly SQSRecord[]) =>
    records.find(({ body }) => body === 'bad')?.attributes;
  expect(firstReceive(again)?.ApproximateFirstReceiveTimestamp).toBe(
    firstReceive(first)?.ApproximateFirstReceiveTimestamp,
  );
  await pump.stop();
  expect(await kept(local)).toBe(0);
});

test.each([
  ['throws', () => Promise.reject(new Error('timed out')), /A delivery of 2 failed.*timed out/],
  ['answers nonsense', async () => ({ batchItemFailures: [{ itemIdentifier: '' }] }), undefined],
])('an invocation that %s keeps every message', async (_, outcome, said) => {
  await using local = await sqsUnderTest();
  const seen = deliveries();
  const pump = pumpOf(local, async (event) => {
    seen.saw(event);
    return outcome();
  });
  await send(local, 'one', 'two');
  await seen.next();
  await pump.stop();
  expect(await kept(local)).toBe(2);
  if (said !== undefined) expect(pump.lines.join()).toMatch(said);
});

test('a delivery holds as many as it may, and no more', async () => {
  await using local = await sqsUnderTest();
  await send(local, 'a', 'b', 'c', 'd', 'e');
  const seen = deliveries();
  const pump = pumpOf(local, async (event) => seen.saw(event), { batchSize: 2, maxConcurrency: 1 });
  const sizes = [(await seen.next()).length, (await seen.next()).length, (await seen.next()).length];
  expect(sizes).toEqual([2, 2, 1]);
  await pump.stop();
});

test('a window gathers what comes while it is open', async () => {
  await using local = await sqsUnderTest();
  const seen = deliveries();
  let now = 0;
  const pump = pumpOf(local, async (event) => seen.saw(event), {
    batchSize: 3,
    batchingWindowSeconds: 10,
    nowMs: () => (now += 1),
  });
  await send(local, 'first');
  await send(local, 'second');
  await send(local, 'third', 'fourth');
  expect(await seen.next()).toHaveLength(3);
  await pump.kill();
});

test('no more deliveries run at once than it may, and meanwhile nothing is received', async () => {
  await using local = await sqsUnderTest();
  const seen = deliveries();
  const gate = Promise.withResolvers<void>();
  const pump = pumpOf(
    local,
    async (event) => {
      seen.saw(event);
      await gate.promise;
    },
    { batchSize: 1, maxConcurrency: 2 },
  );
  await send(local, 'a', 'b', 'c');
  const running = [...(await seen.next()), ...(await seen.next())];
  const { Messages = [] } = await local.client.send(
    new ReceiveMessageCommand({ QueueUrl: local.sqs.queueUrl }),
  );
  expect([...bodies(running), ...Messages.map(({ Body }) => Body)].toSorted()).toEqual(['a', 'b', 'c']);
  expect(Messages).toHaveLength(1);
  gate.resolve();
  await pump.stop();
});

test('stopping receives no more, and waits for what is under way', async () => {
  await using local = await sqsUnderTest();
  const begun = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const delivered: string[] = [];
  const pump = pumpOf(local, async ({ Records }) => {
    delivered.push(...bodies(Records));
    begun.resolve();
    await gate.promise;
  });
  await send(local, 'under way');
  await begun.promise;
  const stopped = pump.stop();
  await send(local, 'later');
  expect(await Promise.race([stopped, Promise.resolve('still waiting')])).toBe('still waiting');
  gate.resolve();
  await stopped;
  expect(delivered).toEqual(['under way']);
  expect(await kept(local)).toBe(1);
});

test('stopping an idle pump does not wait for its long poll', async () => {
  await using local = await sqsUnderTest();
  await pumpOf(local, async () => undefined).stop();
});

test('killing aborts what is under way, whose messages stay', async () => {
  await using local = await sqsUnderTest();
  const seen = deliveries();
  const pump = pumpOf(local, (event, signal) => {
    seen.saw(event);
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));
  });
  await send(local, 'one');
  await seen.next();
  await pump.kill();
  expect(await kept(local)).toBe(1);
});

test('a message that another has deleted meanwhile fails nothing', async () => {
  await using local = await sqsUnderTest();
  const seen = deliveries();
  const pump = pumpOf(local, async (event) => {
    await local.client.send(new PurgeQueueCommand({ QueueUrl: local.sqs.queueUrl }));
    seen.saw(event);
  });
  await send(local, 'one');
  await seen.next();
  await send(local, 'two');
  await seen.next();
  await pump.stop();
});

test('a queue that cannot be read is said, and the pump still stops', async () => {
  const local = await sqsUnderTest();
  await local.sqs.close();
  const said = Promise.withResolvers<string>();
  const pump = pumpOf(local, async () => undefined, { onLine: said.resolve });
  expect(await said.promise).toMatch(/The queue could not be read: .*ECONNREFUSED/);
  await pump.stop();
  local.client.destroy();
});
