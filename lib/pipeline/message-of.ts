import type { ArrivalMessage, DocumentItem } from './model.ts';

/**
 * The message that brings a document back, from the ledger alone: with the `parkId` that wakes it if it is parked, or the
 * decision that its last redrive has not used yet. No other message may act on it.
 */
export function messageOf({ arrival, state, parkId, decision }: DocumentItem): ArrivalMessage {
  const carried = state === 'parked' ? parkId : decision;
  return { uploader: 'arrival', arrival, ...(carried === undefined ? {} : { parkId: carried }) };
}
