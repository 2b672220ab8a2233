import * as v from 'valibot';
import { LONGEST_ANSWERED_NAME } from '../pipeline/file-name.ts';
import type { ExtractaFile, Pair } from '../pipeline/model.ts';
import { isOpaqueId } from '../pipeline/opaque-id.ts';
import type { ResultFile, ResultsAnswer } from '../pipeline/ports.ts';
import { isSuccess, type Reply } from './exchange.ts';

/** How much of a 2xx answer is read. Ours: Extracta documents no limit, and its results come without pages. */
export const UPLOAD_ANSWER_BYTES = 1024 * 1024;
export const RESULTS_ANSWER_BYTES = 32 * 1024 * 1024;

// valibot copies only the keys that a schema names: Extracta's file `url` gets no further than this file.
const id = v.pipe(v.string(), v.check(isOpaqueId));
const fileName = v.pipe(
  v.string(),
  v.transform((name) => name.slice(-LONGEST_ANSWERED_NAME).toWellFormed()),
);
/** For what is good to have: a value of another kind counts as absent. */
const ifAny = <T>(schema: v.GenericSchema<unknown, T>) => v.fallback(v.optional(schema), undefined);

const uploadedSchema = v.object({
  status: v.literal('uploaded'),
  classificationId: ifAny(id),
  batchId: id,
  files: v.strictTuple([
    v.object({
      fileId: id,
      fileName: v.fallback(fileName, ''),
      numberOfPages: ifAny(v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
    }),
  ]),
});

/**
 * The one file of a 2xx answer to uploadFiles; undefined where it says anything else than that exactly one file was
 * uploaded. The name is empty where the answer gives none.
 */
export function uploadedFile(reply: Reply, classificationId: string): ExtractaFile | undefined {
  const answer = v.safeParse(uploadedSchema, reply.json);
  if (!isSuccess(reply.status) || !answer.success) return undefined;
  const { batchId, files, ...rest } = answer.output;
  const { numberOfPages, ...file } = files[0];
  return {
    classificationId: rest.classificationId ?? classificationId,
    batchId,
    ...file,
    ...(numberOfPages === undefined ? {} : { numberOfPages }),
  };
}

const resultsSchema = v.variant('status', [
  v.object({
    status: v.literal('success'),
    batchId: ifAny(v.pipe(v.string(), v.nonEmpty())),
    // Strict: an entry that can't be read might be the file that is looked for.
    files: v.array(v.object({ fileId: id, fileName, status: ifAny(v.string()) })),
  }),
  // Seen at the sibling extraction API: `waiting`; the others are what a file's own status has been seen to say.
  v.object({ status: v.picklist(['waiting', 'processing', 'pending']) }),
]);

/** A 2xx answer to getResults; undefined where it is of no known shape, or of another batch. */
export function resultsAnswer(reply: Reply, pair: Pair): ResultsAnswer | undefined {
  const answer = v.safeParse(resultsSchema, reply.json);
  if (!isSuccess(reply.status) || !answer.success) return undefined;
  if (answer.output.status !== 'success') return { kind: 'waiting' };
  const { batchId, files } = answer.output;
  if (batchId !== undefined && batchId !== pair.batchId) return undefined;
  return { kind: 'files', files: files.map(resultFile) };
}

function resultFile(file: { fileId: string; fileName: string; status?: string | undefined }): ResultFile {
  const { status, ...named } = file;
  return { ...named, ...(status === undefined ? {} : { status }) };
}

const errorSchema = v.looseObject({
  status: v.optional(v.unknown()),
  message: ifAny(v.string()),
  error: ifAny(v.string()),
});

/**
 * The message of an error that is surely Extracta's own refusal, so that nothing was taken (docs/protocol.md §5). With a
 * 4xx other than 408, 425 and 499: JSON with `status: "error"`, a `message` or an `error`. With a 2xx, where a message
 * may as well be good news: only `status: "error"`, or an `error`. Empty where it says no more; undefined for any other
 * reply.
 */
export function refusal(reply: Reply): string | undefined {
  const body = v.safeParse(errorSchema, reply.json);
  if (!body.success || !mayRefuse(reply.status)) return undefined;
  const { status, message, error } = body.output;
  const text = message ?? error;
  if (status === 'error') return text ?? '';
  if (!isSuccess(reply.status)) return text;
  return error && !speaksOfSuccess(body.output) ? text : undefined;
}

/**
 * Any JSON object with a 2xx, since the shape of viewClassification's answer is not documented; but no refusal, and
 * nothing that might be one: a `message` or an `error` without a status.
 */
export function isAnswer(reply: Reply): boolean {
  const body = v.safeParse(errorSchema, reply.json);
  if (!body.success || !isSuccess(reply.status) || refusal(reply) !== undefined) return false;
  const { message, error } = body.output;
  return (message ?? error) === undefined || speaksOfSuccess(body.output);
}

function mayRefuse(status: number): boolean {
  return isSuccess(status) || (status >= 400 && status < 500 && ![408, 425, 499].includes(status));
}

/** Whether anything in it speaks of a file that was taken. */
function speaksOfSuccess(body: Record<string, unknown>): boolean {
  return ['status', 'batchId', 'files', 'fileId'].some((name) => body[name] !== undefined);
}
