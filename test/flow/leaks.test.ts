import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { CreateQueueCommand } from '@aws-sdk/client-sqs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createJournal, createTelemetry } from '../../lib/aws/journal.ts';
import { createLedger } from '../../lib/aws/ledger.ts';
import { createOutbox } from '../../lib/aws/outbox.ts';
import type { StartCommand } from '../../lib/local/command.ts';
import { openExtracta } from '../../lib/local/extracta-in-use.ts';
import { UploaderError } from '../../lib/pipeline/failures.ts';
import { GATE_KEY } from '../../lib/pipeline/identity.ts';
import type { DeadLetter } from '../../lib/pipeline/model.ts';
import { startDynalite, startFauxqs } from '../contract/servers.ts';
import { CANARIES, CANARY_TOKEN, CANARY_URL } from '../support/leaks/canaries.ts';
import { caughtOutput } from '../support/leaks/caught-output.ts';
import { expectNoLeaks, takeLeaks } from '../support/leaks/heard.ts';
import { temporaryFolder } from '../support/local-s3.ts';
import { memoryWorld } from '../support/memory/world.ts';

/**
 * Every test of this project ends with a look for secrets in all that was said meanwhile (test/support/leaks/setup.ts).
 * Here leaks are planted: each must be found, where it was planted.
 */

/** Where leaks were found since this was last asked; so that the planted ones fail nothing. */
const places = () => [...new Set(takeLeaks().map(({ where }) => where))];
const runNode = (script: string) => promisify(execFile)(process.execPath, ['-e', script]);
const letter = (message: string): DeadLetter => ({
  body: '{}',
  reason: 'extracta.rejected',
  message,
  attempts: 1,
  redrives: 0,
  firstSeenAtMs: 1,
});

afterEach(() => {
  vi.restoreAllMocks();
});

describe('a planted leak is found', () => {
  it('in what this process writes', () => {
    process.stderr.write(`Planted by a test: ${CANARY_TOKEN}\n`);
    expect(places()).toEqual(['this process, stderr']);
  });

  it('in a line of the log, where the journal was not told of the secret; told, it says nothing', () => {
    const caught: string[] = [];
    caughtOutput((text) => caught.push(text));
    createJournal(createTelemetry(), () => []).record('batch.asked', { note: `Bearer ${CANARY_TOKEN}` });
    expect(places()).toEqual(['this process, stdout']);
    const fields = { note: `Bearer ${CANARY_TOKEN}`, url: CANARY_URL };
    createJournal(createTelemetry(), () => [CANARY_TOKEN]).record('batch.asked', fields);
    expect(places()).toEqual([]);
    expect(caught).toHaveLength(2);
  });

  it.each(['stdout', 'stderr'])(
    'in what a child process writes to its %s, cut in two as well',
    async (name) => {
      const halves = [CANARY_TOKEN.slice(0, 12), CANARY_TOKEN.slice(12)].map((half) => JSON.stringify(half));
      await runNode(
        `process.${name}.write(${halves[0]}, () => setImmediate(() => process.${name}.write(${halves[1]})))`,
      );
      expect(places()).toEqual([`a child’s ${name}`]);
    },
  );

  it.each([CANARY_TOKEN, CANARY_URL])('in an error of ours: %#', (secret) => {
    const error = new UploaderError('extracta.rejected', `Extracta answered 400: ${secret}`);
    expect(places()).toEqual(['an UploaderError']);
    expect(error).toMatchObject({ code: 'extracta.rejected', stack: expect.stringContaining('leaks.test') });
    expect(error).toBeInstanceOf(Error);
  });

  it('in the journal, the ledger and a dead letter of the memory twins', async () => {
    const world = memoryWorld();
    world.journal.record('batch.asked', { url: CANARY_URL });
    expect(places()).toEqual(['a memory twin']);
    const planted = { ...GATE_KEY, rev: CANARY_TOKEN, nextAllowedAtMs: 0, namesKept: true };
    await world.ports.ledger.write(planted, undefined);
    expect(places()).toEqual(['a memory twin']);
    await world.ports.outbox.park(letter(CANARY_URL));
    expect(places()).toEqual(['a memory twin']);
  });

  it('in a dead letter on its way to SQS, and in an item on its way to DynamoDB', async () => {
    const [cloud, database] = await Promise.all([startFauxqs(), startDynalite()]);
    const created = await cloud.clients.sqs.send(new CreateQueueCommand({ QueueName: 'letters' }));
    const queueUrl = cloud.url + new URL(created.QueueUrl ?? '').pathname;
    const queues = { client: cloud.clients.sqs, queueUrl, deadLetterQueueUrl: queueUrl };
    await createOutbox(queues).park(letter(CANARY_URL));
    expect(places()).toEqual(['AmazonSQS.SendMessage']);
    const ledger = createLedger({ client: database.clients.dynamodb, tableName: 'none' });
    const planted = { ...GATE_KEY, rev: CANARY_TOKEN, nextAllowedAtMs: 0, namesKept: true };
    await ledger.write(planted, undefined).catch(() => {});
    expect(places()).toEqual(['DynamoDB_20120810.PutItem']);
    await Promise.all([cloud.close(), database.close()]);
  });

  it.each(CANARIES)('and fails its test, without saying it again: %#', (canary) => {
    caughtOutput(() => {});
    process.stderr.write(`Planted: ${canary}\n`);
    expect(expectNoLeaks).toThrow(/^A secret was said: .{8}… in this process, stderr$/);
    expect(expectNoLeaks).not.toThrow();
  });
});

it('the embedded Extracta’s own token and links are among what is looked for', async () => {
  await using folder = await temporaryFolder();
  const place = { dataDir: folder.path, waitsDivisor: 1 };
  await using extracta = await openExtracta({} as StartCommand, undefined, place);
  const form = new FormData();
  form.set('classificationId', extracta.classificationId);
  form.set('files', new File(['hello'], 'a.txt'));
  // As one body with its Content-Length.
  const request = new Request(extracta.url, { method: 'POST', body: form });
  const answer = await fetch(`${extracta.url}/documentClassification/uploadFiles`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${extracta.token}`,
      'content-type': request.headers.get('content-type') ?? '',
    },
    body: await request.arrayBuffer(),
  });
  const { files } = (await answer.json()) as { readonly files: readonly [{ readonly url: string }] };
  expect(CANARIES).toContain(extracta.token);
  expect(CANARIES).toContain(new URL(files[0].url).host);
});
