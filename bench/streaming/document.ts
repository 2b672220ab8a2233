import { createHash } from 'node:crypto';

/** What the source serves: the same piece again and again, of a length that no buffer has. */
export const PIECE = createHash('shake256', { outputLength: 262_139 }).update('a document').digest();

export const BUCKET = 'documents';
export const ETAG = '0123456789abcdef0123456789abcdef';
export const CONTENT_TYPE = 'application/pdf';

/** An object's key says how long it is. */
export const keyOf = (sizeBytes: number) => `${sizeBytes}.pdf`;

/** Undefined where the path is none of `keyOf`. */
export function sizeOf(path: string): number | undefined {
  const digits = /\/(\d+)\.pdf(?:\?|$)/.exec(path)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** The document's bytes, in pieces. */
export function* piecesOf(sizeBytes: number): Generator<Buffer> {
  for (let left = sizeBytes; left > 0; left -= PIECE.length)
    yield left < PIECE.length ? PIECE.subarray(0, left) : PIECE;
}

export function sha256Of(sizeBytes: number): string {
  const hash = createHash('sha256');
  for (const piece of piecesOf(sizeBytes)) hash.update(piece);
  return hash.digest('hex');
}
