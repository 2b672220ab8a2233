import { change } from './change.ts';
import { documentRules } from './document-rules.ts';
import { foundLate, lookQueued } from './document-writes.ts';
import { UploaderError } from './failures.ts';
import { tagIn } from './file-name.ts';
import { documentKey } from './identity.ts';
import type { DocumentItem, ExtractaFile, LookMessage, Pair } from './model.ts';
import { askBatch, seesClassification } from './results.ts';
import type { Visit } from './visit.ts';

/**
 * Looks once more for files of a settled or skipped document: a body accepted after verify said no. What is found is
 * recorded and told. Throws `results.*` and `extracta.*` while it is too early or no answer can be had.
 */
export async function lateLook(look: LookMessage, visit: Visit): Promise<'done' | 'given-up'> {
  const { clock, journal } = visit.ports;
  if (clock.nowMs() < look.notBeforeMs) {
    throw new UploaderError('upload.unverified', 'Too early for the late look.', {
      retryAfterMs: look.notBeforeMs - clock.nowMs(),
    });
  }
  try {
    for (const [at, pair] of look.pairs.entries())
      await record(look, await oursIn(pair, look, visit, at === 0), visit);
    return 'done';
  } catch (error) {
    const isAnswer = error instanceof UploaderError && error.code !== 'results.paced';
    if (!isAnswer || clock.nowMs() < look.giveUpAtMs) throw error;
    journal.record('look.given-up', { object: documentKey(look.arrival).partition, because: error.code });
    return 'given-up';
  }
}

async function oursIn(
  pair: Pair,
  look: LookMessage,
  visit: Visit,
  isFirst: boolean,
): Promise<readonly ExtractaFile[]> {
  const answer = await askBatch(pair, ({ askedAtMs }) => askedAtMs >= look.notBeforeMs, visit, isFirst);
  if (answer.kind === 'waiting') throw new UploaderError('results.inconclusive', 'The batch is in work.');
  if (answer.kind === 'no-such-batch') {
    if (await seesClassification(pair.classificationId, visit)) return [];
    throw new UploaderError(
      'results.inconclusive',
      'The token sees neither the batch nor its classification.',
    );
  }
  const ours = answer.files.filter((file) => tagIn(file.fileName) === look.tag);
  return ours.map(({ fileId, fileName }) => ({ ...pair, fileId, fileName }));
}

async function record(look: LookMessage, files: readonly ExtractaFile[], visit: Visit): Promise<void> {
  const { clock, journal } = visit.ports;
  const nowMs = clock.nowMs();
  const key = documentKey(look.arrival);
  const changed = await change(visit.ports, key, (item) => foundLate(item, look, files, nowMs));
  const { before, item, result } = changed;
  if (before?.state === 'skipped' && item?.mapping !== undefined) {
    const { batchId, fileId } = item.mapping;
    journal.record('document.found', { object: key.partition, batchId, fileId });
  }
  for (const { batchId, fileId } of result.doubled)
    journal.record('file.doubled', { object: key.partition, batchId, fileId });
}

/** Whoever acknowledges a message that meets a done document with `lookAt` queues the look first, then removes it. [V22] */
export async function queueLateLook(item: DocumentItem | undefined, visit: Visit): Promise<void> {
  if (item?.lookAt === undefined || !documentRules.isDone(item)) return;
  const { clock, journal, outbox } = visit.ports;
  const { lateLookMs, looksForMs } = visit.settings.waits;
  const nowMs = clock.nowMs();
  const look = {
    uploader: 'look',
    arrival: item.arrival,
    edition: item.edition,
    tag: documentRules.fileTag(item.arrival, item.edition),
    pairs: item.lookAt,
    notBeforeMs: nowMs + lateLookMs,
    giveUpAtMs: nowMs + lateLookMs + looksForMs,
  };
  await outbox.send(JSON.stringify(look), lateLookMs);
  journal.record('look.queued', { object: item.partition });
  await change(visit.ports, documentKey(item.arrival), lookQueued);
}
