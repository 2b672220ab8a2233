import { createCipheriv, createHash } from 'node:crypto';
import { tagFor } from '../../../lib/pipeline/file-name.ts';
import { draw } from './draw.ts';

/** One document of the run. Its bytes are made again whenever they are asked for. */
export interface FaultDocument {
  readonly key: string;
  /** The ledger's name of it: `bucket/key`. */
  readonly object: string;
  readonly sha256: string;
  /** By which its file at Extracta is known. */
  readonly tag: string;
  readonly isPutTwice: boolean;
  bytes(): Buffer;
}

const MOST_FOLDERS = 5;
const KIB = 1024;

/** In at most five folders; names repeat from folder to folder; every tenth is too large for a socket's buffers. */
export function makeDocuments(count: number, bucket: string, seed: number): readonly FaultDocument[] {
  const folders = Math.min(MOST_FOLDERS, Math.ceil(count / 6));
  return Array.from({ length: count }, (_, n) => {
    const key = `folder ${1 + (n % folders)}/Rechnung nº ${1 + Math.floor(n / folders)}.pdf`;
    return { ...describe(bucket, key, () => bytesOf(seed, n)), isPutTwice: n % 10 === 4 };
  });
}

function describe(bucket: string, key: string, bytes: () => Buffer): Omit<FaultDocument, 'isPutTwice'> {
  const content = bytes();
  const eTag = createHash('md5').update(content).digest('hex');
  const sha256 = createHash('sha256').update(content).digest('hex');
  const tag = tagFor({ bucket, key, eTag, eventTimeMs: 0 }, 1);
  return { key, object: `${bucket}/${key}`, sha256, tag, bytes };
}

function bytesOf(seed: number, n: number): Buffer {
  const fraction = draw(seed, 'size', n);
  const sizeBytes = n % 10 === 9 ? (1 + 4 * fraction) * KIB * KIB : 1 + 64 * KIB * fraction ** 2;
  const secret = createHash('sha256').update(`${seed} ${n}`).digest();
  return createCipheriv('aes-256-ctr', secret, Buffer.alloc(16)).update(Buffer.alloc(Math.floor(sizeBytes)));
}
