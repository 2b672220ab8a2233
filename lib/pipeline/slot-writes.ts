import type { Decision } from './change.ts';
import { slotName } from './identity.ts';
import type { DocumentItem, DocumentKey, SlotItem, SlotKey } from './model.ts';

/** The rules of a slot: which batch the documents of one (classification, route, batch key) go into. */

type SlotDecision<R> = Decision<SlotItem, R>;

export const slotRules = {
  isFull(slot: SlotItem, maxFiles: number | undefined): boolean {
    return maxFiles !== undefined && slot.files >= maxFiles;
  },

  leaseLapsed(slot: SlotItem, nowMs: number): boolean {
    return (slot.leaseExpiresAtMs ?? 0) < nowMs;
  },

  /** Only the answer to the opener's own POST, of the generation that is being opened, opens a slot. [V7, V15, V20] */
  mayOpen(slot: SlotItem | undefined, generation: number): slot is SlotItem {
    return slot?.state === 'opening' && slot.generation === generation;
  },

  /** A slot is let go only by the invocation that took it. [V21] */
  isTheirs(slot: SlotItem | undefined, opening: Opening): slot is SlotItem {
    return slotRules.mayOpen(slot, opening.generation) && slot.openerToken === opening.token;
  },

  /** A dead opener's document speaks for its slot only if it is settled, by opening this slot in this generation. [V7, V8] */
  openedBy(slot: SlotItem, opener: DocumentItem | undefined): string | undefined {
    const isOfThis = opener?.openedGeneration === slot.generation && opener.openedSlot === slotName(slot);
    return isOfThis && opener.state === 'uploaded' ? opener.mapping?.batchId : undefined;
  },
};

/** The exclusive right to open a slot's next batch. */
export interface Opening {
  readonly slot: SlotKey;
  readonly generation: number;
  readonly token: string;
}

export type SlotChoice = 'join' | 'open' | 'ask-opener' | 'wait';

/** What a document that needs a batch does with the slot as it stands. */
export function slotChoice(
  slot: SlotItem | undefined,
  maxFiles: number | undefined,
  nowMs: number,
): SlotChoice {
  if (slot === undefined || slot.state === 'free') return 'open';
  if (slot.state === 'open') return slotRules.isFull(slot, maxFiles) ? 'open' : 'join';
  return slotRules.leaseLapsed(slot, nowMs) ? 'ask-opener' : 'wait';
}

export interface OpeningRequest {
  readonly slot: SlotKey;
  /** The generation that was read; a slot that has moved on is not taken. */
  readonly seenGeneration: number;
  readonly maxFiles: number | undefined;
  readonly opener: DocumentKey;
  readonly token: string;
  readonly leaseExpiresAtMs: number;
  readonly nowMs: number;
}

/** Takes the opening: of a free or full slot, or over from an opener that died. The opener takes the first place. */
export function openingTaken(
  slot: SlotItem | undefined,
  request: OpeningRequest,
): SlotDecision<Opening | undefined> {
  const choice = slotChoice(slot, request.maxFiles, request.nowMs);
  const takes = choice === 'open' || choice === 'ask-opener';
  if (!takes || (slot?.generation ?? 0) !== request.seenGeneration) return { keep: undefined };
  const generation = request.seenGeneration + 1;
  return {
    write: {
      ...request.slot,
      state: 'opening',
      generation,
      files: 1,
      opener: request.opener,
      openerToken: request.token,
      leaseExpiresAtMs: request.leaseExpiresAtMs,
    },
    result: { slot: request.slot, generation, token: request.token },
  };
}

export function opened(
  slot: SlotItem | undefined,
  generation: number,
  batchId: string,
): SlotDecision<boolean> {
  if (!slotRules.mayOpen(slot, generation)) return { keep: false };
  return { write: { ...idle(slot), state: 'open', batchId }, result: true };
}

export function freed(slot: SlotItem | undefined, opening: Opening): SlotDecision<boolean> {
  if (!slotRules.isTheirs(slot, opening)) return { keep: false };
  return { write: { ...idle(slot), state: 'free' }, result: true };
}

/** Extracta no longer knows the batch: the next document opens another. */
export function rejected(slot: SlotItem | undefined, batchId: string): SlotDecision<boolean> {
  if (slot?.state !== 'open' || slot.batchId !== batchId) return { keep: false };
  const { batchId: _gone, ...rest } = idle(slot);
  return { write: { ...rest, state: 'free' }, result: true };
}

function idle(slot: SlotItem): Omit<SlotItem, 'rev'> {
  const { opener: _opener, openerToken: _token, leaseExpiresAtMs: _lease, rev: _rev, ...rest } = slot;
  return rest;
}
