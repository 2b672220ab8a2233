import { once } from 'node:events';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../support/local-s3.ts';
import { type Ended, runCommand, runHere } from './start-command.ts';

const HERE = ['--extracta-url=http://127.0.0.1:9/base', '--classification-id=-Oabc'];

function expectRefusal(ended: Ended, says: RegExp): void {
  expect([ended.code, ended.stdout], ended.stderr).toEqual([2, '']);
  expect(ended.stderr.trimEnd()).toMatch(says);
  // One line, and so no stack.
  expect(ended.stderr.trimEnd()).not.toContain('\n');
}

it.each<[string, readonly string[], RegExp, string?]>([
  ['an unknown flag', ['--frobnicate'], /unknown option '--frobnicate'.*--help/],
  [
    'missing files, all of them',
    ['no/such/file.pdf', 'gone'],
    /^\/.*\/no\/such\/file\.pdf does not exist: check.*\/gone does not exist/,
  ],
  ['a port that is no number', ['--port=http'], /'http' is invalid\. Give a port/],
  ['a port that is too high', ['--port=70000'], /Give a port from 1 to 65535/],
  ['an unknown batch policy', ['--batch-by=week'], /'week' is invalid.*folder, day, route, object/],
  [
    'a URL that is none',
    ['--extracta-url=extracta', '--classification-id=-Oabc'],
    /Give a whole URL such as/,
  ],
  [
    'a URL of another kind',
    ['--extracta-url=ftp://x/', '--classification-id=-Oabc'],
    /Give a whole URL such as/,
  ],
  ['a URL without TLS', ['--extracta-url=http://example.com', '--classification-id=-Oabc'], /Use https/],
  ['a URL without a classification', ['--extracta-url=http://127.0.0.1:9'], /needs --classification-id=ID/],
  ['a missing token', HERE, /EXTRACTA_API_TOKEN is not set: export/],
  ['a token that no header takes', HERE, /copy it again/, 'a\nb'],
  ['an Extracta that is not there', HERE, /Nothing answers at .*: check --extracta-url/, 't'],
  [
    'a classification that the embedded one does not know',
    ['--classification-id=-Oabc'],
    /embedded Extracta does not know the classification -Oabc: add --extracta-url=https/,
  ],
  [
    'a data folder that is a file',
    ['--data=package.json'],
    /--data \/.*\/package\.json can't be written to.*name a folder/,
  ],
  [
    'a data folder that can not be made',
    ['--data=/proc/none/data'],
    /--data \/proc\/none\/data can't be written to \(E[A-Z]+\): name a folder/,
  ],
])('%s is refused in one line that says what to change', async (_, args, says, apiToken) => {
  expectRefusal(await runHere(['--once', ...args], apiToken), says);
});

it('a refusal is the exit code of the process, and its one line; paths begin where npm’s caller stood', async () => {
  const environment = { npm_lifecycle_event: 'start', INIT_CWD: '/some/where' };
  expectRefusal(
    await runCommand(['gone.pdf', '../else'], environment),
    /^\/some\/where\/gone\.pdf does not exist.* \/some\/else does not exist/,
  );
});

it('a password in a refused URL is not repeated', async () => {
  const ended = await runHere(['--extracta-url=https://me:hush@example.com/', '--classification-id=-Oabc']);
  expectRefusal(ended, /Leave user, password/);
  expect(ended.stderr).not.toContain('hush');
});

it('a port that is taken is refused', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  expectRefusal(
    await runHere(['--once', `--port=${port}`]),
    new RegExp(`Port ${port} is taken: give another --port`),
  );
  server.close();
});

it('files that would meet at one key, names too long for the local S3, and empty folders are refused', async () => {
  await using temporary = await temporaryFolder();
  const folders = ['a', 'b', 'empty'].map((name) => join(temporary.path, name));
  for (const folder of folders) await mkdir(folder);
  const [a = '', b = '', empty = ''] = folders;
  const long = join(a, `${'x'.repeat(240)}.pdf`);
  for (const file of [join(a, 'same.pdf'), join(b, 'same.pdf'), long]) await writeFile(file, 'x');
  expectRefusal(await runHere([join(a, 'same.pdf'), join(b, 'same.pdf')]), /would both become same\.pdf/);
  expectRefusal(await runHere([long]), /a segment has 244 bytes, more than 233: rename it/);
  expectRefusal(await runHere([empty]), /holds no file/);
});

it('what can not be read is refused', async () => {
  await using temporary = await temporaryFolder();
  const loop = join(temporary.path, 'loop');
  await symlink(loop, loop);
  expectRefusal(await runHere([loop]), /loop can't be read \(ELOOP\): check it/);
  const dangling = join(temporary.path, 'folder/dangling.pdf');
  await mkdir(join(temporary.path, 'folder'));
  await symlink('nothing', dangling);
  expectRefusal(
    await runHere([join(temporary.path, 'folder')]),
    /folder\/dangling\.pdf is a link to what does not exist: mend or remove it/,
  );
});

it.each([
  ['--help', /--extracta-url.*--impatient/s],
  ['--version', /^\d+\.\d+\.\d+\n$/],
])('%s prints and exits with 0', async (flag, says) => {
  const { code, stdout, stderr } = await runCommand([flag]);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(says);
});
