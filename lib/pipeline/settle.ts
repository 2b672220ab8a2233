import { backoffMs } from './backoff.ts';
import { openSlot } from './batch.ts';
import { change } from './change.ts';
import { type SettleResult, settled } from './document-writes.ts';
import { UploaderError } from './failures.ts';
import { documentKey } from './identity.ts';
import type { DocumentItem, ExtractaFile, Mapping, ReceiptMessage } from './model.ts';
import type { Visit } from './visit.ts';

export interface Settled {
  readonly mapping: Mapping;
  /** Undefined: the answer is a message of its own now. Else its late look is still to be queued. [V22] */
  readonly item: DocumentItem | undefined;
}

/**
 * Records Extracta's answer. While the ledger can't be written it is retried within the time left; then the answer is
 * queued as a message of its own, so that it outlives this invocation. `seen`: the item as its holder last wrote it.
 * Throws `queue.unavailable` only if even that failed.
 */
export async function settleFile(
  receipt: ReceiptMessage,
  others: readonly ExtractaFile[],
  visit: Visit,
  seen?: { readonly item: DocumentItem | undefined },
): Promise<Settled> {
  const mapping = { ...receipt.file, uploadedAtMs: receipt.answeredAtMs };
  const item = await settledItem(receipt, others, seen, visit);
  if (item === undefined) return { mapping, item };
  await letSlotKnow(receipt, visit);
  return { mapping: item.mapping ?? mapping, item };
}

/** The settled item; undefined if the answer was queued instead. */
async function settledItem(
  receipt: ReceiptMessage,
  others: readonly ExtractaFile[],
  seen: { readonly item: DocumentItem | undefined } | undefined,
  visit: Visit,
): Promise<DocumentItem | undefined> {
  const { chance, clock } = visit.ports;
  const { waits } = visit.settings;
  // The rest of the time is the queue's.
  const untilMs = visit.deadlineMs - waits.sendFloorMs;
  let written = await writtenInTime(() => writeSettlement(receipt, others, seen, visit), untilMs, visit);
  for (let tries = 1; written instanceof UploaderError; tries += 1) {
    const waitMs = backoffMs(tries, waits.settleRetryFirstMs, waits.settleRetryCapMs, chance.fraction());
    if (visit.signal.aborted || clock.nowMs() + waitMs >= untilMs)
      return queueReceipt(receipt, written, visit);
    await clock.sleep(waitMs, visit.signal);
    written = await writtenInTime(() => writeSettlement(receipt, others, undefined, visit), untilMs, visit);
  }
  return written;
}

/** A ledger that hangs must not take the time in which the answer can still be queued; settling twice is harmless. */
async function writtenInTime(
  write: () => Promise<DocumentItem>,
  untilMs: number,
  visit: Visit,
): Promise<DocumentItem | UploaderError> {
  const { clock } = visit.ports;
  const written = new AbortController();
  const writing = write().catch((error: unknown) => {
    if (error instanceof UploaderError) return error;
    throw error;
  });
  const timeIsUp = clock
    .sleep(Math.max(0, untilMs - clock.nowMs()), written.signal)
    .then(() => new UploaderError('ledger.unavailable', 'The ledger did not answer in time.'));
  return Promise.race([writing, timeIsUp]).finally(() => written.abort());
}

async function queueReceipt(
  receipt: ReceiptMessage,
  because: UploaderError,
  visit: Visit,
): Promise<undefined> {
  await visit.ports.outbox.send(JSON.stringify(receipt), visit.settings.waits.backoffFirstMs);
  const object = documentKey(receipt.arrival).partition;
  visit.ports.journal.record('receipt.queued', { object, because: because.code });
}

async function writeSettlement(
  receipt: ReceiptMessage,
  others: readonly ExtractaFile[],
  seen: { readonly item: DocumentItem | undefined } | undefined,
  visit: Visit,
): Promise<DocumentItem> {
  const { clock, journal } = visit.ports;
  const { arrival, edition, file, opens, answeredAtMs } = receipt;
  const settlement = {
    bearer: { arrival },
    edition,
    file,
    others,
    opens,
    answeredAtMs,
    nowMs: clock.nowMs(),
  };
  const rule = (item: DocumentItem | undefined) => settled(item, settlement);
  const changed = await change<DocumentItem, SettleResult>(visit.ports, documentKey(arrival), rule, seen);
  for (const extra of changed.result.doubled) {
    journal.record('file.doubled', {
      object: documentKey(arrival).partition,
      batchId: extra.batchId,
      fileId: extra.fileId,
    });
  }
  return changed.item as DocumentItem;
}

/** Only an opener's own answer opens its slot, even if another file is on record. The next in line may also do it. [V8] */
async function letSlotKnow(receipt: ReceiptMessage, visit: Visit): Promise<void> {
  if (receipt.opens === undefined) return;
  const { slot, generation } = receipt.opens;
  try {
    await openSlot(slot, generation, receipt.file.batchId, visit);
  } catch (error) {
    if (!(error instanceof UploaderError)) throw error;
    visit.ports.journal.record('slot.unopened', { generation, because: error.code });
  }
}
