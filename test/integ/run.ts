import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteObjectsCommand, ListObjectVersionsCommand, type S3Client } from '@aws-sdk/client-s3';
import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { createClients } from '../../lib/aws/clients.ts';
import { arrives } from './arrival.ts';
import { type IntegSettings, integSettings } from './settings.ts';

/** `npm run integ`: deploys, uploads a document, asserts its mapping, and takes all away again. See README.md beside it. */

const PROJECT = join(import.meta.dirname, '../..');
const STACK = 'ExtractaUploaderInteg';
const PATIENCE_MS = 5 * 60_000;

const settings = integSettings(process.env);
if ('skippedBecause' in settings) {
  console.log(`Skipped, since nothing says where to deploy:\n${settings.skippedBecause}`);
} else {
  await integrate(settings);
}

async function integrate(given: IntegSettings): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'integ-'));
  const outputsFile = join(folder, 'outputs.json');
  const clients = createClients({ forcePathStyle: given.endpointUrl !== undefined });
  let bucket: string | undefined;
  try {
    if (given.endpointUrl !== undefined) await cdk(given, 'bootstrap');
    await cdk(given, 'deploy', '--require-approval', 'never', '--outputs-file', outputsFile);
    const outputs = JSON.parse(await readFile(outputsFile, 'utf8'))[STACK];
    bucket = outputs.Bucket;
    const token = { SecretId: outputs.ApiToken, SecretString: given.apiToken };
    await clients.secretsManager.send(new PutSecretValueCommand(token));
    const deployed = {
      clients,
      bucket: outputs.Bucket,
      tableName: outputs.Ledger,
      classificationId: given.classificationId,
    };
    const { batchId, fileId } = await arrives(deployed, `integ/${Date.now()}.pdf`, PATIENCE_MS);
    console.log(`Arrived: batch ${batchId}, file ${fileId}`);
  } finally {
    if (!given.keeps) await takeAway(given, clients.s3, bucket);
    clients.destroy();
    await rm(folder, { recursive: true });
  }
}

/** The CDK, as a person would call it. Throws if it fails; what it says goes where our own words go. */
async function cdk(given: IntegSettings, ...command: readonly string[]): Promise<void> {
  const values = { extractaUrl: given.extractaUrl, classificationId: given.classificationId };
  const context = Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const app = ['--app', `"${process.execPath}" test/integ/app.ts`, '--output', 'cdk.out/integ'];
  const all = ['node_modules/aws-cdk/bin/cdk', ...command, ...app, ...context];
  const [exitCode] = await once(spawn(process.execPath, all, { cwd: PROJECT, stdio: 'inherit' }), 'exit');
  if (exitCode !== 0) throw new Error(`cdk ${command[0]} ended with ${exitCode}`);
}

/** S3 deletes no bucket that holds anything. */
async function takeAway(given: IntegSettings, s3: S3Client, bucket: string | undefined): Promise<void> {
  if (bucket !== undefined) await emptied(s3, bucket);
  await cdk(given, 'destroy', '--force');
}

/** Page by page: what is deleted is not listed again. */
async function emptied(s3: S3Client, bucket: string): Promise<void> {
  const { Versions = [], DeleteMarkers = [] } = await s3.send(
    new ListObjectVersionsCommand({ Bucket: bucket }),
  );
  const found = [...Versions, ...DeleteMarkers];
  if (found.length === 0) return;
  const Objects = found.map(({ Key, VersionId }) => ({ Key: Key ?? '', VersionId: VersionId ?? 'null' }));
  const { Errors = [] } = await s3.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects } }));
  if (Errors.length > 0) throw new Error(`${bucket} can't be emptied: ${Errors[0]?.Message}`);
  await emptied(s3, bucket);
}
