import type { Account } from './account.ts';
import type { RequestKind } from './behaviour.ts';
import { answerJson, type Exchange, misbehaved } from './exchange.ts';
import { newPushId } from './push-id.ts';
import type { StoredFile } from './store.ts';

type Body = Readonly<Record<string, unknown>>;
type Reply = readonly [status: number, body: unknown];

const refusal = (status: number, message: string): Reply => [status, { status: 'error', message }];

/** Everything that is asked in JSON. Shapes: https://docs.extracta.ai (document classification). */
const ANSWERS: Record<Exclude<RequestKind, 'upload'>, (account: Account, body: Body) => Reply> = {
  results,
  view,
  create,
  'delete-batch': deleteBatch,
  'delete-files': deleteFiles,
  credits: () => [200, { status: 'ok', credits: 10_000 }],
};

export async function question(
  kind: Exclude<RequestKind, 'upload'>,
  exchange: Exchange,
  account: Account,
): Promise<void> {
  const body = await readJson(exchange);
  if (body === undefined && exchange.request.method !== 'GET') {
    account.violated('malformed-json', `${kind} with a body that is no JSON object`);
    return answerJson(exchange, ...refusal(400, 'Malformed JSON'));
  }
  const { classificationId, batchId } = textsOf(body ?? {});
  const behaviour = account.behaviour({
    kind,
    ...(classificationId === undefined ? {} : { classificationId }),
    ...(batchId === undefined ? {} : { batchId }),
  });
  if (await misbehaved(behaviour, exchange)) return;
  answerJson(exchange, ...ANSWERS[kind](account, body ?? {}));
}

function results(account: Account, body: Body): Reply {
  if (!account.mayAskResults()) return refusal(429, 'Too many requests');
  return withBatch(account, body, (pair) => {
    const { fileId } = textsOf(body);
    const shown = account.store
      .filesOf(pair.classificationId, pair.batchId)
      .filter((file) => !account.hidden.has(file.fileId) && (fileId === undefined || file.fileId === fileId));
    if (fileId !== undefined && shown.length === 0) return refusal(400, 'File not found');
    return [200, { status: 'success', ...pair, files: shown.map(resultOf) }];
  });
}

function resultOf(file: StoredFile): unknown {
  return {
    fileId: file.fileId,
    fileName: file.shownName,
    status: 'processed',
    result: { confidence: 0.95, documentType: 'document' },
    url: file.url,
  };
}

function view(account: Account, body: Body): Reply {
  const classification = account.store.classification(textsOf(body).classificationId ?? '');
  if (classification === undefined) return refusal(400, 'Classification not found');
  const { id: classificationId, name } = classification;
  return [200, { status: 'success', classificationId, name, description: '', documentTypes: [] }];
}

function create(account: Account, body: Body): Reply {
  const details = body['classificationDetails'];
  const name = isObject(details) ? details['name'] : undefined;
  if (typeof name !== 'string' || name === '') return refusal(400, 'classificationDetails.name is required');
  const id = newPushId(account.nowMs());
  account.store.record({ kind: 'classification', classification: { id, name } });
  return [200, { status: 'created', classificationId: id, createdAt: account.nowMs() }];
}

function deleteBatch(account: Account, body: Body): Reply {
  return withBatch(account, body, (pair) => {
    account.store.record({ kind: 'deleted', ...pair, atMs: account.nowMs() });
    return [200, { status: 'deleted', ...pair }];
  });
}

function deleteFiles(account: Account, body: Body): Reply {
  return withBatch(account, body, (pair) => {
    const given = body['fileIds'];
    const fileIds = Array.isArray(given) ? given.filter((id) => typeof id === 'string') : [];
    if (fileIds.length === 0) return refusal(400, 'fileIds is required');
    account.store.record({ kind: 'deleted', ...pair, fileIds, atMs: account.nowMs() });
    return [200, { status: 'deleted', ...pair, fileIds }];
  });
}

type Pair = { readonly classificationId: string; readonly batchId: string };

function withBatch(account: Account, body: Body, answer: (pair: Pair) => Reply): Reply {
  const { classificationId = '', batchId = '' } = textsOf(body);
  if (account.store.classification(classificationId) === undefined)
    return refusal(400, 'Classification not found');
  if (!account.store.hasBatch(classificationId, batchId)) return refusal(400, 'Batch not found');
  return answer({ classificationId, batchId });
}

function textsOf(body: Body): { classificationId?: string; batchId?: string; fileId?: string } {
  const texts = Object.entries(body).filter(([, value]) => typeof value === 'string' && value !== '');
  return Object.fromEntries(texts);
}

async function readJson({ request }: Exchange): Promise<Body | undefined> {
  let text = '';
  request.setEncoding('utf8');
  for await (const chunk of request) if (text.length < 1_000_000) text += chunk;
  try {
    const body: unknown = JSON.parse(text);
    return isObject(body) ? body : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Body {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
