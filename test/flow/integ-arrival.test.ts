import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bundleLambda } from '../../lambdas/bundle.ts';
import { createClients } from '../../lib/aws/clients.ts';
import { startLocalExtracta } from '../../lib/local/extracta/server.ts';
import { startLocalStack } from '../../lib/local/stack.ts';
import { arrives } from '../integ/arrival.ts';

const MINUTE = 60_000;

test('what a run for real asserts: the mapping of what arrived, or what the ledger says of what did not', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'arrival-'));
  const extracta = await startLocalExtracta({
    token: 't',
    classifications: [{ id: '-Oc', name: 'Integ' }],
  });
  const configFile = join(folder, 'uploader.config.json');
  await writeFile(configFile, JSON.stringify({ routes: [{ prefix: '', classificationId: '-Oc' }] }));
  const stack = await startLocalStack({
    dataDir: folder,
    bundleFile: (await bundleLambda('upload', join(folder, 'bundle'))).file,
    configFile,
    extractaUrl: extracta.url,
    apiToken: 't',
    onLine: () => {},
  });
  const credentials = { accessKeyId: 'S3RVER', secretAccessKey: 'local' };
  const connection = { region: 'us-east-1', credentials, endpoints: stack.endpoints };
  const clients = createClients({ forcePathStyle: true, connection });
  const deployed = { clients, bucket: stack.bucket, tableName: stack.tableName, classificationId: '-Oc' };
  try {
    const mapping = await arrives(deployed, 'integ/1.pdf', MINUTE);
    expect(extracta.truth()).toMatchObject([{ batchId: mapping.batchId, fileId: mapping.fileId }]);
    await expect(arrives(deployed, 'integ/1.exe', MINUTE)).rejects.toThrow('document.unsupported-type');
    await expect(arrives({ ...deployed, classificationId: '-Oz' }, 'integ/2.pdf', MINUTE)).rejects.toThrow(
      'another mapping',
    );
  } finally {
    clients.destroy();
    await stack.stop();
    await extracta.close();
    await rm(folder, { recursive: true });
  }
});
