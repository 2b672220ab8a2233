import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { StatusReport } from '../../lib/operator/status.ts';
import { temporaryFolder } from '../support/local-s3.ts';

/** The command as a process of its own, beside `npm start` as another. */

const BIN = join(import.meta.dirname, '../../bin');

function started(script: string, args: readonly string[], tmp: string): ChildProcess {
  const child = spawn(process.execPath, [join(BIN, script), ...args], {
    env: { PATH: process.env['PATH'] ?? '', HOME: tmp, TMPDIR: tmp, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

async function saidBy(child: ChildProcess) {
  const [out, err]: [string[], string[]] = [[], []];
  child.stdout?.setEncoding('utf8').on('data', (piece: string) => out.push(piece));
  child.stderr?.setEncoding('utf8').on('data', (piece: string) => err.push(piece));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout: out.join(''), stderr: err.join('') };
}

async function says(child: ChildProcess, pattern: RegExp): Promise<RegExpExecArray> {
  let text = '';
  for await (const piece of child.stdout?.setEncoding('utf8') ?? []) {
    text += String(piece);
    const found = pattern.exec(text);
    if (found !== null) return found;
  }
  throw new Error(`It ended without saying ${pattern}: ${text}`);
}

test('--local and the console find the run of npm start, and after it ended, --local finds nothing', async () => {
  await using dir = await temporaryFolder();
  const file = join(dir.path, 'letter.txt');
  await writeFile(file, 'a letter');
  const line = started('local.ts', [file], dir.path);
  line.stderr?.resume();
  const [, address = ''] = await says(line, /Up and waiting[\s\S]*Console {3}(http:\S+)\n/);
  line.stdout?.resume();
  const operator = (...args: readonly string[]) =>
    saidBy(started('uploader.ts', [...args, '--local'], dir.path));
  const status = await operator('status', '--json');
  expect(JSON.parse(status.stdout) as StatusReport, status.stderr).toMatchObject({
    uploadedToday: 1,
    parked: 0,
  });
  expect(status).toMatchObject({ code: 0, stderr: '' });
  expect((await operator('find', 'letter.txt')).stdout).toContain('It is at Extracta.');
  const { origin, hash } = new URL(address);
  const headers = { authorization: `Bearer ${hash.slice(1)}` };
  const shown = await fetch(`${origin}/api/find?what=letter.txt`, { headers });
  expect(await shown.json()).toMatchObject({ verb: 'find', documents: [{ state: 'uploaded' }] });
  expect(await operator('redrive')).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringContaining('add --yes'),
  });
  line.kill('SIGINT');
  await once(line, 'close');
  expect((await readdir(dir.path)).filter((name) => name.endsWith('-running'))).toEqual([]);
  expect(await operator('status')).toMatchObject({ code: 2, stderr: expect.stringContaining('npm start') });
});

test('without AWS credentials or region it says so in one line', async () => {
  await using dir = await temporaryFolder();
  const { code, stdout, stderr } = await saidBy(started('uploader.ts', ['status'], dir.path));
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/^AWS can't be asked: .*Set AWS_PROFILE or AWS_REGION\.\n$/);
});
