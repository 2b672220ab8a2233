import { UNKNOWN_BATCH } from './model.ts';

export const MAX_ID_LENGTH = 128;

/**
 * Extracta's ids are opaque: only what cannot be one is refused. What is let through can be stored, logged and put into
 * keys, and is not what we call a batch that nobody knows.
 */
export function isOpaqueId(value: string): boolean {
  return /^[\x21-\x7e]+$/.test(value) && value.length <= MAX_ID_LENGTH && value !== UNKNOWN_BATCH;
}
