import { change, type Decision } from './change.ts';
import { UploaderError } from './failures.ts';
import { slotName } from './identity.ts';
import type { SlotItem, SlotKey } from './model.ts';
import { freed, rejected } from './slot-writes.ts';
import type { Visit } from './visit.ts';
import type { Walk } from './walk.ts';

/**
 * Every end of an opener but its own answer frees its slot at once; a batch that Extracta no longer knows is given up
 * by its slot. Answers the failure, which becomes `batch.not-found` where nobody can reopen the batch. [V8, V21]
 */
export async function letSlotGo(failure: UploaderError, walk: Walk): Promise<UploaderError> {
  const { held, visit } = walk;
  if (held.opening !== undefined && !held.isAnswered) {
    const { opening } = held;
    const isFreed = await changedQuietly(opening.slot, (slot) => freed(slot, opening), visit);
    if (isFreed)
      visit.ports.journal.record('slot.freed', { slot: slotName(opening.slot), because: failure.code });
  }
  return failure.code === 'batch.unknown' ? batchRejected(failure, walk) : failure;
}

async function batchRejected(failure: UploaderError, { held, visit }: Walk): Promise<UploaderError> {
  const { destination, sendingTo } = held;
  if (destination?.kind !== 'slot' || sendingTo === undefined) {
    return new UploaderError(
      'batch.not-found',
      'Extracta does not know the batch that the route or the metadata names.',
      {
        cause: failure,
      },
    );
  }
  visit.memory.forgetSlot(destination.slot);
  const { batchId } = sendingTo;
  const isGivenUp = await changedQuietly(destination.slot, (slot) => rejected(slot, batchId), visit);
  if (isGivenUp)
    visit.ports.journal.record('slot.rejected', {
      slot: slotName(destination.slot),
      batchId,
    });
  return failure;
}

/** A slot that can't be written must not keep the claim from being released: its lease lapses by itself. */
async function changedQuietly(
  key: SlotKey,
  rule: (slot: SlotItem | undefined) => Decision<SlotItem, boolean>,
  visit: Visit,
): Promise<boolean> {
  try {
    return (await change(visit.ports, key, rule)).result;
  } catch (error) {
    if (!(error instanceof UploaderError)) throw error;
    visit.ports.journal.record('slot.unfreed', { slot: slotName(key), because: error.code });
    return false;
  }
}
