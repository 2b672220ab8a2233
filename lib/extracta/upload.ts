import type { Readable } from 'node:stream';
import { UploaderError } from '../pipeline/failures.ts';
import type { ExtractaFile } from '../pipeline/model.ts';
import type { UploadRequest } from '../pipeline/ports.ts';
import { ByteGuard } from './byte-guard.ts';
import { brokenOff, deniesToken, replyFailure } from './errors.ts';
import type { Reply } from './exchange.ts';
import { UploadForm } from './form.ts';
import { type Line, post } from './line.ts';
import { UPLOAD_ANSWER_BYTES, uploadedFile } from './replies.ts';

/**
 * The vendor's page is headed `POST /documentClassification/deleteFiles`; every sample on it posts here, and
 * `deleteFiles` deletes.
 */
const UPLOAD_PATH = '/documentClassification/uploadFiles';

/** See `Extracta.upload`. */
export async function upload(line: Line, request: UploadRequest): Promise<ExtractaFile> {
  const guard = new ByteGuard(request);
  const form = formFor(line, request, guard);
  try {
    const answer = await send(line, form, guard, request.signal);
    // What is answered before the document is whole can't be about the whole document.
    const file = guard.closingHandedOver && uploadedFile(answer.reply, request.classificationId);
    if (file) return file;
    throw await refused(line, request, answer, guard.closingHandedOver);
  } finally {
    form.destroy();
    await Promise.all([closed(form), closed(request.body)]);
  }
}

interface Answer {
  readonly reply: Reply;
  /** The one that it was asked with. */
  readonly token: string;
}

function formFor(line: Line, request: UploadRequest, guard: ByteGuard): UploadForm {
  const form = new UploadForm({
    ...request,
    boundary: `extracta-uploader-${line.chance.token()}`,
    source: request.body,
    guard,
    clock: line.clock,
    idleMs: line.timeouts.idleSourceMs,
  });
  // undici listens only while it sends; what breaks before or after that must not end the process.
  return form.on('error', () => {});
}

async function send(line: Line, form: UploadForm, guard: ByteGuard, signal: AbortSignal): Promise<Answer> {
  const { boundary, contentLength } = form;
  const contentType = `multipart/form-data; boundary=${boundary}`;
  try {
    const token = await line.token.get(signal);
    const request = { path: UPLOAD_PATH, token, contentType, contentLength, body: form };
    const reply = await post(line, request, { answerBytes: UPLOAD_ANSWER_BYTES, signal });
    return { reply, token };
  } catch (error) {
    throw brokenOff(error, guard, signal);
  }
}

async function refused(
  line: Line,
  { classificationId, batchId, fileName, signal }: UploadRequest,
  { reply, token }: Answer,
  closingHandedOver: boolean,
): Promise<UploaderError> {
  const nowMs = line.clock.nowMs();
  const batchNamed = batchId !== undefined;
  const quotes = [fileName, classificationId, batchId ?? ''];
  const failure = replyFailure(reply, { closingHandedOver, batchNamed, quotes, token, nowMs });
  if (!deniesToken(failure)) return failure;
  // That the secret can't be read must not hide what we know of this document.
  const renewed = await line.token.refresh(signal).catch(() => token);
  return renewed === token ? failure : rotated(failure, reply.status);
}

/** The body is spent, so a new token serves only the next attempt. */
function rotated(failure: UploaderError, httpStatus: number): UploaderError {
  return new UploaderError('extracta.token-rotated', 'The API token was rotated while it was in use', {
    cause: failure,
    httpStatus,
    mayHaveArrived: failure.mayHaveArrived,
  });
}

function closed(stream: Readable): Promise<void> {
  return new Promise((resolve) => {
    if (stream.closed) resolve();
    else stream.once('close', resolve);
  });
}
