import { randomBytes } from 'node:crypto';
import type { Account } from './account.ts';
import type { Behaviour } from './behaviour.ts';
import { answerJson, drain, type Exchange, perform, refuse } from './exchange.ts';
import { type FileHead, type ReadFile, type ReadForm, readForm } from './form.ts';
import { newPushId } from './push-id.ts';
import type { StoredFile } from './store.ts';

/**
 * POST uploadFiles, as strict as it is documented: Content-Length, the fields in their order, a classification that
 * exists, a batch that exists in it. Files without a batch make a new one together.
 */
export async function upload(exchange: Exchange, account: Account): Promise<void> {
  if (!(await hasLength(exchange, account))) return;
  let behaviour: Behaviour = {};
  let coming = '';
  const form = await readForm(exchange.request, {
    fileBegun: (head) => {
      coming = head.fileName;
      behaviour = account.behaviour({ kind: 'upload', ...idsOf(head), fileName: head.fileName });
      if (behaviour.end?.kind === 'answer' && behaviour.end.early) perform(behaviour.end, exchange);
    },
    bytesRead: (sizeBytes) => {
      account.reading.set(coming, sizeBytes);
      if (behaviour.end?.kind === 'reset-in-body' && sizeBytes >= behaviour.end.afterBytes)
        perform(behaviour.end, exchange);
    },
  }).catch(() => undefined);
  try {
    if (form === undefined) return await malformed(exchange, account);
    await conclude(form, behaviour, exchange, account);
  } finally {
    account.reading.delete(coming);
  }
}

async function conclude(
  form: ReadForm,
  behaviour: Behaviour,
  exchange: Exchange,
  account: Account,
): Promise<void> {
  await behaviour.holdBefore;
  const refusal = refusalOf(form, account);
  if (refusal !== undefined && behaviour.end === undefined) return refuse(exchange, 400, refusal);
  const keeps = refusal === undefined && (behaviour.keep ?? behaviour.end === undefined);
  const stored = keeps ? accept(form, behaviour, account) : [];
  await behaviour.holdAfter;
  if (behaviour.end !== undefined) return perform(behaviour.end, exchange);
  answerJson(exchange, 200, answerOf(stored));
}

async function hasLength(exchange: Exchange, account: Account): Promise<boolean> {
  if (/^\d+$/.test(exchange.request.headers['content-length'] ?? '')) return true;
  account.violated('no-content-length', 'uploadFiles without Content-Length');
  await drain(exchange);
  refuse(exchange, 411, 'Content-Length is required');
  return false;
}

/** Cut off by its client, or no form: only the second can still be answered. */
async function malformed(exchange: Exchange, account: Account): Promise<void> {
  await drain(exchange);
  if (!exchange.request.complete) return;
  account.violated('malformed-form', 'uploadFiles with a body that is no multipart/form-data');
  refuse(exchange, 400, 'Malformed form data');
}

/** What Extracta would say against the form; undefined: nothing. */
function refusalOf(form: ReadForm, account: Account): string | undefined {
  const { classificationId, batchId } = idsOf(form);
  if (!/^classificationId,(batchId,)?(files,)*files$/.test(form.order.join(','))) {
    account.violated('field-order', `the parts were: ${form.order.join(', ')}`);
    return 'Expected classificationId, batchId (optional) and files, in this order';
  }
  if (form.files.length > 1) account.violated('several-files', `${form.files.length} files in one request`);
  if (form.files.length !== form.order.filter((name) => name === 'files').length)
    return 'files must be files';
  if (classificationId === undefined || account.store.classification(classificationId) === undefined)
    return 'Classification not found';
  if (batchId !== undefined && !account.store.hasBatch(classificationId, batchId)) return 'Batch not found';
  return undefined;
}

function accept(form: ReadForm, behaviour: Behaviour, account: Account): StoredFile[] {
  const { classificationId = '', batchId = newPushId(account.nowMs()) } = idsOf(form);
  const stored = form.files.map((file) =>
    describe(file, behaviour, { classificationId, batchId }, account.nowMs()),
  );
  for (const file of stored) {
    account.store.record({ kind: 'file', file });
    if (behaviour.shownFrom === undefined) continue;
    account.hidden.add(file.fileId);
    void behaviour.shownFrom.then(() => account.hidden.delete(file.fileId));
  }
  account.tellAccepted();
  return stored;
}

function describe(
  file: ReadFile,
  behaviour: Behaviour,
  pair: { readonly classificationId: string; readonly batchId: string },
  nowMs: number,
): StoredFile {
  const fileId = newPushId(nowMs);
  return {
    ...pair,
    fileId,
    fileName: file.fileName,
    shownName: behaviour.fileName ?? file.fileName,
    sha256: file.sha256,
    sizeBytes: file.sizeBytes,
    acceptedAtMs: nowMs,
    ...(file.numberOfPages === undefined ? {} : { numberOfPages: file.numberOfPages }),
    url: signedUrl(pair.classificationId, fileId),
  };
}

/** Looks like the signed links that Extracta answers; leads nowhere. Whoever logs one has a leak. */
function signedUrl(classificationId: string, fileId: string): string {
  const signature = encodeURIComponent(randomBytes(48).toString('base64'));
  return `https://files.extracta.invalid/${classificationId}/${fileId}?GoogleAccessId=local&Expires=16447017600&Signature=${signature}`;
}

function answerOf(files: readonly StoredFile[]): unknown {
  return {
    status: 'uploaded',
    classificationId: files[0]?.classificationId,
    batchId: files[0]?.batchId,
    files: files.map(({ fileId, shownName, numberOfPages, url }) => ({
      fileId,
      fileName: shownName,
      ...(numberOfPages === undefined ? {} : { numberOfPages }),
      url,
    })),
  };
}

function idsOf({ fields }: Pick<FileHead, 'fields'>): { classificationId?: string; batchId?: string } {
  const classificationId = fields.get('classificationId');
  const batchId = fields.get('batchId');
  return {
    ...(classificationId === undefined ? {} : { classificationId }),
    ...(batchId === undefined ? {} : { batchId }),
  };
}
