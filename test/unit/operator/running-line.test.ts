import { chmod, mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { announceRunningLine, type RunningLine, runningLines } from '../../../lib/aws/running-line.ts';
import { temporaryFolder } from '../../support/local-s3.ts';

const line: RunningLine = {
  pid: process.pid,
  startedAtMs: 1,
  region: 'us-east-1',
  endpoints: { s3: 'http://127.0.0.1:1', sqs: 'http://127.0.0.1:2', dynamodb: 'http://127.0.0.1:3' },
  bucket: 'documents',
  queueUrl: 'http://127.0.0.1:2/q',
  deadLetterQueueUrl: 'http://127.0.0.1:2/d',
  tableName: 'ledger',
  configFile: '/none',
  waitsDivisor: 1,
  extractaUrl: 'http://127.0.0.1:4',
};
/** More than Linux, macOS or Windows ever give. */
const NOBODY = 2 ** 30;

test('a line is found while it is announced, by its user alone, and then no more', async () => {
  await using dir = await temporaryFolder();
  const folder = join(dir.path, 'running');
  {
    await using _ = await announceRunningLine(line, folder);
    expect(await runningLines(folder)).toEqual([line]);
    const [name = ''] = await readdir(folder);
    expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
  }
  expect(await readdir(dir.path)).toEqual([]);
});

test('a run that ends leaves the word of another one alone', async () => {
  await using dir = await temporaryFolder();
  const folder = join(dir.path, 'running');
  const other = { ...line, pid: process.ppid };
  await announceRunningLine(other, folder);
  await (await announceRunningLine(line, folder))[Symbol.asyncDispose]();
  expect(await runningLines(folder)).toEqual([other]);
});

test('what a killed run left behind, and what nobody can read, is taken away', async () => {
  await using dir = await temporaryFolder();
  await announceRunningLine({ ...line, pid: NOBODY }, dir.path);
  await writeFile(join(dir.path, 'half.json'), '{"pid":');
  expect(await runningLines(dir.path)).toEqual([]);
  expect(await readdir(dir.path)).toEqual([]);
});

test('of several the newest comes first', async () => {
  await using dir = await temporaryFolder();
  await announceRunningLine(line, dir.path);
  await announceRunningLine({ ...line, pid: process.ppid, startedAtMs: 2 }, dir.path);
  expect((await runningLines(dir.path)).map(({ pid }) => pid)).toEqual([process.ppid, process.pid]);
});

test('a file that lies where the folder should be is not trusted', async () => {
  await using dir = await temporaryFolder();
  const file = join(dir.path, 'running');
  await writeFile(file, '');
  await expect(announceRunningLine(line, file)).rejects.toThrow();
});

test('where nothing was ever announced nothing runs', async () => {
  await using dir = await temporaryFolder();
  await mkdir(join(dir.path, 'empty'));
  await chmod(join(dir.path, 'empty'), 0o700);
  expect(await runningLines(join(dir.path, 'none'))).toEqual([]);
  expect(await runningLines(join(dir.path, 'empty'))).toEqual([]);
});
