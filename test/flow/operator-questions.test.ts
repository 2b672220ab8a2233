import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BatchReport } from '../../lib/operator/batch.ts';
import type { FailedReport } from '../../lib/operator/failed.ts';
import type { FindReport } from '../../lib/operator/find.ts';
import type { RedriveReport } from '../../lib/operator/redrive.ts';
import type { StatusReport } from '../../lib/operator/status.ts';
import { BREAKER_KEY } from '../../lib/pipeline/identity.ts';
import type { Arrival, BreakerItem } from '../../lib/pipeline/model.ts';
import {
  bodiesIn,
  CLASSIFICATION_ID,
  type OperatorWorld,
  reportIn,
  runHere,
  startOperatorWorld,
} from './operator-world.ts';

/** What the command tells, on a line over HTTP. The scene is set once; no question changes it. */

let world: OperatorWorld;
let invoice: Arrival;
let parked: Arrival;

beforeAll(async () => {
  world = await startOperatorWorld();
  invoice = await world.put('invoices/one.txt');
  const second = await world.put('invoices/two.txt');
  await world.announce(invoice, second);
  await world.drain();
  parked = await world.put('scans/parked.txt');
  await world.park(parked);
  await world.park(await world.put('scans/transient.txt'), {
    lastFailure: { code: 'extracta.unavailable', message: 'as told', atMs: Date.now() - 3 * 3_600_000 },
  });
  const longAgo = { updatedAtMs: Date.now() - 20 * 86_400_000 };
  await world.park(await world.put('scans/expired.txt'), longAgo, false);
  const stale = await world.put('scans/stale.txt');
  const item = await world.park(stale);
  await world.ledger.write({ ...item, state: 'waiting', rev: 'woken' }, item.rev);
});
afterAll(() => world[Symbol.asyncDispose]());

const lettersStay = async () => expect(await world.letters()).toBe(3);

describe('status', () => {
  test('tells the line at a glance, and that somebody is needed', async () => {
    const { code, stdout } = await world.run(['status']);
    expect(code).toBe(1);
    expect(stdout).toMatch(/Uploaded today\s+2 since midnight UTC/);
    expect(stdout).toMatch(/Parked\s+3/);
    expect(stdout).toMatch(/2 {2}extracta\.rejected/);
    expect(stdout).toContain('failed tells why, find DOCUMENT what happened to one');
    // No CloudWatch knows of a run on this machine.
    expect(stdout).not.toContain('CloudWatch');
  });

  test('as JSON, with the same figures', async () => {
    const report = reportIn<StatusReport>(await world.run(['status', '--json']));
    expect(report).toMatchObject({
      verb: 'status',
      queue: { waiting: 0, inFlight: 0, delayed: 0 },
      deadLetters: { waiting: 3 },
      documents: { waiting: 1, uploading: 0, unknown: 0 },
      oldestUnsettled: { object: 's3://documents/scans/stale.txt' },
      breaker: { state: 'closed', until: null },
      uploadedToday: 2,
      uploadedTodayBy: 'ledger',
      parked: 3,
      parkedByReason: { 'extracta.rejected': 2, 'extracta.unavailable': 1 },
      oldestMessageSeconds: null,
    });
  });

  test('says until when the line is paused, and why', async () => {
    const paused: BreakerItem = {
      ...BREAKER_KEY,
      rev: 'paused',
      state: 'paused',
      strikes: 0,
      pauses: 1,
      pausedUntilMs: Date.now() + 600_000,
      because: 'extracta.out-of-credits',
    };
    const before = await world.ledger.read(BREAKER_KEY);
    await world.ledger.write(paused, before?.rev);
    const { code, stdout } = await world.run(['status']);
    expect(code).toBe(1);
    expect(stdout).toMatch(/paused until 20\S+Z, because of extracta\.out-of-credits/);
    await world.ledger.write(
      { ...BREAKER_KEY, rev: 'closed', state: 'closed', strikes: 0, pauses: 0 },
      'paused',
    );
  });
});

describe('find', () => {
  const find = async (...args: readonly string[]) =>
    reportIn<FindReport>(await world.run(['find', ...args, '--json']));

  test('by URI, key, fileId and batchId it is the same document', async () => {
    const byUri = await find('s3://documents/invoices/one.txt');
    expect(byUri).toMatchObject({
      foundBy: 'object',
      documents: [{ state: 'uploaded', attempts: 1, letter: 'none' }],
    });
    const mapping = byUri.documents[0]?.mapping;
    expect(mapping).toMatchObject({
      classificationId: CLASSIFICATION_ID,
      fileId: expect.stringMatching(/./),
    });
    const { fileId = '', batchId = '' } = mapping ?? {};
    expect((await find('invoices/one.txt')).documents).toEqual(byUri.documents);
    expect(await find(fileId)).toMatchObject({ foundBy: 'file', documents: byUri.documents });
    expect(await find(`--file=${fileId}`)).toMatchObject({ foundBy: 'file', documents: byUri.documents });
    const byBatch = await find('--batch', batchId);
    expect(byBatch.foundBy).toBe('batch');
    expect(byBatch.documents.map(({ object }) => object).sort()).toEqual([
      's3://documents/invoices/one.txt',
      's3://documents/invoices/two.txt',
    ]);
  });

  test('by prefix it is all of them, and --limit says that there are more', async () => {
    expect((await find('scans/')).documents).toHaveLength(4);
    expect(await find('s3://documents/scans/', '--limit=2')).toMatchObject({
      isCut: true,
      documents: [{}, {}],
    });
  });

  test('for people it tells the story of a parked document, and what happens next', async () => {
    const { code, stdout } = await world.run(['find', 'scans/parked.txt']);
    expect(code).toBe(0);
    expect(stdout).toContain('parked  s3://documents/scans/parked.txt');
    expect(stdout).toContain('It waits for a person: mend the cause, then redrive it.');
    expect(stdout).toMatch(/Last failure\s+\S+Z {2}extracta\.rejected \(400\): Not a document/);
    expect(stdout).toMatch(/Dead letter\s+in the queue/);
    expect(stdout).toContain('Attempt by attempt: only a deployed stack keeps a log');
    await lettersStay();
  });

  test('a letter that is gone is told as gone', async () => {
    expect((await find('scans/expired.txt')).documents).toMatchObject([{ letter: 'gone' }]);
  });

  test('of what the ledger does not know it tells what S3 says, and what nobody can', async () => {
    await world.put('new/unseen.txt');
    const { code, stdout } = await world.run(['find', 'new/unseen.txt']);
    expect(code).toBe(1);
    expect(stdout).toContain('The object is in the bucket since');
    expect(stdout).toContain('cannot be known without taking it from the function');
    const missing = await world.run(['find', 'new/never.txt']);
    expect(missing.stdout).toContain('There is no object s3://documents/new/never.txt.');
  });

  test('a bucket is named with or without a slash; of another one it says which the line reads', async () => {
    const whole = await world.run(['find', 's3://documents', '--json']);
    expect(reportIn<FindReport>(whole).documents.length).toBeGreaterThan(1);
    const other = await world.run(['find', 's3://elsewhere/a.txt']);
    expect(other).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('This line reads documents, not elsewhere.'),
    });
  });

  test('--no-scan leaves the ledger unread, and says what was not looked for', async () => {
    const { code, stdout } = await world.run(['find', 'scans/', '--no-scan']);
    expect(code).toBe(1);
    expect(stdout).toContain('Prefixes, and files beside the mapped one, were not looked for');
  });

  test('a name that holds control characters does not reach the terminal as it is', async () => {
    await world.park(await world.put('odd/\u001b[31mred\u202e.txt'), {}, false);
    const { stdout } = await world.run(['find', 'odd/']);
    expect(stdout).toContain(String.raw`odd/\u001b[31mred\u202e.txt`);
    const { stdout: json } = await world.run(['find', 'odd/', '--json']);
    for (const bare of ['\u001b', '\u202e']) expect(json).not.toContain(bare);
    expect((JSON.parse(json) as FindReport).documents[0]?.object).toBe(
      's3://documents/odd/\u001b[31mred\u202e.txt',
    );
    const item = await world.item({
      ...parked,
      key: 'odd/\u001b[31mred\u202e.txt',
      eTag: JSON.parse(json).documents[0].eTag,
    });
    if (item !== undefined) await world.ledger.write({ ...item, state: 'skipped', rev: 'gone' }, item.rev);
  });
});

describe('failed', () => {
  test('lists what is parked, with its reason, and where ledger and queue disagree; no letter is lost', async () => {
    const { code, stdout } = await world.run(['failed']);
    expect(code).toBe(1);
    expect(stdout).toContain('3 documents parked, 1 more is listed that is not');
    expect(stdout).toContain('Ledger and dead-letter queue disagree:');
    expect(stdout).toContain('s3://documents/scans/expired.txt: Its dead letter is not in the queue');
    expect(stdout).toContain('s3://documents/scans/stale.txt: In the ledger the document is waiting');
    await lettersStay();
    await lettersStay();
  });

  test('as JSON, filtered', async () => {
    const failed = async (...args: readonly string[]) =>
      reportIn<FailedReport>(await world.run(['failed', ...args, '--json']))
        .failed.map(({ object }) => object)
        .sort();
    const [expired, rejected, stale, transient] = ['expired', 'parked', 'stale', 'transient'].map(
      (name) => `s3://documents/scans/${name}.txt`,
    );
    expect(await failed()).toEqual([expired, rejected, stale, transient]);
    expect(await failed('--reason=extracta.unavailable')).toEqual([transient]);
    expect(await failed('--reason', 'extracta.*', '--older-than', '2h')).toEqual([transient]);
    expect(await failed('--prefix=scans/p')).toEqual([rejected]);
    expect((await world.run(['failed', '--reason=none.such'])).code).toBe(0);
  });

  test('a letter that can wake nothing makes no parked document: nobody is needed', async () => {
    const said = await world.run(['failed', '--prefix=scans/stale', '--json']);
    expect(said.code).toBe(0);
    expect(reportIn<FailedReport>(said)).toMatchObject({
      parked: 0,
      byReason: {},
      failed: [{ disagreement: { code: 'stale' } }],
    });
  });

  test('tells when a document comes back by itself', async () => {
    const report = reportIn<FailedReport>(
      await world.run(['failed', '--reason=extracta.unavailable', '--json']),
    );
    expect(report).toMatchObject({
      letters: { read: 3, total: 3, areAll: true },
      failed: [{ inLedger: true, inQueue: true, comesBackAt: expect.stringMatching(/Z$/) }],
    });
  });
});

test('dead letters of no parked document are told, and somebody is needed', async () => {
  const letter = { reason: 'arrival.malformed', message: '', attempts: 0, redrives: 0, firstSeenAtMs: 1 };
  for (const body of ['no JSON', 'nor this']) await world.outbox.park({ ...letter, body });
  const report = reportIn<StatusReport>(await world.run(['status', '--json']));
  // One more letter is stale, and one parked document has none.
  expect(report).toMatchObject({ parked: 3, lettersBeside: 2 });
  expect((await world.run(['status'])).stdout).toContain('2 of no parked document');
  const gone = await world.run(['redrive', '--reason=arrival.malformed', '--yes', '--json']);
  expect(reportIn<RedriveReport>(gone)).toMatchObject({ sentBack: 2, removed: 2 });
  await bodiesIn(world.clients, world.queueUrl);
});

describe('batch', () => {
  test('with an id that begins with a dash, bare, after -- or with =, lists its documents', async () => {
    const batchId = (await world.item(invoice))?.mapping?.batchId ?? '';
    expect(batchId).toMatch(/^-/);
    for (const args of [[batchId], [`--batch=${batchId}`], ['--batch', batchId]])
      expect((await world.run(['batch', ...args])).stdout).toContain('s3://documents/invoices/one.txt');
    const { code, stdout } = await runHere(['batch', '--local', '--', batchId], {
      runningFolder: world.runningFolder,
    });
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('invoices/one.txt') });
  });

  test('with --results says what Extracta says of each, and names a file that nobody sent', async () => {
    const item = await world.item(invoice);
    const { batchId = '', fileId } = item?.mapping ?? {};
    const report = reportIn<BatchReport>(await world.run(['batch', batchId, '--results', '--json']));
    expect(report).toMatchObject({ answer: 'files', strangers: [] });
    expect(report.documents.find((each) => each.fileId === fileId)?.atExtracta).toMatch(/./);
    const { stdout } = await world.run(['batch', batchId, '--results']);
    expect(stdout).not.toContain('not listed');
  });

  test('one that nobody knows is told so, with exit code 1', async () => {
    const { code, stdout } = await world.run(['batch', '-Onobody']);
    expect(code).toBe(1);
    expect(stdout).toContain('The ledger knows no document in this batch.');
    const asked = await world.run([
      'batch',
      '-Onobody',
      '--results',
      `--classification-id=${CLASSIFICATION_ID}`,
    ]);
    expect(asked.stdout).toContain('Extracta knows no such batch');
  });
});

describe('bad usage is exit code 2, and one line that says what to change', () => {
  test.each([
    [['find'], /needs to be told which one/],
    [['find', 'a', '--file=b'], /takes one thing at a time/],
    [['failed', '--older-than=soon'], /Give a time such as 90s/],
    [['redrive', '--rate=fast', '--yes'], /Give messages a second/],
    [['redrive'], /add --yes, or --dry-run/],
    [['backfill', 'documents', '--yes'], /is no s3:\/\/bucket\/prefix/],
    [['backfill', 's3://elsewhere/', '--yes'], /The line reads documents, not elsewhere/],
    [['reupload', 'x', '--yes'], /^Say why with --reason/],
    [['export', '--since=yesterday'], /Give a day/],
    [['batch', '-Onobody', '--results'], /give --classification-id=ID/],
    [['nonsense'], /unknown command/],
    [['status', '--stack=Other'], /name two lines/],
  ])('%j', async (args, says) => {
    const { code, stdout, stderr } = await world.run(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(says);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  test('and so is a line that is not to be found', async () => {
    const { code, stderr } = await runHere(['status', '--local'], {
      runningFolder: `${world.folder}/nothing`,
    });
    expect(code).toBe(2);
    expect(stderr).toContain('start it with `npm start`');
  });
});

test.each(['', 'status', 'find', 'batch', 'failed', 'redrive', 'backfill', 'reupload', 'doctor', 'export'])(
  '%s --help helps, and ends well',
  async (verb) => {
    const { code, stdout } = await runHere([...(verb === '' ? [] : [verb]), '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain(`extracta-uploader ${verb}`);
  },
);
