import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type OperatorWorld, startOperatorWorld } from './operator-world.ts';

/** The commands of docs/operating.md, run as they stand there, each answering its question. */

const GUIDE = readFileSync(join(import.meta.dirname, '../../docs/operating.md'), 'utf8');
const COMMAND = /^ {4}npx extracta-uploader (.*)$/gm;

/** Question -> its commands, in order. */
const questions = new Map(
  GUIDE.split(/^### /m)
    .slice(1)
    .map((section) => {
      const [title = '', ...rest] = (section.split(/^## /m)[0] ?? '').split('\n');
      return [title, [...rest.join('\n').matchAll(COMMAND)].map(([, args = '']) => args)] as const;
    }),
);

/** As a shell would take them apart. */
const wordsOf = (args: string) =>
  [...args.matchAll(/(?:[^\s"]|"[^"]*")+/g)].map(([word]) => word.replaceAll('"', ''));

interface Expected {
  readonly code: number;
  readonly says: RegExp;
}

/** What each command answers to the scene below. */
const ANSWERS: Readonly<Record<string, readonly Expected[]>> = {
  '1': [{ code: 1, says: /Parked\s+2\n\s+2 {2}extracta\.rejected/ }],
  '2': [{ code: 0, says: /uploaded {2}s3:\/\/documents\/invoices\/march\.pdf\n\s+It is at Extracta\./ }],
  '3': [{ code: 1, says: /The object is in the bucket since .*backfill queues it\./ }],
  '4': [
    { code: 1, says: /2 documents parked/ },
    { code: 1, says: /1 document parked[\s\S]*scans\/rejected\.pdf/ },
  ],
  '5': [
    { code: 0, says: /2 messages would be sent back/ },
    { code: 0, says: /2 messages sent back/ },
  ],
  '6': [
    { code: 0, says: /1 object would be queued/ },
    { code: 0, says: /1 object queued/ },
  ],
  '7': [{ code: 0, says: /Edition 2 is queued: a further file/ }],
  '8': [
    {
      code: 0,
      says: /2 documents[\s\S]*march\.pdf +uploaded +-\S+ +processed/,
    },
  ],
  '9': [{ code: 0, says: /Nothing wrong found/ }],
  '10': [
    { code: 0, says: /^bucket,key,versionId[\s\S]*invoices\/march\.pdf,[\s\S]*'-/ },
    { code: 0, says: /"key":"invoices\/march\.pdf"/ },
  ],
};

let world: OperatorWorld;
beforeAll(async () => {
  world = await startOperatorWorld();
  await setTheScene();
});
afterAll(() => world[Symbol.asyncDispose]());

/** The guide writes `-Obatch` for the id of whatever batch the reader has. */
let batchId = '';

async function setTheScene(): Promise<void> {
  const march = await world.put('invoices/march.pdf');
  await world.announce(march, await world.put('invoices/bad-scan.pdf'));
  await world.drain();
  batchId = (await world.item(march))?.mapping?.batchId ?? '';
  await world.put('invoices/never-announced.pdf');
  await world.put('archive/old.pdf');
  const twoHoursAgo = { code: 'extracta.rejected', message: 'as told', atMs: Date.now() - 2 * 3_600_000 };
  await world.park(await world.put('scans/rejected.pdf'), { lastFailure: twoHoursAgo });
  await world.park(await world.put('letters/rejected.pdf'));
}

test('asks ten questions, and answers each with a command', () => {
  expect([...questions.keys()]).toHaveLength(10);
  for (const [title, commands] of questions) {
    const [number = ''] = title.split('.');
    expect(commands.length, title).toBe(ANSWERS[number]?.length);
  }
});

test.each([...questions])('%s', async (title, commands) => {
  const [number = ''] = title.split('.');
  for (const [at, command] of commands.entries()) {
    const { code, stdout, stderr } = await world.run(
      wordsOf(command).map((word) => word.replace('-Obatch', batchId)),
    );
    if (command.includes('--yes')) await world.drain();
    const expected = ANSWERS[number]?.[at];
    expect(stdout, `${command}\n${stderr}`).toMatch(expected?.says ?? /$^/);
    expect(code, `${command}\n${stdout}${stderr}`).toBe(expected?.code);
  }
});

test('every verb stands in it', () => {
  for (const verb of [
    'status',
    'find',
    'failed',
    'redrive',
    'backfill',
    'reupload',
    'batch',
    'doctor',
    'export',
  ])
    expect(
      [...questions.values()].flat().some((command) => command.startsWith(verb)),
      verb,
    ).toBe(true);
});
