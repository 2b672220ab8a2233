import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { watch } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { queueDepth } from '../../lib/aws/queue-depth.ts';
import type { BackfillReport } from '../../lib/operator/backfill.ts';
import type { BackfillState } from '../../lib/operator/backfill-state.ts';
import type { ExportedRow } from '../../lib/operator/export.ts';
import type { ArrivalMessage } from '../../lib/pipeline/model.ts';
import { readMessage } from '../../lib/pipeline/read-message.ts';
import {
  BUCKET,
  bodiesIn,
  interruptedAtTheSecondMessage,
  type OperatorWorld,
  reportIn,
  startOperatorWorld,
  TABLE,
} from '../flow/operator-world.ts';
import { type StandIn, startStandIn } from '../unit/aws/stand-in.ts';

let world: OperatorWorld;
beforeAll(async () => {
  world = await startOperatorWorld();
});
afterEach(() => world.purge());
afterAll(() => world[Symbol.asyncDispose]());

const backfill = async (...args: readonly string[]) =>
  reportIn<BackfillReport>(await world.run(['backfill', ...args, '--json']));

test('queues what the ledger does not know, and of what came by events nothing', async () => {
  const known = [await world.put('mixed/a.txt'), await world.put('mixed/b.txt')];
  await world.announce(...known);
  await world.drain();
  expect(await backfill('s3://documents/mixed/', '--yes')).toMatchObject({
    listed: 2,
    known: 2,
    queued: 0,
    isWhole: true,
  });
  const older = await world.put('mixed/older.txt');
  await world.put('mixed/folder/', '');
  const plan = await world.run(['backfill', 's3://documents/mixed/', '--dry-run']);
  expect(plan.stdout).toContain('1 object would be queued');
  expect(plan.stdout).toContain('3 listed, 2 known to the ledger');
  expect((await queueDepth(world.clients.sqs, world.queueUrl)).waiting).toBe(0);
  expect(await backfill('s3://documents/mixed/', '--yes')).toMatchObject({ queued: 1 });
  await world.drain();
  expect(await world.item(older)).toMatchObject({ state: 'uploaded' });
  expect(await backfill('s3://documents/mixed/', '--yes')).toMatchObject({ listed: 3, known: 3, queued: 0 });
});

test('asks first, telling how many, and does nothing against a no', async () => {
  await world.put('asked/a.txt');
  const asked: string[] = [];
  const ask = async (question: string) => {
    asked.push(question);
    return false;
  };
  const { code, stderr } = await world.run(['backfill', 's3://documents/asked/'], { ask });
  expect({ code, asked }).toEqual({ code: 1, asked: ['Queue 1 for upload?'] });
  expect(stderr).toContain('Nothing was done.');
  expect((await queueDepth(world.clients.sqs, world.queueUrl)).waiting).toBe(0);
});

test('broken off by Ctrl-C it says so, and loses nothing', async () => {
  for (const name of ['1', '2', '3']) await world.put(`slow/${name}.txt`);
  const { clock, interrupted } = interruptedAtTheSecondMessage();
  const args = ['backfill', 's3://documents/slow/', '--yes', '--json'];
  const broken = await world.run([...args, '--rate=1'], { clock, interrupted });
  expect(broken.code).toBe(130);
  expect(reportIn<BackfillReport>(broken)).toMatchObject({
    ...{ listed: 3, queued: 1, isWhole: false, interrupted: true },
    // Of the first page nothing is remembered: nothing promises --resume.
    stateFile: null,
  });
  const resumed = reportIn<BackfillReport>(await world.run([...args, '--resume']));
  expect(resumed).toMatchObject({
    isWhole: true,
    notes: [expect.stringContaining('it began at the beginning')],
  });
  await world.drain();
  const files = world.extracta.truth().filter(({ fileName }) => /^[123]~/.test(fileName));
  expect(files.map(({ fileName }) => fileName[0]).sort()).toEqual(['1', '2', '3']);
});

test('a bucket that is not there is told in one line', async () => {
  const { code, stderr } = await world.run(['backfill', 's3://nowhere/', '--bucket=nowhere', '--yes']);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^NoSuchBucket: [^\n]*\n$/);
});

const xml = (name: string, text: string) => ({
  status: 200,
  headers: { 'content-type': 'application/xml' },
  body: `<?xml version="1.0" encoding="UTF-8"?><${name}>${text}</${name}>`,
});

interface Version {
  readonly key: string;
  readonly id: string;
  readonly latest: boolean;
  readonly storageClass?: string;
}

const versionXml = ({ key, id, latest, storageClass = 'STANDARD' }: Version) =>
  `<Version><Key>${key}</Key><VersionId>${id}</VersionId><IsLatest>${latest}</IsLatest><ETag>&quot;e-${id}&quot;</ETag>` +
  `<Size>3</Size><LastModified>2026-05-01T00:00:00.000Z</LastModified><StorageClass>${storageClass}</StorageClass></Version>`;

/** An S3 that keeps versions, and lists two at a time. */
function versionedS3(versions: readonly Version[]) {
  return startStandIn(({ query }) => {
    if (query.has('versioning')) return xml('VersioningConfiguration', '<Status>Enabled</Status>');
    if (!query.has('versions')) return { status: 501 };
    const [key, id] = [query.get('key-marker') ?? '', query.get('version-id-marker')];
    const after = versions.filter((each) => each.key >= key);
    const from =
      id === null
        ? after.filter((each) => each.key > key)
        : after.slice(after.findIndex((each) => each.id === id) + 1);
    const page = from.slice(0, 2);
    const last = page.at(-1);
    const more = `<NextKeyMarker>${last?.key}</NextKeyMarker><NextVersionIdMarker>${last?.id}</NextVersionIdMarker>`;
    const isTruncated = from.length > page.length;
    return xml(
      'ListVersionsResult',
      `<IsTruncated>${isTruncated}</IsTruncated>${isTruncated ? more : ''}${page.map(versionXml).join('')}`,
    );
  });
}

/** As S3 spells a version's event. */
const versionEvent = (key: string, versionId: string) =>
  JSON.stringify({
    Records: [
      {
        eventName: 'ObjectCreated:Put',
        eventTime: '2026-05-01T00:00:00.000Z',
        s3: {
          bucket: { name: BUCKET },
          object: { key, size: 3, eTag: `e-${versionId}`, versionId, sequencer: '01' },
        },
      },
    ],
  });

test('in a bucket that keeps versions the present one counts, under the name that its event gave it', async () => {
  await using s3 = disposable(
    await versionedS3([
      { key: 'v/a.txt', id: 'a2', latest: true },
      { key: 'v/a.txt', id: 'a1', latest: false },
      { key: 'v/b.txt', id: 'b2', latest: false },
      { key: 'v/b.txt', id: 'b1', latest: false },
      { key: 'v/c.txt', id: 'c1', latest: true },
      { key: 'v/cold.txt', id: 'd1', latest: true, storageClass: 'GLACIER' },
    ]),
  );
  const on = { runningFolder: await world.announced({ s3: s3.url }) };
  const first = await world.run(['backfill', 's3://documents/v/', '--yes', '--json'], on);
  expect(reportIn<BackfillReport>(first)).toMatchObject({
    versioned: true,
    listed: 3,
    queued: 2,
    archived: 1,
  });
  const sent = (await bodiesIn(world.clients, world.queueUrl)).map(
    (body) => JSON.parse(body) as ArrivalMessage,
  );
  expect(sent.map(({ arrival }) => [arrival.key, arrival.versionId])).toEqual([
    ['v/a.txt', 'a2'],
    ['v/c.txt', 'c1'],
  ]);
  for (const [key, id] of [
    ['v/a.txt', 'a2'],
    ['v/c.txt', 'c1'],
  ] as const) {
    const reading = readMessage(versionEvent(key, id));
    if (reading.kind !== 'arrivals') throw new Error('no event');
    for (const { arrival } of reading.messages) await world.park(arrival, { state: 'uploaded' }, false);
  }
  const second = await world.run(['backfill', 's3://documents/v/', '--yes', '--json'], on);
  expect(reportIn<BackfillReport>(second)).toMatchObject({
    listed: 3,
    known: 2,
    queued: 0,
    archived: 1,
    isWhole: true,
  });
});

const disposable = (standIn: StandIn) => ({ ...standIn, [Symbol.asyncDispose]: standIn.close });

const COUNT = 5_000;
const PUTS_AT_ONCE = 40;
/** At work at once. */
const FUNCTIONS = 4;

async function putMany(): Promise<readonly string[]> {
  const keys = Array.from({ length: COUNT }, (_, at) => `many/${String(at).padStart(5, '0')}.txt`);
  const left = [...keys];
  const putter = async () => {
    for (let key = left.pop(); key !== undefined; key = left.pop())
      await world.clients.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: key }));
  };
  await Promise.all(Array.from({ length: PUTS_AT_ONCE }, putter));
  return keys;
}

/** The command as a process of its own, killed once it has remembered its second page. */
async function killedInTheMiddle(): Promise<BackfillState> {
  const stateHome = join(world.folder, 'killed');
  const folder = join(stateHome, 'extracta-uploader');
  await mkdir(folder, { recursive: true });
  const watching = new AbortController();
  const remembered = secondState(folder, watching.signal);
  const names = [
    '--queue-url',
    world.queueUrl,
    '--dead-letter-queue-url',
    world.deadLetterQueueUrl,
    '--table',
    TABLE,
  ];
  const command = join(import.meta.dirname, '../../bin/uploader.ts');
  const args = [command, 'backfill', 's3://documents/many/', '--rate=1000', '--yes', ...names];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, XDG_STATE_HOME: stateHome },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = once(child, 'close');
  await Promise.race([remembered, ended]);
  child.kill('SIGKILL');
  expect(await ended).toEqual([null, 'SIGKILL']);
  watching.abort();
  return readState(folder);
}

async function readState(folder: string): Promise<BackfillState> {
  const [file = ''] = (await readdir(folder)).filter((name) => name.endsWith('.json'));
  return JSON.parse(await readFile(join(folder, file), 'utf8')) as BackfillState;
}

/** Every remembered page is a file that is renamed into place. */
async function secondState(folder: string, signal: AbortSignal): Promise<void> {
  const seen = new Set<string>();
  const noticed = Promise.withResolvers<void>();
  watch(folder, { signal }, async () => {
    const state = await readState(folder).catch(() => undefined);
    if (state !== undefined) seen.add(state.afterKey);
    if (seen.size === 2) noticed.resolve();
  });
  return noticed.promise;
}

test('5,000 objects, killed in the middle and resumed, all over HTTP: every one is queued, and uploaded once', async () => {
  const keys = await putMany();
  const state = await killedInTheMiddle();
  expect(state.counts.queued).toBeGreaterThanOrEqual(1000);
  expect(state.counts.queued).toBeLessThan(COUNT);
  const names = [
    '--queue-url',
    world.queueUrl,
    '--dead-letter-queue-url',
    world.deadLetterQueueUrl,
    '--table',
    TABLE,
  ];
  const stateFolder = join(world.folder, 'killed/extracta-uploader');
  const said = await world.run(
    ['backfill', 's3://documents/many/', '--resume', '--rate=10000', '--yes', '--json', ...names],
    {
      stateFolder,
    },
  );
  const report = reportIn<BackfillReport>(said);
  expect(report).toMatchObject({
    listed: COUNT,
    isWhole: true,
    resumedAfter: state.afterKey,
    stateFile: null,
  });
  expect(await readdir(stateFolder)).toEqual([]);

  // What was in hand when it was killed is there twice; the ledger makes one file of it.
  const { waiting } = await queueDepth(world.clients.sqs, world.queueUrl);
  expect(waiting).toBeGreaterThanOrEqual(COUNT);
  expect(waiting).toBeLessThanOrEqual(COUNT + 2_000);
  const before = world.extracta.truth().length;
  await Promise.all(Array.from({ length: FUNCTIONS }, () => world.drain()));
  expect(world.extracta.truth().length - before).toBe(COUNT);
  const rows = (await world.run(['export', ...names])).stdout.trimEnd().split('\n');
  const uploaded = rows
    .map((row) => JSON.parse(row) as ExportedRow)
    .filter(({ key }) => key.startsWith('many/'));
  expect(new Set(uploaded.map(({ key }) => key))).toEqual(new Set(keys));
  expect(new Set(uploaded.map(({ fileId }) => fileId)).size).toBe(COUNT);
});
