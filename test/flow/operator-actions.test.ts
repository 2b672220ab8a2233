import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { BackfillReport } from '../../lib/operator/backfill.ts';
import { stateFile } from '../../lib/operator/backfill-state.ts';
import type { ExportedRow } from '../../lib/operator/export.ts';
import type { RedriveReport } from '../../lib/operator/redrive.ts';
import type { RedrivePlan } from '../../lib/operator/redrive-plan.ts';
import type { ReuploadReport } from '../../lib/operator/reupload.ts';
import type { Arrival, ArrivalMessage, DocumentItem } from '../../lib/pipeline/model.ts';
import {
  BUCKET,
  bodiesIn,
  interruptedAtTheSecondMessage,
  type OperatorWorld,
  reportIn,
  runHere,
  startOperatorWorld,
} from './operator-world.ts';

/** What the command does, on a line over HTTP. */

let world: OperatorWorld;
beforeAll(async () => {
  world = await startOperatorWorld();
});
afterEach(() => world.purge());
afterAll(() => world[Symbol.asyncDispose]());

const sentTo = async (): Promise<readonly ArrivalMessage[]> =>
  (await bodiesIn(world.clients, world.queueUrl)).map((body) => JSON.parse(body) as ArrivalMessage);

const filesAtExtracta = (arrival: Arrival) =>
  world.extracta
    .truth()
    .filter(({ fileName }) => fileName.startsWith(arrival.key.split('/').at(-1)?.split('.')[0] ?? ''));

/** What an earlier test left parked must not be met again. */
const settleAll = async (...items: readonly DocumentItem[]) => {
  for (const item of items) {
    const now = await world.item(item.arrival);
    if (now?.state === 'parked')
      await world.ledger.write({ ...now, state: 'skipped', rev: 'settled' }, now.rev);
  }
};

describe('redrive', () => {
  test('first says what it would do, and changes nothing', async () => {
    const one = await world.park(await world.put('dry/one.txt'));
    const two = await world.park(await world.put('dry/two.txt'), {
      sentTo: [{ classificationId: '-Oc', batchId: '?' }],
      lastFailure: { code: 'upload.unverifiable', message: 'as told', atMs: Date.now() },
    });
    const plan = reportIn<RedrivePlan>(await world.run(['redrive', '--dry-run', '--json']));
    expect(plan).toMatchObject({
      wouldSend: 2,
      mayDouble: 1,
      byReason: { 'extracta.rejected': 1, 'upload.unverifiable': 1 },
    });
    const { stdout } = await world.run(['redrive', '--dry-run']);
    expect(stdout).toContain('2 messages would be sent back');
    expect(stdout).toContain('Of 1 of them nobody can tell whether they arrived');
    expect(await world.letters()).toBe(2);
    expect(await sentTo()).toEqual([]);
    await settleAll(one, two);
  });

  test('sends back what the filters take, with the letter that alone may wake it, and only that', async () => {
    const meant = await world.park(await world.put('meant/one.txt'));
    const other = await world.park(await world.put('other/one.txt'));
    const { code, stdout } = await world.run(['redrive', '--prefix=meant/', '--yes']);
    expect(code).toBe(0);
    expect(stdout).toContain('1 message sent back');
    expect(await sentTo()).toEqual([{ uploader: 'arrival', arrival: meant.arrival, parkId: meant.parkId }]);
    expect(await world.letters()).toBe(1);
    expect(await world.item(meant.arrival)).toMatchObject({ state: 'parked', sentBack: meant.parkId });
    expect((await world.item(other.arrival))?.sentBack).toBeUndefined();
    await settleAll(meant, other);
  });

  test('and the function then uploads it: once, though the letter was met twice', async () => {
    const arrival = await world.put('again/mended.txt');
    const item = await world.park(arrival);
    await world.run(['redrive', '--reason=extracta.rejected', '--yes']);
    await world.outbox.park({
      body: JSON.stringify({ uploader: 'arrival', arrival, parkId: item.parkId }),
      reason: 'extracta.rejected',
      message: 'as told',
      attempts: 1,
      redrives: 0,
      firstSeenAtMs: 1,
      parkId: item.parkId ?? '',
    });
    const plan = reportIn<RedrivePlan>(await world.run(['redrive', '--dry-run', '--json']));
    expect(plan).toMatchObject({ wouldSend: 0, wouldRemove: 1 });
    const second = reportIn<RedriveReport>(await world.run(['redrive', '--yes', '--json']));
    expect(second).toMatchObject({ sentBack: 0, removed: 1, left: 0 });
    await world.drain();
    expect(await world.item(arrival)).toMatchObject({ state: 'uploaded', redrives: 1 });
    expect(filesAtExtracta(arrival)).toHaveLength(1);
  });

  test('killed between send and delete, nothing is lost and nothing is there twice', async () => {
    const arrivals = await Promise.all(['a', 'b', 'c'].map((name) => world.put(`killed/killed-${name}.txt`)));
    for (const arrival of arrivals) await world.park(arrival);
    // The process dies with its letters in hand: what was sent was confirmed and not noted, nothing was removed.
    const first = await world.item(arrivals[0] as Arrival);
    await world.queue.send(
      JSON.stringify({ uploader: 'arrival', arrival: arrivals[0], parkId: first?.parkId }),
    );
    const report = reportIn<RedriveReport>(
      await world.run(['redrive', '--prefix=killed/', '--yes', '--json']),
    );
    expect(report).toMatchObject({ sentBack: 3, removed: 3 });
    await world.drain();
    for (const arrival of arrivals) {
      expect(await world.item(arrival)).toMatchObject({ state: 'uploaded' });
      expect(filesAtExtracta(arrival)).toHaveLength(1);
    }
    expect(await world.letters()).toBe(0);
  });

  test('broken off by Ctrl-C, the letters that are left are there for everybody, and the rest goes on later', async () => {
    const items: DocumentItem[] = [];
    for (const name of ['1', '2', '3', '4'])
      items.push(await world.park(await world.put(`slow/${name}.txt`)));
    const { clock, interrupted } = interruptedAtTheSecondMessage();
    const args = ['redrive', '--prefix=slow/', '--rate=1', '--yes', '--json'];
    const broken = await world.run(args, { interrupted, clock });
    expect(broken.code).toBe(130);
    expect(reportIn<RedriveReport>(broken)).toMatchObject({
      sentBack: 1,
      removed: 1,
      interrupted: true,
      left: 3,
    });
    expect(await world.letters()).toBe(3);
    expect(
      reportIn<RedriveReport>(await world.run(['redrive', '--prefix=slow/', '--yes', '--json'])),
    ).toMatchObject({
      sentBack: 3,
      removed: 3,
    });
    expect(await sentTo()).toHaveLength(4);
    await settleAll(...items);
  });

  test('a letter that expired is sent from the ledger; a stale one is removed, and wakes nothing', async () => {
    const expired = await world.park(await world.put('old/expired.txt'), {}, false);
    const stale = await world.park(await world.put('old/stale.txt'));
    await world.ledger.write(
      { ...stale, state: 'uploading', parkId: 'other', rev: 'moved' } as DocumentItem,
      stale.rev,
    );
    const report = reportIn<RedriveReport>(await world.run(['redrive', '--prefix=old/', '--yes', '--json']));
    expect(report).toMatchObject({ sentBack: 1, fromLedger: 1, removed: 1 });
    expect(await sentTo()).toEqual([
      { uploader: 'arrival', arrival: expired.arrival, parkId: expired.parkId },
    ]);
    const second = await world.run(['redrive', '--prefix=old/', '--yes', '--json']);
    expect(reportIn<RedriveReport>(second)).toMatchObject({ sentBack: 0 });
    const again = await world.run(['redrive', '--prefix=old/', '--again', '--yes', '--json']);
    expect(reportIn<RedriveReport>(again)).toMatchObject({ sentBack: 1, fromLedger: 1 });
    await settleAll(expired);
  });

  test('on a terminal a bar tells how far it is', async () => {
    const items = [
      await world.park(await world.put('bar/1.txt')),
      await world.park(await world.put('bar/2.txt'), {}, false),
    ];
    const stderr = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY: true, columns: 100 });
    let nowMs = Date.now();
    // A clock that moves on at each look, so that every line is drawn.
    const clock = { nowMs: () => (nowMs += 200), sleep: async () => {} };
    await world.run(['redrive', '--prefix=bar/', '--yes'], { stderr, clock });
    const said = String(stderr.read());
    expect(said).toContain('[##########----------] 1 of 2 sent back');
    expect(said).toContain('[####################] 2 of 2 sent back');
    await settleAll(...items);
  });

  test('what nobody can read goes back only if its reason is named', async () => {
    const letter = { reason: 'arrival.malformed', message: '', attempts: 0, redrives: 0, firstSeenAtMs: 1 };
    await world.outbox.park({ ...letter, body: 'no JSON' });
    expect(reportIn<RedriveReport>(await world.run(['redrive', '--yes', '--json']))).toMatchObject({
      sentBack: 0,
      left: 1,
    });
    const named = await world.run(['redrive', '--reason=arrival.malformed', '--yes', '--json']);
    expect(reportIn<RedriveReport>(named)).toMatchObject({ sentBack: 1, removed: 1 });
    expect(await bodiesIn(world.clients, world.queueUrl)).toEqual(['no JSON']);
  });

  test('asks first, and does nothing against a no', async () => {
    const item = await world.park(await world.put('asked/one.txt'));
    const asked: string[] = [];
    const answer = (yes: boolean) => ({
      ask: async (question: string) => {
        asked.push(question);
        return yes;
      },
    });
    const { code, stdout, stderr } = await world.run(['redrive'], answer(false));
    expect({ code, stdout, asked }).toEqual({ code: 1, stdout: '', asked: ['Send 1 back?'] });
    expect(stderr).toContain('Nothing was done.');
    expect(await sentTo()).toEqual([]);
    expect((await world.run(['redrive'], answer(true))).code).toBe(0);
    expect(await sentTo()).toHaveLength(1);
    await settleAll(item);
  });

  test('a queue that refuses is told, and the letters stay', async () => {
    const item = await world.park(await world.put('refused/one.txt'));
    const { code, stdout, stderr } = await runHere(
      ['redrive', '--prefix=refused/', '--yes', '--queue-url', `${world.queueUrl}-none`].concat(
        '--dead-letter-queue-url',
        world.deadLetterQueueUrl,
        '--table',
        'ledger',
        '--json',
      ),
    );
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    const report = JSON.parse(stdout) as RedriveReport;
    expect(report.refused).toBeGreaterThan(0);
    expect(report).toMatchObject({
      sentBack: 0,
      removed: 0,
      refusals: [expect.stringContaining('SendMessageBatch')],
    });
    expect(await world.letters()).toBe(1);
    await settleAll(item);
  });
});

describe('reupload', () => {
  test('makes a further file, keeps the earlier one on record, and why', async () => {
    const arrival = await world.put('re/twice.txt');
    await world.announce(arrival);
    await world.drain();
    const before = await world.item(arrival);
    const { code, stdout } = await world.run(['reupload', 're/twice.txt', '--reason=bad scan', '--yes']);
    expect(code).toBe(0);
    expect(stdout).toContain('Edition 2 is queued');
    expect(stdout).toContain(`The file ${before?.mapping?.fileId} stays at Extracta`);
    await world.drain();
    const after = await world.item(arrival);
    expect(after).toMatchObject({ state: 'uploaded', edition: 2, earlierFiles: [before?.mapping] });
    expect(after?.mapping?.fileId).not.toBe(before?.mapping?.fileId);
    expect(filesAtExtracta(arrival)).toHaveLength(2);
    const found = await world.run(['find', before?.mapping?.fileId ?? '']);
    expect(found.stdout).toMatch(/Reuploaded\s+\S+Z {2}edition 2: bad scan/);
  });

  test('says what it would do, asks, and leaves all as it is against a no', async () => {
    const arrival = await world.put('re/kept.txt');
    await world.announce(arrival);
    await world.drain();
    const before = await world.item(arrival);
    const args = ['reupload', 's3://documents/re/kept.txt', '--reason=x'];
    expect((await world.run([...args, '--dry-run'])).stdout).toContain('Edition 2 would be queued');
    expect((await world.run(args, { ask: async () => false })).code).toBe(1);
    expect((await world.run(args)).code).toBe(2);
    expect(await world.item(arrival)).toEqual(before);
    expect(await sentTo()).toEqual([]);
  });

  test('a parked document is for redrive; what nobody knows is bad usage', async () => {
    const item = await world.park(await world.put('re/parked.txt'));
    const refused = await world.run(['reupload', 're/parked.txt', '--reason=x', '--yes', '--json']);
    expect(refused.code).toBe(1);
    expect(reportIn<ReuploadReport>(refused)).toMatchObject({
      isQueued: false,
      standing: { kind: 'refused', because: expect.stringContaining('use redrive') },
    });
    expect((await world.run(['reupload', 'none.txt', '--reason=x', '--yes'])).code).toBe(2);
    await settleAll(item);
  });

  test('one whose last look was never queued gets that look first, and is then uploaded again', async () => {
    const arrival = await world.put('re/look.txt');
    await world.announce(arrival);
    await world.drain();
    const item = await world.item(arrival);
    if (item?.mapping === undefined) throw new Error('not uploaded');
    const { classificationId, batchId } = item.mapping;
    await world.ledger.write(
      { ...item, lookAt: [{ classificationId, batchId }], rev: 'to look at' },
      item.rev,
    );
    const first = await world.run(['reupload', 're/look.txt', '--reason=x', '--yes']);
    expect(first).toMatchObject({ code: 1, stdout: expect.stringContaining('try again in a minute') });
    await world.drain();
    expect((await world.item(arrival))?.lookAt).toBeUndefined();
    expect((await world.run(['reupload', 're/look.txt', '--reason=x', '--yes'])).code).toBe(0);
  });

  test('a skipped one is woken by its arrival, and uploaded for the first time', async () => {
    const arrival = await world.put('re/skipped.txt');
    const item = await world.park(arrival, {}, false);
    const { parkId: _, lastFailure: __, ...rest } = item;
    await world.ledger.write(
      { ...rest, state: 'skipped', skippedBecause: 'document.gone', rev: 's' },
      item.rev,
    );
    await world.run(['reupload', 're/skipped.txt', '--reason=it is back', '--yes']);
    await world.drain();
    expect(await world.item(arrival)).toMatchObject({ state: 'uploaded', edition: 1 });
  });
});

describe('export', () => {
  test('as JSON lines has every mapping, exactly', async () => {
    const arrival = await world.put('ex/=cmd|calc,"x".txt');
    await world.announce(arrival);
    await world.drain();
    const { code, stdout, stderr } = await world.run(['export']);
    expect(code).toBe(0);
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as ExportedRow);
    const mapping = (await world.item(arrival))?.mapping;
    expect(rows).toContainEqual({
      bucket: 'documents',
      key: arrival.key,
      versionId: '',
      eTag: arrival.eTag,
      sizeBytes: arrival.sizeBytes,
      classificationId: mapping?.classificationId,
      batchId: mapping?.batchId,
      fileId: mapping?.fileId,
      fileName: mapping?.fileName,
      numberOfPages: mapping?.numberOfPages ?? '',
      uploadedAt: new Date(mapping?.uploadedAtMs ?? 0).toISOString(),
      edition: 1,
    });
    expect(stderr).toContain(`${rows.length} mappings of`);
  });

  test('a terminal is shown no name that it would obey, and a program that asks for it gets every name as it is', async () => {
    const arrival = await world.put('ex/\u001b[31m.txt');
    await world.announce(arrival);
    await world.drain();
    const stdout = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY: true });
    await world.run(['export', '--format=csv'], { stdout });
    expect(String(stdout.read())).toContain(String.raw`ex/\u001b[31m.txt`);
    expect((await world.run(['export', '--format=csv', '--exact'])).stdout).toContain(arrival.key);
    const sheet = (await world.run(['export', '--format=csv'])).stdout;
    expect(sheet).toContain(String.raw`ex/\u001b[31m.txt`);
    expect(sheet).not.toContain('\u001b');
  });

  test('as CSV no cell can be taken for a formula, and --exact leaves every cell as it is', async () => {
    const arrival = await world.put('=formula.txt');
    await world.announce(arrival);
    await world.drain();
    const { batchId } = (await world.item(arrival))?.mapping ?? {};
    const csv = await world.run(['export', '--format=csv']);
    expect(csv.stdout).toMatch(/^bucket,key,versionId,eTag/);
    expect(csv.stdout).toContain(`documents,'=formula.txt,,`);
    expect(csv.stdout).toContain(`,'${batchId},`);
    expect(csv.stdout).not.toMatch(/(?:^|,)"?[=+@-]/m);
    const exact = await world.run(['export', '--format=csv', '--exact']);
    expect(exact.stdout).toContain('documents,=formula.txt,,');
    expect(exact.stdout).toContain(`,${batchId},`);
  });

  test('--since leaves out what was uploaded before', async () => {
    const later = new Date(Date.now() + 3_600_000).toISOString();
    expect(await world.run(['export', `--since=${later}`])).toMatchObject({ code: 0, stdout: '' });
  });
});

describe('backfill', () => {
  test('what a dry run tells of one that is to be resumed is what is still to be done', async () => {
    for (const name of ['a', 'b', 'c']) await world.put(`resumed/${name}.txt`);
    const stateFolder = join(world.folder, 'resumed');
    const place = { bucket: BUCKET, prefix: 'resumed/', queueUrl: world.queueUrl };
    const state = stateFile(stateFolder, place);
    const counts = { listed: 2, known: 0, queued: 2, archived: 0, unrouted: 0 };
    const [afterKey, at] = ['resumed/b.txt', '2026-05-01T00:00:00.000Z'];
    await state.write({ ...place, afterKey, counts, at });
    const args = ['backfill', 's3://documents/resumed/', '--resume', '--json'];
    const plan = reportIn<BackfillReport>(await world.run([...args, '--dry-run'], { stateFolder }));
    expect(plan).toMatchObject({ listed: 1, queued: 1, isWhole: true, resumedAfter: afterKey });
    const done = reportIn<BackfillReport>(await world.run([...args, '--yes'], { stateFolder }));
    expect(done).toMatchObject({ listed: 3, queued: 3, isWhole: true });
    expect(await sentTo()).toHaveLength(1);
  });
});
