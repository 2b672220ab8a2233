import { createHash } from 'node:crypto';
import { type FailureCode, UploaderError } from '../../lib/pipeline/failures.ts';
import { documentKey } from '../../lib/pipeline/identity.ts';
import type { ExtractaFile } from '../../lib/pipeline/model.ts';
import type { Extracta, UploadRequest } from '../../lib/pipeline/ports.ts';
import { simulatedBody } from './body.ts';
import { clientGone, type RecordAtWork } from './delivery.ts';
import { answerToResults, seesClassification } from './extracta-questions.ts';
import { plannedReply, type Reply } from './extracta-replies.ts';
import type { Fault } from './faults.ts';
import { passage } from './gated-ports.ts';
import { mustBeLetThrough } from './record-notes.ts';
import { answerLost, type Send, type TrueFile } from './truth.ts';
import { itemOf, nameOf, type World } from './world.ts';

/** Extracta, its truth apart from its answers; an upload is taken step by step, the closing boundary being its own. */
export function extractaPort(world: World, record: RecordAtWork): Extracta {
  return {
    upload: async (request) => {
      record.delivery.openRequests += 1;
      try {
        return await upload(world, record, request);
      } finally {
        record.delivery.openRequests -= 1;
      }
    },
    results: (pair) => answerToResults(world, record, pair),
    seesClassification: (classificationId) => seesClassification(world, record, classificationId),
  };
}

const never = Number.POSITIVE_INFINITY;
export const AWAITS_ANSWER = 'awaits its answer';
const IDLE_SOURCE_MS = 60_000;

/** Failures before the last byte: surely not arrived. */
const BEFORE: readonly (readonly [Fault, FailureCode, number | undefined])[] = [
  ['extracta.unreachable', 'extracta.no-connection', undefined],
  ['extracta.no-secret', 'secret.unavailable', undefined],
];

async function upload(world: World, record: RecordAtWork, request: UploadRequest): Promise<ExtractaFile> {
  await passage(world, record, 'connects');
  if (request.signal.aborted) throw new UploaderError('invocation.ending', 'Aborted before a byte went out.');
  mustBeLetThrough(world, record);
  refuseOutage(world, record, 'connects');
  for (const [fault, code, httpStatus] of BEFORE) {
    if (world.faults.fires(fault, `${record.name} connects`))
      throw new UploaderError(code, 'Before the body.', httpStatus === undefined ? {} : { httpStatus });
  }
  await body(world, record, request);
  await passage(world, record, 'lets the boundary out');
  const nowMs = world.scheduler.nowMs() + record.delivery.host.skewMs;
  if (request.signal.aborted) throw new UploaderError('upload.out-of-time', 'Aborted before the boundary.');
  if (nowMs >= request.closeBeforeMs && world.without?.boundary !== false)
    throw new UploaderError('upload.out-of-time', 'The claim is about to end.');
  const send = sent(world, record, request);
  return replyTo(send, world, record, request);
}

export function refuseOutage(world: World, record: RecordAtWork, where: string): void {
  const { faults, scheduler } = world;
  if (faults.fires('extracta.out-for-long', `${record.name} ${where}`)) {
    world.answersIntoOutage = world.hosts.reduce(
      (sum, { delivery }) => sum + (delivery?.openRequests ?? 0),
      0,
    );
    world.extractaOutUntilMs =
      scheduler.nowMs() + ([20 * 60_000, 3_600_000, 86_400_000][world.dice.pick('outage', 3)] ?? 0);
  }
  if (!faults.isStopped() && scheduler.nowMs() < world.extractaOutUntilMs)
    throw new UploaderError('extracta.no-connection', 'An outage.');
}

async function body(
  world: World,
  record: RecordAtWork,
  { signal, body: given, sizeBytes }: UploadRequest,
): Promise<void> {
  const { faults, scheduler } = world;
  await passage(world, record, 'sends the body');
  const where = `${record.name} sends the body`;
  if (faults.fires('s3.stalled', where)) {
    const gate = scheduler.openable(
      record.delivery.actor,
      `${record.name} stalled`,
      scheduler.nowMs() + IDLE_SOURCE_MS,
    );
    signal.addEventListener('abort', gate.open, { once: true });
    await gate.passed;
    throw new UploaderError(
      signal.aborted ? 'upload.out-of-time' : 'document.stalled',
      'The source stalled.',
    );
  }
  if (faults.fires('s3.broken', where))
    throw new UploaderError('document.unavailable', 'S3 broke off the body.');
  if (faults.fires('extracta.broken-in-body', where))
    throw new UploaderError('extracta.unreachable', 'Reset in the body.');
  const { bytes } = simulatedBody(given);
  if (bytes === undefined || bytes.length !== sizeBytes)
    throw new UploaderError('document.size-mismatch', `${bytes?.length} of ${sizeBytes} bytes`);
}

/** The last byte is out: from here on it may be there. */
function sent(world: World, record: RecordAtWork, request: UploadRequest): Send {
  const { truth, scheduler } = world;
  const { arrival, bytes } = simulatedBody(request.body);
  const key = documentKey(arrival);
  if (bytes === undefined || createHash('md5').update(bytes).digest('hex') !== arrival.eTag)
    world.fail('a file holds its document’s bytes', `${record.name} sends other bytes for ${nameOf(key)}`);
  const send: Send = {
    number: truth.sends.length + 1,
    document: nameOf(key),
    edition: record.claimed.get(nameOf(key))?.edition ?? 1,
    classificationId: request.classificationId,
    batchId: request.batchId ?? '?',
    by: record.name,
    opening: request.batchId === undefined ? record.opening.get(nameOf(key)) : undefined,
    sentAtMs: scheduler.nowMs(),
    endedAtMs: undefined,
    isKept: false,
    isTooLate: false,
    lagMs: 0,
    file: undefined,
    wasGivenUp: false,
    isRefused: false,
    isRisky: false,
    onEnd: undefined,
  };
  world.tell(
    record.name,
    `SENT its last byte to ${send.classificationId}/${send.batchId} as ${request.fileName}`,
  );
  mustHoldTheClaim(world, record, send);
  mustBeDecided(world, send);
  truth.sends.push(send);
  record.delivery.openSends.add(send);
  return send;
}

/** Under `park`, a send on top of one that nobody can look for takes a person's decision of its own. [V17] */
function mustBeDecided(world: World, send: Send): void {
  const { truth, run, faults } = world;
  if (run.settings.onUnknownOutcome !== 'park' || faults.drawn('extracta.names-lost')) return;
  const earlier = truth.sends.filter(
    (each) => each.document === send.document && each.edition === send.edition && !each.isRefused,
  );
  send.isRisky = earlier.some(({ batchId }) => batchId === '?');
  const risky = earlier.filter(({ isRisky }) => isRisky).length + (send.isRisky ? 1 : 0);
  const decisions = truth.decisions.get(send.document)?.size ?? 0;
  if (risky > decisions)
    world.fail(
      'one send for each decision',
      `${send.by} sends ${send.document}: ${risky} times on ${decisions} decisions`,
    );
}

function mustHoldTheClaim(world: World, record: RecordAtWork, send: Send): void {
  const claimed = record.claimed.get(send.document);
  const item = claimed === undefined ? undefined : itemOf(world, claimed);
  const isSettled = item?.mapping !== undefined;
  const holds = item?.state === 'uploading' && item.claimToken === claimed?.claimToken;
  if (!holds && !isSettled)
    world.fail('sent under its claim', `${record.name} sent ${send.document} without holding it`);
  const deadlineMs = record.delivery.beganAtMs + 5 * 60_000;
  if (world.scheduler.nowMs() > deadlineMs + world.run.settings.waits.skewMs)
    world.fail('nothing sent after its lease', `${record.name} sent ${send.document} after its lease`);
}

async function replyTo(
  send: Send,
  world: World,
  record: RecordAtWork,
  request: UploadRequest,
): Promise<ExtractaFile> {
  const { scheduler } = world;
  const reply = plannedReply(world, record, send);
  send.isKept = reply.kept;
  send.isTooLate = reply.isTooLate === true;
  send.lagMs = reply.lagMs ?? 0;
  let answer: ExtractaFile | UploaderError | undefined;
  const waits = scheduler.openable(record.delivery.actor, `${record.name} ${AWAITS_ANSWER}`, never);
  const accept = () => {
    answer = accepted(world, send, request);
    if (answer instanceof UploaderError) send.isKept = false;
    if (reply.error !== undefined) answer = reply.error;
    if (!reply.hangs) waits.open();
  };
  if (!reply.kept) {
    answer = reply.error;
    if (!reply.hangs) waits.open();
  } else if (reply.afterEndMs === undefined)
    scheduler.at(world.extracta, `takes send ${send.number}`, scheduler.nowMs(), accept);
  else
    send.onEnd = () =>
      void scheduler.at(
        world.extracta,
        `takes send ${send.number} late`,
        scheduler.nowMs() + (reply.afterEndMs ?? 0),
        accept,
        true,
      );
  request.signal.addEventListener('abort', waits.open, { once: true });
  await waits.passed;
  request.signal.removeEventListener('abort', waits.open);
  record.delivery.openSends.delete(send);
  clientGone(world, send);
  try {
    return given(answer, reply);
  } catch (failure) {
    send.isRefused = failure instanceof UploaderError && !failure.mayHaveArrived;
    if (!send.isRefused) answerLost(world.truth);
    throw failure;
  }
}

function given(answer: ExtractaFile | UploaderError | undefined, { error }: Reply): ExtractaFile {
  if (answer instanceof UploaderError) throw answer;
  if (error !== undefined) throw error;
  if (answer === undefined) throw new UploaderError('extracta.reply-lost', 'No answer came in time.');
  return answer;
}

function accepted(world: World, send: Send, request: UploadRequest): ExtractaFile | UploaderError {
  const { truth } = world;
  if (request.batchId !== undefined && truth.batches.get(request.batchId) !== request.classificationId)
    return new UploaderError('batch.unknown', 'Batch not found', { httpStatus: 400 });
  const batchId = request.batchId ?? `batch-${truth.files.length + 1}`;
  truth.batches.set(batchId, request.classificationId);
  if (request.batchId === undefined && send.opening !== undefined)
    truth.batchMadeBy.set(batchId, send.opening);
  const namesKept =
    !world.faults.fires('extracta.names-lost', 'an upload') &&
    !truth.files.some((file) => file.fileName.startsWith('renamed'));
  const file: TrueFile = {
    classificationId: request.classificationId,
    batchId,
    fileId: `file-${truth.files.length + 1}`,
    fileName: namesKept ? request.fileName : `renamed-${truth.files.length + 1}.pdf`,
    status: 'processed',
    document: send.document,
    edition: send.edition,
    send,
    isDeleted: false,
    isRecorded: false,
  };
  truth.files.push(file);
  send.file = file;
  world.tell('extracta', `holds ${file.fileId} of ${send.document.replace('bucket/in/', '')} in ${batchId}`);
  const { classificationId, fileId, fileName } = file;
  return { classificationId, batchId, fileId, fileName, numberOfPages: 1 };
}
