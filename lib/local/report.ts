import { versionOrEtag } from '../pipeline/identity.ts';
import type { DocumentItem, DocumentState } from '../pipeline/model.ts';
import { comebackOf } from '../pipeline/redrive-rules.ts';
import { DEFAULT_WAITS } from '../pipeline/settings.ts';

/** What became of one document, as the ledger says. */
export interface ReportedDocument {
  readonly object: string;
  readonly versionOrEtag: string;
  readonly state: DocumentState;
  /** Why it was skipped or parked: a failure code. */
  readonly reason?: string;
  /** The same for people. */
  readonly message?: string;
  readonly classificationId: string | null;
  readonly batchId: string | null;
  readonly fileId: string | null;
  readonly fileName: string | null;
  readonly sizeBytes: number | null;
  readonly numberOfPages?: number;
  readonly attempts: number;
}

export interface ReportSummary {
  readonly documents: number;
  readonly uploaded: number;
  readonly skipped: number;
  readonly parked: number;
  /** Neither of the three yet. */
  readonly unsettled: number;
  /** Extracta batches that hold uploaded documents. */
  readonly batches: number;
  readonly uploadedBytes: number;
  readonly seconds: number;
  /** Parked documents that the deployed stack would send back by itself. */
  readonly scheduledRedrives: number;
}

export interface Report {
  readonly documents: readonly ReportedDocument[];
  readonly summary: ReportSummary;
}

/** Documents in order of their keys. */
export function reportOf(items: readonly DocumentItem[], tookMs: number): Report {
  const documents = items
    .map(reported)
    .sort((a, b) => order(a.object, b.object) || order(a.versionOrEtag, b.versionOrEtag));
  const count = (state: DocumentState) => documents.filter((document) => document.state === state).length;
  const uploaded = documents.filter((document) => document.state === 'uploaded');
  const [skipped, parked] = [count('skipped'), count('parked')];
  return {
    documents,
    summary: {
      documents: documents.length,
      uploaded: uploaded.length,
      skipped,
      parked,
      unsettled: documents.length - uploaded.length - skipped - parked,
      batches: new Set(uploaded.map(({ classificationId, batchId }) => `${classificationId}/${batchId}`))
        .size,
      uploadedBytes: uploaded.reduce((sum, { sizeBytes }) => sum + (sizeBytes ?? 0), 0),
      seconds: Math.round(tookMs / 100) / 10,
      scheduledRedrives: items.filter((item) => comebackOf(item, TERMS) !== undefined).length,
    },
  };
}

export function reported(item: DocumentItem): ReportedDocument {
  const { arrival, mapping, state } = item;
  return {
    object: `s3://${arrival.bucket}/${arrival.key}`,
    versionOrEtag: versionOrEtag(arrival),
    state,
    ...whyOf(item),
    classificationId: mapping?.classificationId ?? null,
    batchId: mapping?.batchId ?? null,
    fileId: mapping?.fileId ?? null,
    fileName: mapping?.fileName ?? null,
    sizeBytes: arrival.sizeBytes ?? null,
    ...(mapping?.numberOfPages === undefined ? {} : { numberOfPages: mapping.numberOfPages }),
    attempts: item.attempts,
  };
}

export function isSettled({ state }: Pick<DocumentItem, 'state'>): boolean {
  return state === 'uploaded' || state === 'skipped' || state === 'parked';
}

function whyOf({ state, skippedBecause, lastFailure }: DocumentItem): { reason?: string; message?: string } {
  if (state === 'skipped') return { reason: skippedBecause ?? 'skipped' };
  if (state === 'uploaded' || lastFailure === undefined) return {};
  return { reason: lastFailure.code, message: lastFailure.message };
}

/** The terms of a run: nothing of them can be turned here. */
const TERMS = { gapsMs: DEFAULT_WAITS.redriveGapsMs, onUnknownOutcome: 'send-again' } as const;

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
