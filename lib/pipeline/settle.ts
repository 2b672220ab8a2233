import { backoffMs } from './backoff.ts';
import { openSlot } from './batch.ts';
import { change } from './change.ts';
import { lookQueued, type SettleResult, settled } from './document-writes.ts';
import { UploaderError } from './failures.ts';
import { tagFor } from './file-name.ts';
import { documentKey } from './identity.ts';
import type { DocumentItem, ExtractaFile, Mapping, ReceiptMessage } from './model.ts';
import type { Visit } from './visit.ts';

/**
 * Records Extracta's answer. While the ledger can't be written it is retried within the time left; then the answer is
 * queued as a message of its own, so that it outlives this invocation. Throws `ledger.*` only if even that failed.
 */
export async function settleFile(
  receipt: ReceiptMessage,
  others: readonly ExtractaFile[],
  visit: Visit,
): Promise<Mapping> {
  const mapping = { ...receipt.file, uploadedAtMs: receipt.answeredAtMs };
  const item = await settledItem(receipt, others, visit);
  if (item === undefined) return mapping;
  await letSlotKnow(receipt, visit);
  await queueLateLook(item, visit);
  return item.mapping ?? mapping;
}

/** The settled item; undefined if the answer was queued instead. */
async function settledItem(
  receipt: ReceiptMessage,
  others: readonly ExtractaFile[],
  visit: Visit,
): Promise<DocumentItem | undefined> {
  const { chance, clock, journal, outbox } = visit.ports;
  const { waits } = visit.settings;
  for (let tries = 1; ; tries += 1) {
    try {
      return await writeSettlement(receipt, others, visit);
    } catch (error) {
      if (!(error instanceof UploaderError)) throw error;
      const waitMs = backoffMs(tries, waits.settleRetryFirstMs, waits.settleRetryCapMs, chance.fraction());
      if (!visit.signal.aborted && clock.nowMs() + waitMs < visit.deadlineMs - waits.sendFloorMs) {
        await clock.sleep(waitMs, visit.signal);
        continue;
      }
      await outbox.send(JSON.stringify(receipt), waits.backoffFirstMs);
      journal.record('receipt.queued', {
        object: documentKey(receipt.arrival).partition,
        because: error.code,
      });
      return undefined;
    }
  }
}

async function writeSettlement(
  receipt: ReceiptMessage,
  others: readonly ExtractaFile[],
  visit: Visit,
): Promise<DocumentItem> {
  const { clock, journal } = visit.ports;
  const { arrival, edition, file, answeredAtMs } = receipt;
  const opensGeneration = receipt.opens?.generation;
  const settlement = {
    bearer: { arrival },
    edition,
    file,
    others,
    opensGeneration,
    answeredAtMs,
    nowMs: clock.nowMs(),
  };
  const changed = await change<DocumentItem, SettleResult>(visit.ports, documentKey(arrival), (item) =>
    settled(item, settlement),
  );
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

/** Whoever acknowledges a message that meets `uploaded` with `lookAt` queues the look first, then removes it. [V22] */
export async function queueLateLook(item: DocumentItem, visit: Visit): Promise<void> {
  if (item.lookAt === undefined) return;
  const { clock, journal, outbox } = visit.ports;
  const { lateLookMs, looksForMs } = visit.settings.waits;
  const nowMs = clock.nowMs();
  const look = {
    uploader: 'look',
    arrival: item.arrival,
    edition: item.edition,
    tag: tagFor(item.arrival, item.edition),
    pairs: item.lookAt,
    notBeforeMs: nowMs + lateLookMs,
    giveUpAtMs: nowMs + lateLookMs + looksForMs,
  };
  await outbox.send(JSON.stringify(look), lateLookMs);
  journal.record('look.queued', { object: item.partition });
  await change(visit.ports, documentKey(item.arrival), lookQueued);
}
