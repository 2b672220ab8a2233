import type { ResultFile } from '../../lib/pipeline/ports.ts';

/** What really is, kept apart from what anybody answers or writes down. */

/** A file that Extracta took. */
export interface TrueFile extends ResultFile {
  readonly classificationId: string;
  readonly batchId: string;
  /** The document and edition whose bytes it holds. */
  readonly document: string;
  readonly edition: number;
  readonly send: Send;
  isDeleted: boolean;
  isRecorded: boolean;
}

/** One body that went out to its last byte. */
export interface Send {
  readonly number: number;
  readonly document: string;
  readonly edition: number;
  readonly classificationId: string;
  /** `?` where the send named none. */
  readonly batchId: string;
  readonly by: string;
  /** The slot's generation that its sender was opening. */
  readonly opening: string | undefined;
  readonly sentAtMs: number;
  /** When the client no longer waited for an answer. */
  endedAtMs: number | undefined;
  /** Extracta has it, or will. */
  isKept: boolean;
  /** Accepted later than the quiet time allows. */
  isTooLate: boolean;
  /** After its client's end, in results only then. */
  lagMs: number;
  file: TrueFile | undefined;
  /** A later send of the same document began while nobody had recorded this one's answer. */
  wasGivenUp: boolean;
  /** Its sender was told for certain that it was not taken. */
  isRefused: boolean;
  /** Sent although nobody could tell whether an earlier one had arrived. */
  isRisky: boolean;
  onEnd: (() => void) | undefined;
}

export interface Truth {
  readonly sends: Send[];
  readonly files: TrueFile[];
  /** batch -> `slot generation` of the send that made it. */
  readonly batchMadeBy: Map<string, string>;
  readonly batches: Map<string, string>;
  /** Bodies that went out and whose answer their sender never had. */
  lostAnswers: number;
  /** Who waits until so many answers are lost. */
  readonly onLost: { readonly count: number; open(): void }[];
  /** Batches that their slot gave up: full, or unknown to Extracta. */
  readonly goneBatches: Set<string>;
  /** `parkId`s that a person sent back. */
  readonly decisions: Map<string, Set<string>>;
}

export function nothingYet(): Truth {
  return {
    sends: [],
    files: [],
    batchMadeBy: new Map(),
    batches: new Map([['batch-given', 'classification-A']]),
    lostAnswers: 0,
    onLost: [],
    goneBatches: new Set(),
    decisions: new Map(),
  };
}

export function answerLost(truth: Truth): void {
  truth.lostAnswers += 1;
  for (const waiting of truth.onLost) if (truth.lostAnswers >= waiting.count) waiting.open();
}
