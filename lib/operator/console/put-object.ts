import type { IncomingMessage } from 'node:http';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { createClients } from '../../aws/clients.ts';
import type { OpenLine } from '../open-line.ts';
import { Refusal } from '../refusal.ts';

/** A large file takes as long as it takes. */
const PATIENCE_MS = 24 * 60 * 60 * 1000;

export interface PutReport {
  readonly verb: 'put';
  readonly object: string;
  readonly eTag: string;
}

/** Streams a file into the local run's bucket. Throws `Refusal` on any other line, and what S3 answers. */
export async function putObject(
  { line, host }: OpenLine,
  key: string,
  body: IncomingMessage,
): Promise<PutReport> {
  const { bucket, connection } = line;
  if (line.origin !== 'local' || bucket === undefined || connection === undefined)
    throw new Refusal('Files are put in from here only on a local run.');
  if (key === '' || key.endsWith('/')) throw new Refusal('A file needs a name.');
  const length = Number(body.headers['content-length'] ?? Number.NaN);
  if (!Number.isSafeInteger(length)) throw new Refusal('A file needs its length.');
  // A body that was half sent can't be sent again.
  const clients = createClients({
    connection,
    forcePathStyle: true,
    maxAttempts: 1,
    answerTimeoutMs: PATIENCE_MS,
  });
  try {
    const order = new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ContentLength: length });
    const { ETag = '' } = await clients.s3.send(order, { abortSignal: host.interrupted });
    return { verb: 'put', object: `s3://${bucket}/${key}`, eTag: ETag };
  } finally {
    clients.destroy();
  }
}
