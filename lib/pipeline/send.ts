import type { Readable } from 'node:stream';
import type { ClearedToSend } from './claim.ts';
import type { DescribedDocument } from './document.ts';
import { documentRules } from './document-rules.ts';
import { UploaderError } from './failures.ts';
import { isSpelled, sentName, tagIn } from './file-name.ts';
import type { Held } from './held.ts';
import { type ExtractaFile, type ReceiptMessage, UNKNOWN_BATCH } from './model.ts';
import type { UploadRequest } from './ports.ts';
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
  const { clock, extracta, journal } = visit.ports;
  const name = nameOf(document, cleared, visit);
  const body = await openedBody(document, visit);
  const begunAtMs = clock.nowMs();
  const file = await extracta.upload(requestFor(document, name.sent, body, cleared, visit));
  const answeredAtMs = clock.nowMs();
  held.isAnswered = true;
  held.isNameLost = file.fileName !== '' && !name.isKept(file.fileName);
  const { sizeBytes } = document;
  journal.record('document.sent', { sizeBytes, tookMs: answeredAtMs - begunAtMs, fileId: file.fileId });
  return receiptOf(document, cleared, held, file, answeredAtMs);
}

interface SentName {
  readonly sent: string;
  /** Whether what Extracta calls the file still tells it from others. */
  readonly isKept: (answered: string) => boolean;
}

function nameOf({ arrival, extension }: DescribedDocument, { claim }: ClearedToSend, visit: Visit): SentName {
  if (visit.settings.fileNames === 'as-is') {
    const sent = sentName(arrival.key, extension, undefined);
    return { sent, isKept: (answered) => isSpelled(answered, sent) };
  }
  const tag = documentRules.fileTag(arrival, claim.edition);
  return { sent: sentName(arrival.key, extension, tag), isKept: (answered) => tagIn(answered) === tag };
}

async function openedBody({ arrival, sizeBytes }: DescribedDocument, visit: Visit): Promise<Readable> {
  const opened = await visit.ports.source.open(arrival, visit.signal);
  if (opened.sizeBytes === sizeBytes) return opened.body;
  opened.body.destroy();
  throw new UploaderError(
    'document.size-mismatch',
    `S3 opened ${opened.sizeBytes} bytes where ${sizeBytes} were announced.`,
  );
}

function requestFor(
  { contentType, sizeBytes }: DescribedDocument,
  fileName: string,
  body: Readable,
  { claim, pair }: ClearedToSend,
  visit: Visit,
): UploadRequest {
  const { classificationId, batchId } = pair;
  return {
    classificationId,
    batchId: batchId === UNKNOWN_BATCH ? undefined : batchId,
    fileName,
    contentType,
    sizeBytes,
    body,
    closeBeforeMs: claim.leaseExpiresAtMs - visit.settings.waits.skewMs,
    signal: visit.signal,
  };
}

/** Says which opening it answers, where it is an opener's. */
function receiptOf(
  { arrival }: DescribedDocument,
  { claim }: ClearedToSend,
  { opening }: Held,
  file: ExtractaFile,
  answeredAtMs: number,
): ReceiptMessage {
  const receipt = { uploader: 'receipt', arrival, edition: claim.edition, file, answeredAtMs } as const;
  if (opening === undefined) return receipt;
  return { ...receipt, opens: { slot: opening.slot, generation: opening.generation } };
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
