import type { ClearedToSend } from './claim.ts';
import type { DescribedDocument } from './document.ts';
import { documentRules } from './document-rules.ts';
import { UploaderError } from './failures.ts';
import { isSpelled, sentName, tagIn } from './file-name.ts';
import type { Held } from './held.ts';
import type { ReceiptMessage } from './model.ts';
import { UNKNOWN_BATCH } from './model.ts';
import { noteNamesLost } from './results.ts';
import type { Visit } from './visit.ts';

/**
 * S3 body -> byte guard -> form -> POST, one file a request, never twice. The lease covers it: the closing boundary
 * may go out until the invocation's hard deadline, which is the lease's end less the skew. [V11]
 */
export async function sendDocument(
  document: DescribedDocument,
  cleared: ClearedToSend,
  held: Held,
  visit: Visit,
): Promise<ReceiptMessage> {
  const { clock, extracta, journal, source } = visit.ports;
  const { arrival } = document;
  const tag = documentRules.fileTag(arrival, cleared.claim.edition);
  const opened = await source.open(arrival, visit.signal);
  if (opened.sizeBytes !== document.sizeBytes) {
    opened.body.destroy();
    throw new UploaderError(
      'document.size-mismatch',
      `S3 opened ${opened.sizeBytes} bytes where ${document.sizeBytes} were announced.`,
    );
  }
  const isTagged = visit.settings.fileNames === 'tagged';
  const fileName = sentName(arrival.key, document.extension, isTagged ? tag : undefined);
  const begunAtMs = clock.nowMs();
  const file = await extracta.upload({
    classificationId: cleared.pair.classificationId,
    batchId: cleared.pair.batchId === UNKNOWN_BATCH ? undefined : cleared.pair.batchId,
    fileName,
    contentType: document.contentType,
    sizeBytes: document.sizeBytes,
    body: opened.body,
    closeBeforeMs: cleared.claim.leaseExpiresAtMs - visit.settings.waits.skewMs,
    signal: visit.signal,
  });
  held.isAnswered = true;
  held.isNameLost =
    file.fileName !== '' && !(isTagged ? tagIn(file.fileName) === tag : isSpelled(file.fileName, fileName));
  const answeredAtMs = clock.nowMs();
  journal.record('document.sent', {
    sizeBytes: document.sizeBytes,
    tookMs: answeredAtMs - begunAtMs,
    fileId: file.fileId,
  });
  const opens = held.opening && { slot: held.opening.slot, generation: held.opening.generation };
  return {
    uploader: 'receipt',
    arrival,
    edition: cleared.claim.edition,
    file,
    answeredAtMs,
    ...(opens && { opens }),
  };
}

/** Noted once the answer is recorded; every verify reads it first. */
export async function watchNames({ isNameLost }: Held, visit: Visit): Promise<void> {
  if (!isNameLost) return;
  try {
    await noteNamesLost(visit);
  } catch (error) {
    visit.ports.journal.record('names.unnoted', {
      because: error instanceof UploaderError ? error.code : String(error),
    });
  }
}
