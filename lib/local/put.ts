import { createReadStream } from 'node:fs';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { documentKey, unquotedETag } from '../pipeline/identity.ts';
import type { DocumentKey } from '../pipeline/model.ts';
import { BadInput } from './bad-input.ts';
import type { Input } from './inputs.ts';

/** Puts a file into the bucket, streaming it. Returns the key of the document that it is now. */
export async function put(
  s3: S3Client,
  bucket: string,
  input: Input,
  signal: AbortSignal,
): Promise<DocumentKey> {
  const request = new PutObjectCommand({
    Bucket: bucket,
    Key: input.key,
    Body: createReadStream(input.file, { highWaterMark: 256 * 1024 }),
    ContentLength: input.sizeBytes,
  });
  const { ETag = '' } = await s3.send(request, { abortSignal: signal }).catch((error: unknown) => {
    throw unreadable(error, input);
  });
  return documentKey({ bucket, key: input.key, eTag: unquotedETag(ETag), eventTimeMs: 0 });
}

/** The file went away, or gave up, after it was looked at. */
function unreadable(error: unknown, { file }: Input): unknown {
  const { syscall, code } = error as NodeJS.ErrnoException;
  const isOurs = ['open', 'read', 'lseek'].includes(syscall ?? '');
  return isOurs ? new BadInput(`${file} can't be read (${code}): check it, or leave it out.`) : error;
}

const AT_ONCE = 4;

/** Calls `work` for every entry, a few at once, in order. */
export async function each<T>(entries: readonly T[], work: (entry: T) => Promise<void>): Promise<void> {
  const left = entries.values();
  const worker = async () => {
    for (const entry of left) await work(entry);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
