import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { redriveOnSchedule } from '../../../lib/local/redrive-schedule.ts';
import { temporaryFolder } from '../../support/local-s3.ts';

interface ScheduleUnderTest {
  readonly ended: Promise<void>;
  readonly lines: readonly string[];
  /** Resolves when the function or the schedule says something. */
  readonly said: Promise<void>;
  /** How long it sleeps before its next run. */
  sleeping(): Promise<number>;
  wake(): void;
  stop(): void;
}

/** A schedule that sleeps until it is told otherwise. */
async function scheduleOf(folder: string, handler: string): Promise<ScheduleUnderTest> {
  const bundleFile = join(folder, 'bundle.mjs');
  await writeFile(bundleFile, handler);
  const lines: string[] = [];
  const stopping = new AbortController();
  let asleep = Promise.withResolvers<number>();
  let wake = () => {};
  const sleep = (ms: number, signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      wake = () => {
        asleep = Promise.withResolvers();
        resolve();
      };
      signal.addEventListener('abort', () => resolve(), { once: true });
      if (signal.aborted) resolve();
      asleep.resolve(ms);
    });
  const environment = {
    UPLOADER_TABLE_NAME: 'ledger',
    UPLOADER_API_TOKEN: 'hush',
    UPLOADER_EXTRACTA_URL: 'u',
  };
  const said = Promise.withResolvers<void>();
  const onLine = (line: string) => {
    lines.push(line);
    said.resolve();
  };
  const schedule = { bundleFile, environment, everyMs: 900_000, onLine, sleep };
  const ended = redriveOnSchedule(schedule, stopping.signal);
  return {
    ended,
    lines,
    said: said.promise,
    sleeping: () => asleep.promise,
    wake: () => wake(),
    stop: () => stopping.abort(),
  };
}

const ECHO = `export const handler = async (_, context) =>
  console.log(JSON.stringify([context.functionName, Object.keys(process.env).filter((name) => /^UPLOADER/.test(name))]));`;

test('the function is called after every wait, as what it is, and knows no token', async () => {
  await using folder = await temporaryFolder();
  const schedule = await scheduleOf(folder.path, ECHO);
  for (let run = 1; run <= 2; run += 1) {
    expect(await schedule.sleeping()).toBe(900_000);
    expect(schedule.lines).toHaveLength(run - 1);
    schedule.wake();
  }
  await schedule.sleeping();
  schedule.stop();
  await schedule.ended;
  const said = ['extracta-uploader-redrive', ['UPLOADER_TABLE_NAME']];
  expect(schedule.lines.map((line) => JSON.parse(line))).toEqual([said, said]);
});

test('a run that fails is told of, and the next one comes all the same', async () => {
  await using folder = await temporaryFolder();
  const schedule = await scheduleOf(
    folder.path,
    `export const handler = async () => { throw new Error('no'); };`,
  );
  await schedule.sleeping();
  schedule.wake();
  expect(await schedule.sleeping()).toBe(900_000);
  expect(schedule.lines.join('\n')).toContain('The scheduled redrive failed: ');
  schedule.stop();
  await schedule.ended;
});

test('a run under way is ended with the schedule, without a word', async () => {
  await using folder = await temporaryFolder();
  const hangs = `console.log('begun'); export const handler = () => new Promise((r) => setTimeout(r, 2 ** 30));`;
  const schedule = await scheduleOf(folder.path, hangs);
  await schedule.sleeping();
  schedule.wake();
  await schedule.said;
  schedule.stop();
  await schedule.ended;
  expect(schedule.lines).toEqual(['begun']);
});
