import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type Behaviour, endings, type ScriptedRequest } from '../../lib/local/extracta/behaviour.ts';
import { startLocalExtracta } from '../../lib/local/extracta/server.ts';
import { reportIn, runCommand, startCommand } from '../flow/start-command.ts';
import { CANARY_TOKEN } from '../support/leaks/canaries.ts';
import { sha256, temporaryFolder } from '../support/local-s3.ts';

const ID = '-OclassificationAAAA1';
const TOKEN = CANARY_TOKEN;
const DOCUMENTS = 50;
const ANSWERED = 25;

it('killed with half of its documents unsettled and started again, it settles all of them, none twice', async () => {
  await using temporary = await temporaryFolder();
  const folder = join(temporary.path, 'papers');
  await mkdir(folder);
  const contents = Array.from({ length: DOCUMENTS }, (_, i) => Buffer.from(`document ${i}`));
  for (const [i, bytes] of contents.entries()) await writeFile(join(folder, `${i}.txt`), bytes);
  const world = scriptedWorld();
  const extracta = await startLocalExtracta({
    token: TOKEN,
    classifications: [{ id: ID, name: 'Demo' }],
    script: world.script,
  });
  const data = join(temporary.path, 'data');
  const args = [
    '--data',
    data,
    '--json',
    '--impatient',
    '--extracta-url',
    extracta.url,
    `--classification-id=${ID}`,
  ];
  const environment = { EXTRACTA_API_TOKEN: TOKEN };
  {
    await using first = startCommand([...args, folder], environment);
    await world.manyHeld;
    first.child.kill('SIGKILL');
    await first.ended;
  }
  world.holdNoMore();
  const taken = await objectsIn(data);
  expect(taken).toBeGreaterThan(ANSWERED);

  // Without the folder: what was not settled is known by the data alone.
  const second = await runCommand([...args, '--once'], environment);

  expect(second.code, second.stderr).toBe(0);
  expect(second.stderr).toMatch(/^Waiting \d+ s for what the last run held when it was killed\.$/m);
  // The object that was being taken in when it was killed may be one more.
  const { documents, uploaded, batches } = reportIn(second).summary;
  expect(documents).toBeGreaterThanOrEqual(taken);
  expect([uploaded, batches]).toEqual([documents, 1]);
  const held = extracta.truth().map((file) => file.sha256);
  expect(held).toHaveLength(documents);
  const given = new Set(contents.map(sha256));
  expect(new Set(held.filter((hash) => given.has(hash))).size).toBe(documents);
  const mapped = reportIn(second).documents.map(({ fileId }) => fileId);
  expect(mapped.sort()).toEqual(
    extracta
      .truth()
      .map(({ fileId }) => fileId)
      .sort(),
  );
  expect(extracta.violations()).toEqual([]);
  await extracta.close();
});

/** Objects that the killed run had taken in whole. */
async function objectsIn(data: string): Promise<number> {
  const files = await readdir(join(data, 'objects'), { recursive: true });
  return files.filter((file) => file.endsWith('metadata.json')).length;
}

/** The first answers come; then uploads hang, every other one with its file kept. */
function scriptedWorld() {
  const never = new Promise<never>(() => {});
  const { promise: manyHeld, resolve } = Promise.withResolvers<void>();
  let holds = true;
  const script = ({ kind, n }: ScriptedRequest): Behaviour | undefined => {
    if (kind !== 'upload' || !holds || n <= ANSWERED) return undefined;
    if (n === ANSWERED + 4) resolve();
    return n % 2 === 0 ? { holdBefore: never } : { holdAfter: never };
  };
  return {
    script,
    manyHeld,
    holdNoMore: () => {
      holds = false;
    },
  };
}

it('stopped by Ctrl-C before all has settled, it says where all stands and exits with 130, leaving nothing behind', async () => {
  await using temporary = await temporaryFolder();
  const begun = Promise.withResolvers<void>();
  const extracta = await startLocalExtracta({
    token: TOKEN,
    classifications: [{ id: ID, name: 'Demo' }],
    script: ({ kind }) => {
      if (kind !== 'upload') return undefined;
      begun.resolve();
      return { end: endings.hang() };
    },
  });
  const file = join(temporary.path, 'one.txt');
  await writeFile(file, 'one');
  const args = ['--once', '--extracta-url', extracta.url, `--classification-id=${ID}`, file];
  await using started = startCommand(args, { EXTRACTA_API_TOKEN: TOKEN, TMPDIR: temporary.path });
  await begun.promise;
  // As npm passes on what the terminal has sent already.
  for (let sent = 0; sent < 2; sent += 1) started.child.kill('SIGINT');
  const { code, stdout, stderr } = await started.ended;
  expect(code, stderr).toBe(130);
  expect(stdout).toMatch(/^ {2}one\.txt +uploading +3 B$/m);
  expect(stdout).toMatch(/^Stopped: 1 of 1 not settled\. Without --data .* sent and paid for again\.$/m);
  expect(stderr).toMatch(/^Without --data this run forgets what it sent/m);
  expect(stderr).not.toMatch(/FunctionFailure/);
  expect(await readdir(temporary.path)).toEqual(['one.txt']);
  await extracta.close();
});
