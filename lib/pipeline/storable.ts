import { documentKey } from './identity.ts';
import { Malformed } from './json-shape.ts';
import type { Arrival } from './model.ts';

/** UTF-8 bytes. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html */
const MAX_PARTITION_BYTES = 2048;
const MAX_SORT_BYTES = 1024;
/** UTF-8 bytes. S3 documents no length; it has been seen to write 18. */
const MAX_SEQUENCER_BYTES = 1024;

/** What no ledger could hold would come back until the queue gives it up. Throws `Malformed`. */
export function requireStorable(arrival: Arrival): Arrival {
  const { partition, sort } = documentKey(arrival);
  requireKey(partition, sort, 'the object');
  requireBytes(arrival.eTag, MAX_SORT_BYTES, 'the ETag');
  requireBytes(arrival.sequencer ?? '', MAX_SEQUENCER_BYTES, 'the sequencer');
  return arrival;
}

export function requireKey(partition: string, sort: string, what: string): void {
  requireBytes(partition, MAX_PARTITION_BYTES, `${what}'s name`);
  requireBytes(sort, MAX_SORT_BYTES, `${what}'s version`);
}

function requireBytes(text: string, most: number, what: string): void {
  const bytes = Buffer.byteLength(text);
  if (bytes > most) throw new Malformed(`${what} has ${bytes} bytes, more than ${most}`);
}
