import { change } from './change.ts';
import type { Destination } from './destination.ts';
import { UploaderError } from './failures.ts';
import type { Held } from './held.ts';
import { documentKey, slotName } from './identity.ts';
import { type Arrival, type Pair, type SlotItem, UNKNOWN_BATCH } from './model.ts';
import { type Opening, opened, openingTaken, slotChoice, slotRules } from './slot-writes.ts';
import type { Visit } from './visit.ts';

/** The batch to send into: known, or made by this very send. */
export interface Batch {
  readonly pair: Pair;
  /** Present where our send opens a slot's next batch. */
  readonly opening: Opening | undefined;
}

type SlotDestination = Extract<Destination, { kind: 'slot' }>;

/**
 * Known, or ours to open, or another is opening it: then waits, for at most `slotWaitMs`. Throws `batch.opening`.
 * Registers an opening in `held` at once, so that whatever happens lets it go.
 */
export async function batchFor(
  arrival: Arrival,
  destination: Destination,
  held: Held,
  visit: Visit,
): Promise<Batch> {
  held.destination = destination;
  if (destination.kind === 'named') return { pair: destination.pair, opening: undefined };
  const unknown = { classificationId: destination.classificationId, batchId: UNKNOWN_BATCH };
  if (destination.kind === 'own') return { pair: unknown, opening: undefined };
  const seat = await seatIn(arrival, destination, held, visit);
  if (typeof seat === 'string') {
    return { pair: { classificationId: destination.classificationId, batchId: seat }, opening: undefined };
  }
  return { pair: unknown, opening: seat };
}

/** The batch id of an open slot, a place in it taken; or the right to open it. */
async function seatIn(
  arrival: Arrival,
  destination: SlotDestination,
  held: Held,
  visit: Visit,
): Promise<string | Opening> {
  const { clock } = visit.ports;
  const { waits } = visit.settings;
  const giveUpAtMs = Math.min(clock.nowMs() + waits.slotWaitMs, visit.deadlineMs - waits.sendFloorMs);
  let slot = visit.memory.openSlot(destination.slot, clock.nowMs(), waits.slotMemoryMs);
  slot ??= await visit.memory.shared(`slot ${slotName(destination.slot)}`, () =>
    readSlot(destination, visit),
  );
  for (;;) {
    const seat = await trySeat(arrival, destination, slot, held, visit);
    if ('seat' in seat) return seat.seat;
    slot = seat.slot ?? (await polled(destination, giveUpAtMs, visit));
    const stillOpening = slotChoice(slot, destination.maxFiles, clock.nowMs()) === 'wait';
    if (stillOpening && clock.nowMs() >= giveUpAtMs) {
      throw new UploaderError('batch.opening', 'Another document is opening the batch.');
    }
    if (visit.signal.aborted)
      throw new UploaderError('invocation.ending', 'The invocation ended while waiting for a batch.');
  }
}

type Tried = { readonly seat: string | Opening } | { readonly slot: SlotItem | undefined };

/** One try at the slot as it was read; refused by someone who was faster, it answers the slot as it is now. */
async function trySeat(
  arrival: Arrival,
  destination: SlotDestination,
  slot: SlotItem | undefined,
  held: Held,
  visit: Visit,
): Promise<Tried> {
  const choice = slotChoice(slot, destination.maxFiles, visit.ports.clock.nowMs());
  if (choice === 'join' && slot !== undefined) return join(destination, slot, visit);
  if (choice === 'wait') return { slot: undefined };
  if (choice === 'ask-opener' && slot?.opener !== undefined) {
    const opener = await visit.ports.ledger.read(slot.opener);
    const batchId = slotRules.openedBy(slot, opener);
    if (batchId !== undefined)
      return { slot: (await openSlot(destination.slot, slot.generation, batchId, visit)).item };
  }
  return takeOpening(arrival, destination, slot, held, visit);
}

async function join(destination: SlotDestination, slot: SlotItem, visit: Visit): Promise<Tried> {
  const { chance, clock, ledger } = visit.ports;
  // An open slot names its batch.
  const batchId = slot.batchId as string;
  if (destination.maxFiles === undefined) return { seat: batchId };
  const { generation } = slot;
  const request = { slot: destination.slot, generation, maxFiles: destination.maxFiles, rev: chance.token() };
  const placed = await ledger.takePlace(request);
  if (!placed.applied) {
    visit.memory.forgetSlot(destination.slot);
    visit.memory.rememberSlot(placed.current, clock.nowMs());
    return { slot: placed.current };
  }
  return { seat: batchId };
}

/** Only a reading is remembered, so that a busy container does not trust one for ever. */
async function readSlot({ slot: key }: SlotDestination, visit: Visit): Promise<SlotItem | undefined> {
  const slot = await visit.ports.ledger.read(key);
  visit.memory.rememberSlot(slot, visit.ports.clock.nowMs());
  return slot;
}

/** Of a container's documents one tries; the others are told what became of the slot. */
async function takeOpening(
  arrival: Arrival,
  destination: SlotDestination,
  slot: SlotItem | undefined,
  held: Held,
  visit: Visit,
): Promise<Tried> {
  let ours: Opening | undefined;
  const now = await visit.memory.shared(`opening ${slotName(destination.slot)}`, async () => {
    const taken = await tryOpening(arrival, destination, slot, held, visit);
    ours = taken.result;
    return taken.item;
  });
  return ours === undefined ? { slot: now } : { seat: ours };
}

async function tryOpening(
  arrival: Arrival,
  destination: SlotDestination,
  slot: SlotItem | undefined,
  held: Held,
  visit: Visit,
) {
  const { chance, clock, journal } = visit.ports;
  const request = {
    slot: destination.slot,
    seenGeneration: slot?.generation ?? 0,
    maxFiles: destination.maxFiles,
    opener: documentKey(arrival),
    token: chance.token(),
    leaseExpiresAtMs: visit.deadlineMs + visit.settings.waits.skewMs,
    nowMs: clock.nowMs(),
  };
  // Held before it is written: of a write whose answer is lost nobody knows, and letting go of nothing is harmless.
  held.opening = { slot: request.slot, generation: request.seenGeneration + 1, token: request.token };
  const taken = await change(visit.ports, destination.slot, (item) => openingTaken(item, request), {
    item: slot,
  });
  held.opening = taken.result;
  const { generation } = taken.result ?? {};
  if (generation === undefined) visit.memory.rememberSlot(taken.item, request.nowMs);
  else journal.record('slot.taken', { slot: slotName(destination.slot), generation });
  return taken;
}

/** Polls a slot that another is opening until it changes or the time is up; one poll for all who wait in this container. */
function polled(
  destination: SlotDestination,
  giveUpAtMs: number,
  visit: Visit,
): Promise<SlotItem | undefined> {
  return visit.memory.shared(`poll ${slotName(destination.slot)}`, () =>
    pollUntilChanged(destination, giveUpAtMs, visit),
  );
}

async function pollUntilChanged(
  destination: SlotDestination,
  giveUpAtMs: number,
  visit: Visit,
): Promise<SlotItem | undefined> {
  const { clock } = visit.ports;
  const { waits } = visit.settings;
  let waitMs = waits.slotPollFirstMs;
  for (;;) {
    await clock.sleep(waitMs, visit.signal);
    const slot = await readSlot(destination, visit);
    const changed = slotChoice(slot, destination.maxFiles, clock.nowMs()) !== 'wait';
    if (changed || visit.signal.aborted || clock.nowMs() >= giveUpAtMs) return slot;
    waitMs = Math.min(waitMs * 2, waits.slotPollCapMs);
  }
}

/** Opens a slot with the batch that Extracta answered to its opener. Nothing happens if the slot has moved on. */
export async function openSlot(
  key: SlotDestination['slot'],
  generation: number,
  batchId: string,
  visit: Visit,
) {
  const changed = await change(visit.ports, key, (slot) => opened(slot, generation, batchId));
  visit.memory.rememberSlot(changed.item, visit.ports.clock.nowMs());
  if (changed.result) visit.ports.journal.record('slot.opened', { slot: slotName(key), generation, batchId });
  return changed;
}
