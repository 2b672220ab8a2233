import { change } from '../pipeline/change.ts';
import { UploaderError } from '../pipeline/failures.ts';
import { GATE_KEY } from '../pipeline/identity.ts';
import type { DocumentItem, Pair } from '../pipeline/model.ts';
import type { ResultsAnswer } from '../pipeline/ports.ts';
import { callGranted } from '../pipeline/results.ts';
import { termsOf } from './line-in-use.ts';
import { inBatch } from './look-up.ts';
import { extractaOf, type OpenLine } from './open-line.ts';
import { Refusal } from './refusal.ts';
import { objectOf } from './story.ts';

export interface BatchRequest {
  readonly batchId: string;
  readonly results: boolean;
  /** Where the ledger does not tell it. */
  readonly classificationId?: string;
}

export interface BatchDocument {
  readonly object: string;
  readonly versionId: string | null;
  readonly state: DocumentItem['state'];
  /** Null: it may have been sent to the batch, and nobody knows yet. */
  readonly fileId: string | null;
  readonly fileName: string | null;
  readonly numberOfPages: number | null;
  /** What Extracta says of the file now; null: it was not asked, or does not list it. */
  readonly atExtracta: string | null;
}

export interface BatchReport {
  readonly verb: 'batch';
  readonly line: string;
  readonly batchId: string;
  readonly classificationIds: readonly string[];
  readonly documents: readonly BatchDocument[];
  readonly isCut: boolean;
  /** Null: Extracta was not asked. */
  readonly answer: ResultsAnswer['kind'] | null;
  /** Files that Extracta lists in the batch and none of these documents names: earlier or second files, or not ours. */
  readonly strangers: readonly { readonly fileId: string; readonly fileName: string }[];
  readonly notes: readonly string[];
}

const MOST_DOCUMENTS = 10_000;

/** A batch's documents, and with `results` what Extracta says of each now. Sends nothing. */
export async function batch(open: OpenLine, request: BatchRequest): Promise<BatchReport> {
  const items = await inBatch(open, request.batchId, MOST_DOCUMENTS + 1);
  const classificationIds = classificationsOf(items, request);
  const answer = request.results ? await ask(open, request, classificationIds) : undefined;
  const files = answer?.kind === 'files' ? answer.files : [];
  const status = new Map(files.map((file) => [file.fileId, file.status ?? 'listed']));
  const documents = items.slice(0, MOST_DOCUMENTS).map((item) => shown(item, request.batchId, status));
  const known = new Set(items.flatMap(filesOf));
  return {
    verb: 'batch',
    line: open.line.title,
    batchId: request.batchId,
    classificationIds,
    documents,
    isCut: items.length > MOST_DOCUMENTS,
    answer: answer?.kind ?? null,
    strangers: files
      .filter(({ fileId }) => !known.has(fileId))
      .map(({ fileId, fileName }) => ({ fileId, fileName })),
    notes: notesOn(answer, items, classificationIds),
  };
}

function notesOn(
  answer: ResultsAnswer | undefined,
  items: readonly DocumentItem[],
  classificationIds: readonly string[],
): readonly string[] {
  return [
    ...(items.length === 0 ? ['The ledger knows no document in this batch.'] : []),
    ...(answer?.kind === 'waiting'
      ? ['The batch is in work at Extracta: it does not list its files yet.']
      : []),
    ...(answer?.kind === 'no-such-batch'
      ? [
          'Extracta knows no such batch in this classification: deleted there, or the token is another account’s.',
        ]
      : []),
    ...(classificationIds.length > 1
      ? ['Its documents name several classifications; Extracta was asked for the first.']
      : []),
  ];
}

function classificationsOf(items: readonly DocumentItem[], { batchId, classificationId }: BatchRequest) {
  if (classificationId !== undefined) return [classificationId];
  const pairs = items.flatMap(({ mapping, sentTo }): readonly Pair[] =>
    mapping === undefined ? sentTo : [mapping, ...sentTo],
  );
  return [...new Set(pairs.filter((pair) => pair.batchId === batchId).map((pair) => pair.classificationId))];
}

const filesOf = ({ mapping, extraFiles = [], earlierFiles = [] }: DocumentItem): readonly string[] =>
  [mapping, ...extraFiles, ...earlierFiles].flatMap((file) => file?.fileId ?? []);

function shown(item: DocumentItem, batchId: string, status: ReadonlyMap<string, string>): BatchDocument {
  const { mapping, arrival, state } = item;
  const file = mapping?.batchId === batchId ? mapping : undefined;
  return {
    object: objectOf(item),
    versionId: arrival.versionId ?? null,
    state,
    fileId: file?.fileId ?? null,
    fileName: file?.fileName ?? null,
    numberOfPages: file?.numberOfPages ?? null,
    atExtracta: (file && status.get(file.fileId)) ?? null,
  };
}

const MOST_TRIES = 20;

/** At the pace of the whole account, which the gate in the ledger keeps. Throws `extracta.*`, `results.paced`. */
async function ask(
  open: OpenLine,
  { batchId }: BatchRequest,
  [classificationId]: readonly string[],
): Promise<ResultsAnswer> {
  if (classificationId === undefined)
    throw new Refusal(
      'The ledger does not tell the classification of this batch: give --classification-id=ID.',
    );
  const { host, ledger, line } = open;
  const { clock, chance, interrupted } = host;
  const paceMs = termsOf(line).waits.resultsGateMs;
  for (let tries = 0; ; tries += 1) {
    const leave = await change({ ledger, chance }, GATE_KEY, (gate) =>
      callGranted(gate, clock.nowMs(), paceMs),
    );
    if (leave.result.granted) break;
    if (tries === MOST_TRIES || interrupted.aborted)
      throw new UploaderError(
        'results.paced',
        'The line itself asks Extracta all the time: try again later.',
      );
    await clock.sleep(leave.result.waitMs, interrupted);
  }
  const extracta = extractaOf(open);
  try {
    return await extracta.results({ classificationId, batchId }, interrupted);
  } finally {
    await extracta.close();
  }
}
