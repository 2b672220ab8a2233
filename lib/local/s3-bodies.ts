import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream, mkdirSync, renameSync, rmdirSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import S3Error from '@20minutes/s3rver/lib/models/error.js';

export interface ReceivedBody {
  readonly file: string;
  readonly sizeBytes: number;
  readonly md5: string;
}

export interface UploadedPart {
  readonly number: number;
  readonly etag: string;
}

/** Writes a body to a file of its own in `dir`. A body that breaks off leaves nothing behind. */
export async function receiveBody(dir: string, content: Readable | Buffer): Promise<ReceivedBody> {
  const file = join(dir, randomUUID());
  const hash = createHash('md5');
  let sizeBytes = 0;
  async function* measured(chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      hash.update(chunk);
      sizeBytes += chunk.length;
      yield chunk;
    }
  }
  try {
    const source = Buffer.isBuffer(content) ? Readable.from([content]) : content;
    await pipeline(source, measured, createWriteStream(file));
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  }
  return { file, sizeBytes, md5: hash.digest('hex') };
}

/** Replaces `target` in one step. Without a pause between making the folder and using it, nobody can drop it as empty. */
export function moveInto(file: string, target: string): void {
  mkdirSync(dirname(target), { recursive: true });
  renameSync(file, target);
}

/** Removes the folder of a file that is gone, and those above it, as long as they are empty, up to `top`. */
export function dropEmptyFolders(file: string, top: string): void {
  for (let dir = dirname(file); dir !== top; dir = dirname(dir)) {
    try {
      rmdirSync(dir);
    } catch {
      return;
    }
  }
}

/** The parts of a multipart upload, one after the other. */
export function bytesOfParts(dir: string, parts: readonly UploadedPart[]): Readable {
  async function* bytes() {
    for (const { number } of parts) yield* createReadStream(join(dir, String(number)));
  }
  return Readable.from(bytes());
}

/**
 * The ETag that S3 gives to an object of several parts: the MD5 of their MD5s, then how many they are.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
 */
export function eTagOfParts(parts: readonly UploadedPart[]): string {
  const digests = parts.map(({ etag }) => etag).join('');
  return `${createHash('md5').update(digests, 'hex').digest('hex')}-${parts.length}`;
}

/** Refuses, as S3 does, parts that are out of order, missing, or not the ones that were uploaded. */
export async function requireParts(dir: string, parts: readonly UploadedPart[]): Promise<void> {
  const numbers = parts.map(({ number }) => number);
  if (numbers.some((number, at) => at > 0 && number <= (numbers[at - 1] ?? 0))) {
    throw new S3Error('InvalidPartOrder', 'The list of parts was not in ascending order.');
  }
  for (const { number, etag } of parts) {
    const md5 = await readFile(join(dir, `${number}.md5`), 'utf8').catch(unlessMissing);
    if (md5 !== etag)
      throw new S3Error('InvalidPart', `Part ${number} was not uploaded, or has another ETag.`);
  }
}

/** For `catch`: a missing file is undefined, whatever else went wrong is thrown. */
export function unlessMissing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
  throw error;
}
