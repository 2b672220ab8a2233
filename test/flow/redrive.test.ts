import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateQueueCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundleLambda } from '../../lambdas/bundle.ts';
import { createLedgerTable } from '../../lib/aws/create-ledger-table.ts';
import { createDeadLetters } from '../../lib/aws/dead-letters.ts';
import { createLedger } from '../../lib/aws/ledger.ts';
import { createOutbox } from '../../lib/aws/outbox.ts';
import { createFunctionHost, type FunctionHost } from '../../lib/local/function-host.ts';
import { documentKey } from '../../lib/pipeline/identity.ts';
import type { ArrivalMessage, DocumentItem } from '../../lib/pipeline/model.ts';
import { arrivalOf, documentItem } from '../contract/ledger-scene.ts';
import { clientsFor, startDynalite, startFauxqs } from '../contract/servers.ts';

/** The built function, in a process of its own, against an SQS and a DynamoDB over HTTP. */

const HOUR = 3_600_000;
const TABLE = 'ledger';

let world: Awaited<ReturnType<typeof startWorld>>;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());

async function startWorld() {
  const [cloud, database] = await Promise.all([startFauxqs(), startDynalite()]);
  const clients = clientsFor({ sqs: cloud.url, dynamodb: database.url });
  const newQueue = async (QueueName: string) => {
    const { QueueUrl = '' } = await clients.sqs.send(new CreateQueueCommand({ QueueName }));
    return cloud.url + new URL(QueueUrl).pathname;
  };
  const queueUrl = await newQueue('arrivals');
  const deadLetterQueueUrl = await newQueue('dead-letters');
  await createLedgerTable(clients.dynamodb, TABLE);
  const folder = await mkdtemp(join(tmpdir(), 'redrive-'));
  const configFile = join(folder, 'uploader.config.json');
  await writeFile(configFile, JSON.stringify({ routes: [{ prefix: '', classificationId: 'c' }] }));
  const lines: string[] = [];
  const host: FunctionHost = createFunctionHost({
    bundleFile: (await bundleLambda('redrive', join(folder, 'bundle'))).file,
    environment: {
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_ENDPOINT_URL_SQS: cloud.url,
      AWS_ENDPOINT_URL_DYNAMODB: database.url,
      UPLOADER_CONFIG_FILE: configFile,
      UPLOADER_TABLE_NAME: TABLE,
      UPLOADER_QUEUE_URL: queueUrl,
      UPLOADER_DEAD_LETTER_QUEUE_URL: deadLetterQueueUrl,
    },
    timeoutMs: 120_000,
    concurrency: 1,
    onLine: (line) => lines.push(line),
  });
  const queues = { client: clients.sqs, queueUrl, deadLetterQueueUrl };
  return {
    host,
    lines,
    sqs: clients.sqs,
    queueUrl,
    ledger: createLedger({ client: clients.dynamodb, tableName: TABLE }),
    outbox: createOutbox(queues),
    deadLetters: createDeadLetters(queues),
    close: async () => {
      await host.stop();
      clients.destroy();
      await Promise.all([cloud.close(), database.close(), rm(folder, { recursive: true })]);
    },
  };
}

/** In the ledger, and, unless it has expired, in the dead-letter queue. */
async function park(name: string, code: string, agoMs: number, hasLetter = true): Promise<DocumentItem> {
  const parkId = `park of ${name}`;
  const lastFailure = { code, message: 'as told', atMs: Date.now() - agoMs };
  const item = documentItem(name, { state: 'parked', parkId, lastFailure });
  await world.ledger.write(item, undefined);
  const message: ArrivalMessage = { uploader: 'arrival', arrival: item.arrival, parkId };
  const letter = { reason: code, message: 'as told', attempts: 8, redrives: 0, firstSeenAtMs: 1, parkId };
  if (hasLetter) await world.outbox.park({ ...letter, body: JSON.stringify(message) });
  return item;
}

async function arrivalsSent(): Promise<readonly ArrivalMessage[]> {
  const receive = new ReceiveMessageCommand({ QueueUrl: world.queueUrl, MaxNumberOfMessages: 10 });
  const { Messages = [] } = await world.sqs.send(receive);
  return Messages.map(({ Body = '' }) => JSON.parse(Body) as ArrivalMessage);
}

test('the built function sends back what is due, once, and leaves the rest where everybody sees it', async () => {
  await park('due', 'extracta.unavailable', HOUR);
  await park('expired', 'ledger.throttled', 20 * 24 * HOUR, false);
  await park('early', 'extracta.unavailable', HOUR / 2);
  await park('rejected', 'extracta.rejected', 99 * HOUR);
  const settled = await park('settled', 'extracta.unavailable', HOUR);
  await world.ledger.write({ ...settled, state: 'uploaded', rev: 'settled' }, settled.rev);
  await world.outbox.park({
    body: 'no JSON',
    reason: 'arrival.malformed',
    message: '',
    attempts: 0,
    redrives: 0,
    firstSeenAtMs: 1,
  });

  const did = await world.host.invoke({});
  expect(did, world.lines.join('\n')).toEqual({
    read: 5,
    sentBack: 2,
    fromLedger: 1,
    refused: 0,
    removed: 2,
    left: 3,
    // 'early' and 'rejected': 'due' and 'expired' are in the queue again.
    parked: 2,
    overdue: 0,
  });

  expect(await arrivalsSent()).toEqual(
    ['due', 'expired'].map((name) => ({
      uploader: 'arrival',
      arrival: arrivalOf(name),
      parkId: `park of ${name}`,
    })),
  );
  expect(await world.ledger.read(documentKey(arrivalOf('due')))).toMatchObject({
    state: 'parked',
    sentBack: 'park of due',
  });

  expect(await world.host.invoke({})).toMatchObject({ read: 3, sentBack: 0, removed: 0, left: 3 });
  const left = await world.deadLetters.receive(1_000, new AbortController().signal);
  expect(left.map(({ letter }) => letter?.reason).sort()).toEqual([
    'arrival.malformed',
    'extracta.rejected',
    'extracta.unavailable',
  ]);

  const metrics = world.lines.map((line) => JSON.parse(line)).filter((line) => '_aws' in line);
  expect(metrics).toHaveLength(2);
  for (const { _aws, ...values } of metrics) {
    expect(_aws.CloudWatchMetrics).toMatchObject([{ Dimensions: [['service', 'ledger']] }]);
    expect(values).toMatchObject({ ledger: TABLE, DocumentsParkedNow: 2, OutcomesOverdueNow: 0 });
  }
});
