import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { ETAG } from '../../../bench/streaming/document.ts';
import { bundleEntry } from '../../../lambdas/bundle.ts';
import { NODE_OPTIONS } from '../../../lib/config/node-options.ts';

const DOCUMENT = Buffer.alloc(10_000, 'a');

const extracta: RequestListener = (request, response) => {
  const file = { fileId: '-File', fileName: 'a.pdf', numberOfPages: 1, url: 'https://files.invalid/a.pdf' };
  const answer = { status: 'uploaded', classificationId: '-Class', batchId: '-Batch', files: [file] };
  request.resume().on('end', () => response.end(JSON.stringify(answer)));
};

const s3: RequestListener = (_, response) => {
  response.writeHead(200, { etag: `"${ETAG}"`, 'content-length': DOCUMENT.length }).end(DOCUMENT);
};

async function serving(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** What V8's old generation grows by for each of 200 uploads, when a small collection follows each. */
const SCRIPT = `
  import { getHeapSpaceStatistics } from 'node:v8';
  const [bundle, sourceUrl, sinkUrl] = process.argv.slice(1);
  const { open } = await import(bundle);
  const { send } = await open({ sourceUrl, sinkUrl });
  const upload = async (count) => {
    for (let at = 0; at < count; at += 1) {
      await send(${DOCUMENT.length});
      await new Promise(setImmediate);
      gc({ type: 'minor' });
    }
  };
  const oldBytes = () => getHeapSpaceStatistics().find((space) => space.space_name === 'old_space').space_used_size;
  await upload(300);
  gc();
  const before = oldBytes();
  await upload(200);
  console.log((oldBytes() - before) / 200);
  process.exit();
`;

test('what an upload leaves in memory goes with a small collection', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'collected-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const [sourceUrl, sinkUrl] = await Promise.all([serving(s3), serving(extracta)]);
  const entry = join(import.meta.dirname, '../../../bench/streaming/variants/ours.ts');
  const { file } = await bundleEntry(entry, folder);
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '-e', SCRIPT, pathToFileURL(file).href, sourceUrl, sinkUrl],
    {
      env: {
        NODE_OPTIONS,
        AWS_ENDPOINT_URL_S3: sourceUrl,
        AWS_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
        AWS_SECRET_ACCESS_KEY: 'local',
      },
    },
  );
  // Some 1,500, most of it the code itself; some 14,000 where one function is made old.
  expect(Number(stdout)).toBeLessThan(5000);
});
