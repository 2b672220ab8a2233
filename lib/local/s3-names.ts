import S3Error from '@20minutes/s3rver/lib/models/error.js';

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html */
const MAX_KEY_BYTES = 1024;
/** File systems take 255 bytes in a name; s3rver adds `._S3rver_metadata.json` to it. */
const MAX_SEGMENT_BYTES = 255 - '._S3rver_metadata.json'.length;
/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/**
 * Objects lie in the file system under their own names, so that a person can look at them. Names that a file system
 * cannot hold apart are refused: 400, with S3's error XML.
 */
export function requireUsableKey(key: string): void {
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) {
    throw new S3Error('KeyTooLongError', `The key is longer than ${MAX_KEY_BYTES} bytes.`);
  }
  const problem = keyProblem(key);
  if (problem !== undefined) {
    throw new S3Error(
      'InvalidArgument',
      `This local S3 keeps objects as files and cannot keep this key: ${problem}.`,
    );
  }
}

/** Why a file system cannot hold this key, in words that fit into an error; undefined if it can. */
export function keyProblem(key: string): string | undefined {
  const segments = key.split('/');
  // A folder marker ends with a slash.
  if (segments.length > 1 && segments.at(-1) === '') segments.pop();
  if (key.includes('\0')) return 'it holds a NUL';
  if (key.includes('._S3rver_')) return 'it holds ._S3rver_';
  if (segments.some((segment) => segment === '.' || segment === '..')) return 'a segment is . or ..';
  if (key !== '' && segments.includes('')) return 'a segment is empty';
  const longest = Math.max(...segments.map((segment) => Buffer.byteLength(segment)));
  if (longest > MAX_SEGMENT_BYTES) return `a segment has ${longest} bytes, more than ${MAX_SEGMENT_BYTES}`;
  return undefined;
}

export function requireUsableBucket(bucket: string): void {
  if (!isUsableBucket(bucket)) throw new S3Error('NoSuchBucket', 'The specified bucket does not exist');
}

export function isUsableBucket(bucket: string): boolean {
  return BUCKET.test(bucket) && !bucket.includes('..');
}
