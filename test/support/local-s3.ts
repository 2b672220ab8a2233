import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { S3Client } from '@aws-sdk/client-s3';
import { type LocalS3, type LocalS3Options, startLocalS3 } from '../../lib/local/s3.ts';
import type { ObjectCreated } from '../../lib/local/s3-events.ts';

export const BUCKET = 'documents';

export async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'uploader-test-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

export interface S3UnderTest extends AsyncDisposable {
  readonly s3: LocalS3;
  readonly client: S3Client;
  readonly created: ObjectCreated[];
  readonly errors: unknown[];
}

export async function s3UnderTest(
  dataDir: string,
  overrides: Partial<LocalS3Options> = {},
): Promise<S3UnderTest> {
  const created: ObjectCreated[] = [];
  const errors: unknown[] = [];
  const s3 = await startLocalS3({
    dataDir,
    buckets: [BUCKET],
    onObjectCreated: async (one) => void created.push(one),
    onError: (error) => errors.push(error),
    ...overrides,
  });
  const client = s3Client(s3.endpoint);
  const dispose = async () => {
    client.destroy();
    await s3.close();
  };
  return { s3, client, created, errors, [Symbol.asyncDispose]: dispose };
}

export function s3Client(endpoint: string, accessKeyId = 'S3RVER'): S3Client {
  return new S3Client({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId, secretAccessKey: 'anything' },
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: 1,
  });
}

export const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
export const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex');

export async function bytesOf(body: unknown): Promise<Buffer> {
  return Buffer.concat(await (body as Readable).toArray());
}
