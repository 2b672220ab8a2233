import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { announceRunningLine } from '../../../lib/aws/running-line.ts';
import { findLine, type LineChoice } from '../../../lib/operator/line-in-use.ts';
import { temporaryFolder } from '../../support/local-s3.ts';

const [OLDER, NEWER] = [process.pid, process.ppid];

async function amongTwoRuns(choice: LineChoice, acts = false) {
  await using dir = await temporaryFolder();
  const [configFile, runningFolder] = [join(dir.path, 'uploader.config.json'), join(dir.path, 'running')];
  await writeFile(configFile, JSON.stringify({ routes: [{ prefix: '', classificationId: '-Oabc' }] }));
  for (const [startedAtMs, pid] of [OLDER, NEWER].entries())
    await announceRunningLine(
      {
        ...{ pid, startedAtMs, configFile, region: 'us-east-1', bucket: 'documents', tableName: 'ledger' },
        endpoints: {
          s3: `http://127.0.0.1:${pid}`,
          sqs: 'http://127.0.0.1:2',
          dynamodb: 'http://127.0.0.1:3',
        },
        ...{ queueUrl: 'http://127.0.0.1:2/q', deadLetterQueueUrl: 'http://127.0.0.1:2/d' },
        ...{ waitsDivisor: 1, extractaUrl: 'http://127.0.0.1:4' },
      },
      runningFolder,
    );
  return await findLine(choice, { runningFolder, acts });
}

test('of several runs the newest is looked at, and its title says how to choose', async () => {
  const { title } = await amongTwoRuns({ local: true });
  expect(title).toBe(`local run ${NEWER}, the newest of 2: --run chooses`);
});

test('of several runs none is guessed to act on: all are named', async () => {
  await expect(amongTwoRuns({ local: true }, true)).rejects.toMatchObject({
    name: 'Refusal',
    message: expect.stringMatching(new RegExp(`say which.*--run=${NEWER} \\(S3 at .*--run=${OLDER} \\(`)),
  });
});

test.each([false, true])('--run chooses one (acting: %s)', async (acts) => {
  const line = await amongTwoRuns({ run: OLDER }, acts);
  expect(line).toMatchObject({ origin: 'local', title: `local run ${OLDER}` });
});

test('a run that is not there is refused, and those that are are named', async () => {
  await expect(amongTwoRuns({ local: true, run: 1 })).rejects.toThrow(
    `No run 1 is up on this machine. There are:`,
  );
});
