import { execFile } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { bundleLambda } from '../../lambdas/bundle.ts';
import { eventOf } from './handler-queue.ts';
import { startWorld } from './handler-world.ts';

const BODY = Buffer.from('%PDF-1.4\n/Type /Page\n%%EOF\n');

test('the bundle alone, in a process of its own, uploads a document with the same bytes', async () => {
  await using world = await startWorld(() => undefined);
  const { file } = await bundleLambda('upload', world.folder);
  const document = await world.put('Q3/invoice.pdf', BODY);
  await world.queue.send(document.event);
  const event = eventOf(await world.queue.receive(1));
  const script = `
    const { handler } = await import(${JSON.stringify(pathToFileURL(file))});
    const context = { awsRequestId: 'request', getRemainingTimeInMillis: () => 120_000 };
    console.log('answer ' + JSON.stringify(await handler(${JSON.stringify(event)}, context)));
    process.exit();
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    cwd: world.folder,
    env: world.environment,
  });
  expect(stdout).toContain('answer {"batchItemFailures":[]}');
  expect(world.extracta.truth().map(({ sha256 }) => sha256)).toEqual([document.sha256]);
  expect(await document.inLedger()).toMatchObject({ state: 'uploaded' });
  const [metrics, ...more] = stdout.split('\n').filter((line) => line.includes('"_aws"'));
  expect(more).toEqual([]);
  expect(JSON.parse(metrics ?? '{}')).toMatchObject({
    _aws: { CloudWatchMetrics: [{ Namespace: 'ExtractaUploader', Dimensions: [['service', 'ledger']] }] },
    ledger: world.environment['UPLOADER_TABLE_NAME'],
    DocumentsUploaded: 1,
    BytesUploaded: BODY.length,
    SendTime: expect.any(Number),
    RecordsAcknowledged: 1,
  });
});
