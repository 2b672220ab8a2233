import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { CANARY_TOKEN } from '../support/leaks/canaries.ts';
import { sha256, temporaryFolder } from '../support/local-s3.ts';
import { json, startForeignServer } from './foreign-server.ts';
import { reportIn, runHere } from './start-command.ts';

const TOKEN = CANARY_TOKEN;
const ID = '-Oelsewhere';
const files = new Map(
  ['one.txt', 'two words.pdf', 'größer+more.txt', '請求書.pdf'].map((name, i) => [
    name,
    Buffer.from(`content ${i} of ${name}`.repeat(i * 5000 + 1)),
  ]),
);

async function folderOf(path: string): Promise<string> {
  const folder = join(path, 'papers');
  await mkdir(folder);
  for (const [name, bytes] of files) await writeFile(join(folder, name), bytes);
  return folder;
}

const elsewhere = (origin: string) => [
  '--once',
  '--json',
  '--extracta-url',
  `${origin}/some/base`,
  `--classification-id=${ID}`,
];

it('uploads to a server that is not ours: every byte, the documented fields, the path under its base', async () => {
  await using temporary = await temporaryFolder();
  const folder = await folderOf(temporary.path);
  await using server = await startForeignServer(temporary.path);
  const ended = await runHere([...elsewhere(server.origin), folder], TOKEN);
  expect([ended.code, ended.stderr]).toEqual([0, expect.any(String)]);
  expect(server.uploads.map((upload) => upload.sha256).sort()).toEqual(
    [...files.values()].map(sha256).sort(),
  );
  for (const [index, upload] of server.uploads.entries()) {
    expect(upload).toMatchObject({
      path: '/some/base/documentClassification/uploadFiles',
      authorization: `Bearer ${TOKEN}`,
      hasLength: true,
    });
    const names = index === 0 ? ['classificationId', 'files'] : ['classificationId', 'batchId', 'files'];
    expect(upload.parts.map(([name]) => name)).toEqual(names);
    expect(upload.parts[0]?.[1]).toBe(ID);
  }
  const report = reportIn(ended);
  expect(report.documents.map(({ state, batchId }) => [state, batchId])).toEqual(
    Array(4).fill(['uploaded', '-Obatch-1']),
  );
});

it('holds the rest back until the first upload is answered: an unknown classification costs one request, exit 2', async () => {
  await using temporary = await temporaryFolder();
  const folder = await folderOf(temporary.path);
  const upload = () => json(400, { status: 'error', message: 'Classification not found' });
  await using server = await startForeignServer(temporary.path, { upload });
  const { code, stdout, stderr } = await runHere([...elsewhere(server.origin), folder], TOKEN);
  expect([code, stdout, server.uploads.length]).toEqual([2, '', 1]);
  expect(stderr.trimEnd().split('\n').at(-1)).toMatch(
    /does not know the classification.*--classification-id/,
  );
  expect(stderr).not.toMatch(/^\s+at /m);
});

it.each([
  ['Extracta’s own refusal', json(400, { status: 'error', message: 'Classification not found' }), 2],
  ['its refusal in other words', json(404, { status: 'error', error: 'No such classification' }), 2],
  ['a refused token', json(401, { status: 'error', message: 'Unauthorized' }), 2],
  [
    'a JSON 404 of a server without it',
    json(404, {
      message: 'Route POST:/some/base/documentClassification/viewClassification not found',
      error: 'Not Found',
      statusCode: 404,
    }),
    0,
  ],
  ['a server that fails', json(500, { status: 'error', message: 'Classification not found' }), 0],
])('asked for the classification, %s ends as it should', async (_, other, code) => {
  await using temporary = await temporaryFolder();
  await using server = await startForeignServer(temporary.path, { other });
  const file = join(temporary.path, 'one.txt');
  await writeFile(file, 'one');
  const ended = await runHere([...elsewhere(server.origin), file], TOKEN);
  expect([ended.code, server.uploads.length], ended.stderr).toEqual([code, code === 0 ? 1 : 0]);
  expect(server.others[0]).toBe('POST /some/base/documentClassification/viewClassification');
  if (code === 2) expect(ended.stderr.trimEnd().split('\n')).toHaveLength(1);
});

it('interrupted with --json it reports all the same, and says on standard error what is left and how to go on', async () => {
  await using temporary = await temporaryFolder();
  const interruption = new AbortController();
  const upload = () => {
    interruption.abort();
    return json(503, { status: 'error', message: 'Down for maintenance' });
  };
  await using server = await startForeignServer(temporary.path, { upload });
  const folder = await folderOf(temporary.path);
  const args = [...elsewhere(server.origin), '--data', join(temporary.path, 'data'), folder];
  const ended = await runHere(args, TOKEN, interruption.signal);
  expect(ended.code).toBe(130);
  expect(reportIn(ended).summary).toMatchObject({ documents: 1, unsettled: 1 });
  expect(ended.stderr).toMatch(/could not be asked: Extracta answered 404 .*The first upload will tell\.$/m);
  expect(ended.stderr).toMatch(
    /^Stopped: 4 of 4 not settled\. Start again with the same --data to go on\.$/m,
  );
  expect(ended.stderr).not.toContain('Without --data');
});

it('interrupted before anything was sent, it says so', async () => {
  await using temporary = await temporaryFolder();
  await using server = await startForeignServer(temporary.path);
  const file = join(temporary.path, 'one.txt');
  await writeFile(file, 'one');
  const { code, stdout, stderr } = await runHere(
    [...elsewhere(server.origin), file],
    TOKEN,
    AbortSignal.abort(),
  );
  expect([code, stdout, server.uploads.length]).toEqual([130, '', 0]);
  expect(stderr).toMatch(/^Stopped before anything was uploaded\.$/m);
});
