import { UploaderError } from '../../../../lib/pipeline/failures.ts';
import type { Arrival, DocumentItem, LedgerItem, Message, SlotItem } from '../../../../lib/pipeline/model.ts';
import type { QueuedMessage } from '../../../support/memory/queue.ts';
import type { Twist } from '../../../support/memory/twists.ts';
import type { World } from '../../../support/memory/world.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
/** How wrong clocks may be: what was lost was lost, for others, this much later. */
export const SKEW = MINUTE / 2;
/** From the loss until "not there" counts. */
export const QUIET = 15 * MINUTE + SKEW;
/** Function timeout and skew: after this a claim that was just taken has lapsed. */
export const LEASE = 5.5 * MINUTE + 1;

export const failing = (code: ConstructorParameters<typeof UploaderError>[0]) =>
  new UploaderError(code, 'as told');

export const isDocument = (item: LedgerItem): item is DocumentItem => item.kind === 'document';
export const isSlot = (item: LedgerItem): item is SlotItem => item.kind === 'slot';

export const messageOf = ({ body }: Pick<QueuedMessage, 'body'>): Partial<Message> => JSON.parse(body);
export const isReceipt = (message: QueuedMessage) => messageOf(message).uploader === 'receipt';
export const isLook = (message: QueuedMessage) => messageOf(message).uploader === 'look';
export const isOf =
  ({ key }: Arrival) =>
  ({ body }: QueuedMessage) =>
    decodeURIComponent(body).includes(key);

/** Puts a document and delivers it alone. */
export async function upload(world: World, key: string): Promise<Arrival> {
  const arrival = await world.put(key);
  await world.deliver({ max: 1, only: isOf(arrival) });
  return arrival;
}

/** The same, with its answer lost. */
export async function lose(world: World, key: string, kept: boolean | 'later'): Promise<Arrival> {
  world.extracta.planUpload(kept === 'later' ? { kind: 'accept-later' } : { kind: 'lose-answer', kept });
  return upload(world, key);
}

/** From the answer on the ledger can't be reached, as long as the invocation lasts. */
export function ledgerDownAfterAnswer(): readonly Twist[] {
  let isAnswered = false;
  const fail = () => {
    if (isAnswered) throw failing('ledger.unavailable');
  };
  return [
    { at: 'after extracta.upload', does: () => (isAnswered = true) },
    { at: 'before ledger.read', times: Number.POSITIVE_INFINITY, does: fail },
    { at: 'before ledger.write', times: Number.POSITIVE_INFINITY, does: fail },
  ];
}

export function batchOf(world: World, arrival: Arrival): string {
  return world.document(arrival)?.mapping?.batchId ?? 'none';
}

export function countIn(world: World, batchId: string | undefined): number {
  return world.extracta.held.filter((file) => file.batchId === batchId).length;
}
