import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { expect, it } from 'vitest';
import { s3Client, temporaryFolder } from '../support/local-s3.ts';
import { makeSamples } from '../support/make-samples.ts';
import { reportIn, runCommand, startCommand } from './start-command.ts';

it('uploads every sample; two folders become two batches; the report is all that standard output holds', async () => {
  await using temporary = await temporaryFolder();
  const ended = await runCommand(['--once', '--json'], { TMPDIR: temporary.path });
  const { documents, summary } = reportIn(ended);
  const samples = makeSamples();
  expect(ended.code).toBe(0);
  expect(documents.map(({ object, state, sizeBytes }) => [object, state, sizeBytes])).toEqual(
    [...samples].map(([name, bytes]) => [`s3://documents/${name}`, 'uploaded', bytes.length]).sort(),
  );
  const batchesOf = (folder: string) =>
    new Set(documents.filter(({ object }) => object.includes(`/${folder}/`)).map(({ batchId }) => batchId));
  expect([batchesOf('invoices').size, batchesOf('contracts').size]).toEqual([1, 1]);
  expect(batchesOf('invoices')).not.toEqual(batchesOf('contracts'));
  expect(documents.find(({ object }) => object.endsWith('Договор аренды.pdf'))?.numberOfPages).toBe(3);
  expect(summary).toMatchObject({
    documents: 8,
    uploaded: 8,
    skipped: 0,
    parked: 0,
    unsettled: 0,
    batches: 2,
    scheduledRedrives: 0,
  });
  expect(ended.stdout + ended.stderr).not.toMatch(/Signature|local-token/);
  // The temporary folder is gone.
  expect((await readdir(temporary.path)).filter((name) => name.startsWith('extracta-uploader-'))).toEqual([]);
});

it('parks what can’t be uploaded, with its reason, uploads the rest, and exits with 1', async () => {
  await using temporary = await temporaryFolder();
  const folder = join(temporary.path, 'mixed');
  await mkdir(join(folder, 'deep/er'), { recursive: true });
  await writeFile(join(folder, 'good.txt'), 'good');
  await writeFile(join(folder, 'deep/er/also good.txt'), 'also good');
  await writeFile(join(folder, 'empty.pdf'), '');
  await writeFile(join(folder, 'program.exe'), 'MZ');
  const ended = await runCommand(['--once', '--json', '--batch-by=object', folder]);
  const { documents, summary } = reportIn(ended);
  expect(ended.code).toBe(1);
  expect(documents.map(({ object, state, reason }) => [object, state, reason])).toEqual([
    ['s3://documents/mixed/deep/er/also good.txt', 'uploaded', undefined],
    ['s3://documents/mixed/empty.pdf', 'parked', 'document.empty'],
    ['s3://documents/mixed/good.txt', 'uploaded', undefined],
    ['s3://documents/mixed/program.exe', 'parked', 'document.unsupported-type'],
  ]);
  expect(summary).toMatchObject({ uploaded: 2, parked: 2, batches: 2, scheduledRedrives: 0 });
});

it('prints a table for people, without colours where nobody looks', async () => {
  const { code, stdout } = await runCommand([
    '--once',
    'package.json',
    'samples/invoices/Invoice 2026-014.pdf',
  ]);
  expect(code).toBe(1);
  expect(stdout).toContain('Document');
  expect(stdout).toMatch(/^ {2}Invoice 2026-014\.pdf +uploaded +1 +770 B +-\S{19}$/m);
  expect(stdout).toMatch(/document\.unsupported-type: /);
  expect(stdout).toContain('1 of 2 uploaded, 1 parked');
  expect(stdout).not.toContain('\x1b');
});

it('stays up without --once, tells of a further object, and on Ctrl-C of what is parked', async () => {
  await using temporary = await temporaryFolder();
  const given = ['samples/invoices/Invoice 2026-014.pdf', 'package.json'];
  await using started = startCommand(given, { TMPDIR: temporary.path });
  const [, endpoint = '', bucket = ''] = await started.says(
    /aws --endpoint-url (\S+) s3 cp \S+ s3:\/\/([^/]+)\//,
  );
  const told = started.says(/uploaded s3:\/\/documents\/later\/one\.txt {2}batch -\S{19}, file -\S{19}, 5 B/);
  const client = s3Client(endpoint);
  await client.send(new PutObjectCommand({ Bucket: bucket, Key: 'later/one.txt', Body: 'later' }));
  client.destroy();
  await told;
  started.child.kill('SIGINT');
  const { code, stdout } = await started.ended;
  expect(code).toBe(1);
  expect(stdout).toContain('Stopped: 3 documents, 1 parked, 0 not settled.');
  expect((await readdir(temporary.path)).filter((name) => name.startsWith('extracta-uploader-'))).toEqual([]);
});
