import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { expect, it } from 'vitest';
import { createClients } from '../../lib/aws/clients.ts';
import { createLedger } from '../../lib/aws/ledger.ts';
import { LOCAL_REGION, startLocalStack } from '../../lib/local/stack.ts';
import { documentKey, unquotedETag } from '../../lib/pipeline/identity.ts';
import type { DocumentItem } from '../../lib/pipeline/model.ts';
import { CANARY_TOKEN } from '../support/leaks/canaries.ts';
import { temporaryFolder } from '../support/local-s3.ts';
import { startCommand } from './start-command.ts';

const KEY = 'in/parked.txt';
const HOUR = 3_600_000;

/** A run's folder, with one object whose document is parked since an hour ago, for a reason that passes. */
async function leaveParked(dir: string, dataDir: string): Promise<void> {
  const bundleFile = join(dir, 'ignores.mjs');
  await writeFile(bundleFile, 'export const handler = async () => ({ batchItemFailures: [] });');
  const stack = await startLocalStack({
    dataDir,
    bundleFile,
    configFile: join(dir, 'none.json'),
    extractaUrl: 'http://127.0.0.1:1',
    apiToken: CANARY_TOKEN,
    onLine: () => undefined,
  });
  const { s3, dynamodb } = stack.endpoints;
  const credentials = { accessKeyId: stack.environment['AWS_ACCESS_KEY_ID'] ?? '', secretAccessKey: 'any' };
  const connection = { region: LOCAL_REGION, credentials, endpoints: { s3, dynamodb } };
  const clients = createClients({ forcePathStyle: true, connection });
  const put = new PutObjectCommand({ Bucket: stack.bucket, Key: KEY, Body: 'parked' });
  const { ETag = '' } = await clients.s3.send(put);
  const nowMs = Date.now();
  const arrival = {
    bucket: stack.bucket,
    key: KEY,
    eTag: unquotedETag(ETag),
    sizeBytes: 6,
    eventTimeMs: nowMs,
  };
  const item: DocumentItem = {
    ...documentKey(arrival),
    kind: 'document',
    rev: 'rev',
    state: 'parked',
    arrival,
    firstSeenAtMs: nowMs,
    updatedAtMs: nowMs,
    attempts: 8,
    looks: 0,
    redrives: 0,
    edition: 1,
    sentTo: [],
    parkId: 'park-1',
    lastFailure: { code: 'document.throttled', message: 'as told', atMs: nowMs - HOUR },
  };
  await createLedger({ client: clients.dynamodb, tableName: stack.tableName }).write(item, undefined);
  clients.destroy();
  await stack.stop();
}

it('a run that stays up sends back by itself what an earlier one parked for a reason that passes', async () => {
  await using temporary = await temporaryFolder();
  const data = join(temporary.path, 'data');
  await leaveParked(temporary.path, data);
  await using started = startCommand(['--impatient', '--data', data]);
  await started.says(/1 parked document would be sent back by the scheduled redrive/);
  await started.says(/uploaded.*in\/parked\.txt|in\/parked\.txt.*uploaded/);
  started.child.kill('SIGINT');
  expect((await started.ended).code).toBe(0);
});
