import { createHash } from 'node:crypto';

/** A number in [0, 1), the same for the same words, in whatever order they are asked for. */
export function draw(seed: number, ...words: readonly (string | number)[]): number {
  const digest = createHash('sha256')
    .update(JSON.stringify([seed, ...words]))
    .digest();
  return digest.readUInt32BE(0) / 2 ** 32;
}
