import { documentKey } from '../../lib/pipeline/identity.ts';
import { readMessage } from '../../lib/pipeline/read-message.ts';
import { nameOf } from './world.ts';

export interface HeldByMessage {
  readonly kind: 'arrivals' | 'receipt' | 'look' | 'malformed';
  /** The documents that would come back with it. */
  readonly documents: readonly string[];
  readonly parkId: string | undefined;
  /** The file that a receipt names. */
  readonly fileId: string | undefined;
}

const known = new Map<string, HeldByMessage>();

/** What a message holds, read once. */
export function heldBy(body: string): HeldByMessage {
  const before = known.get(body);
  if (before !== undefined) return before;
  if (known.size > 2000) known.clear();
  const held = read(body);
  known.set(body, held);
  return held;
}

function read(body: string): HeldByMessage {
  const reading = readMessage(body);
  if (reading.kind === 'malformed')
    return { kind: 'malformed', documents: [], parkId: undefined, fileId: undefined };
  if (reading.kind === 'arrivals') {
    const documents = reading.messages.map(({ arrival }) => nameOf(documentKey(arrival)));
    return { kind: 'arrivals', documents, parkId: reading.messages[0]?.parkId, fileId: undefined };
  }
  const { message } = reading;
  const isReceipt = message.uploader === 'receipt';
  return {
    kind: message.uploader,
    documents: isReceipt ? [nameOf(documentKey(message.arrival))] : [],
    parkId: undefined,
    fileId: isReceipt ? message.file.fileId : undefined,
  };
}
