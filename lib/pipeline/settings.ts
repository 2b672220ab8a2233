import type { Route } from './model.ts';

/** Every rule of the pipeline that a person may turn. */
export interface PipelineSettings {
  readonly routes: readonly Route[];
  /** What to do where nobody can tell whether a document arrived: at least once, or at most once. */
  readonly onUnknownOutcome: 'send-again' | 'park';
  /** `tagged`: the sent file name carries the document's tag, so that a lost answer can be verified. */
  readonly fileNames: 'tagged' | 'as-is';
  /** Lower-case extensions without the dot. */
  readonly fileTypes: readonly string[];
  /** Our own safety cap; Extracta documents none. */
  readonly maxDocumentBytes: number;
  readonly maxAttempts: number;
  readonly waits: Waits;
}

/** Every wait, in milliseconds. */
export interface Waits {
  readonly backoffFirstMs: number;
  readonly backoffCapMs: number;
  /** How wrong two clocks may be. */
  readonly skewMs: number;
  readonly slotPollFirstMs: number;
  readonly slotPollCapMs: number;
  readonly slotWaitMs: number;
  /** How long a container may trust an open slot. */
  readonly slotMemoryMs: number;
  /** "Not there" counts only this long after the answer was lost. */
  readonly quietMs: number;
  readonly lateLookMs: number;
  readonly looksForMs: number;
  readonly resultsGateMs: number;
  /** The breaker's pauses; the last one repeats. */
  readonly breakerPausesMs: readonly number[];
  /** How long a container may trust what it read of the breaker. */
  readonly breakerMemoryMs: number;
  /** A message older than this is replaced by a copy. */
  readonly replaceAfterMs: number;
  /** A message deferred for this long … */
  readonly longDeferralAfterMs: number;
  /** … comes back no sooner than this, so that its receives last until it is replaced. */
  readonly longDeferralMs: number;
  /** Time a send must have left to be begun. */
  readonly sendFloorMs: number;
  /** Between tries to write down an answer that is in hand. */
  readonly settleRetryFirstMs: number;
  readonly settleRetryCapMs: number;
  /** How long after it was parked a document is sent back by the schedule: each time longer, and no more often than this. */
  readonly redriveGapsMs: readonly number[];
  /** Between one scheduled redrive and the next. */
  readonly redrivePaceMs: number;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export const DEFAULT_WAITS: Waits = {
  backoffFirstMs: 5 * SECOND,
  backoffCapMs: 15 * MINUTE,
  skewMs: 30 * SECOND,
  slotPollFirstMs: 250,
  slotPollCapMs: SECOND,
  slotWaitMs: 20 * SECOND,
  slotMemoryMs: 60 * SECOND,
  quietMs: 15 * MINUTE,
  lateLookMs: 15 * MINUTE,
  looksForMs: DAY,
  // Extracta asks for 2 s between calls; a call leaves a little after its place was taken, sooner or later.
  resultsGateMs: 2.5 * SECOND,
  breakerPausesMs: [5 * SECOND, 30 * SECOND, 2 * MINUTE, 5 * MINUTE, 15 * MINUTE],
  breakerMemoryMs: 3 * SECOND,
  // With the long deferrals: at most 216 receives, and those of the first hour. lib/infra/sizing.ts has the bounds.
  replaceAfterMs: 3 * DAY,
  longDeferralAfterMs: HOUR,
  longDeferralMs: 20 * MINUTE,
  sendFloorMs: 5 * SECOND,
  settleRetryFirstMs: SECOND / 4,
  settleRetryCapMs: 4 * SECOND,
  redriveGapsMs: [HOUR, 6 * HOUR, DAY],
  redrivePaceMs: SECOND / 10,
};

/**
 * Divides our own waits, for demonstrations. The pace that Extracta asks for (`resultsGateMs`) and the life of a
 * message in SQS (`replaceAfterMs`, the long deferral) are not ours, and stay.
 */
export function dividedWaits(waits: Waits, divisor: number, alsoResultsGate: boolean): Waits {
  const kept = new Set<keyof Waits>(['replaceAfterMs', 'longDeferralAfterMs', 'longDeferralMs']);
  if (!alsoResultsGate) kept.add('resultsGateMs');
  const divide = (name: string, value: number | readonly number[]) =>
    kept.has(name as keyof Waits)
      ? value
      : Array.isArray(value)
        ? value.map((ms) => ms / divisor)
        : (value as number) / divisor;
  return Object.fromEntries(
    Object.entries(waits).map(([name, value]) => [name, divide(name, value)]),
  ) as unknown as Waits;
}

/** The file types that integrations of Extracta's are seen to accept; its documentation lists none. */
export const DEFAULT_FILE_TYPES = ['pdf', 'doc', 'docx', 'txt', 'jpg', 'jpeg', 'png', 'tif', 'tiff', 'bmp'];
/** 2 GiB. Ours: Extracta documents no limit. */
export const DEFAULT_MAX_DOCUMENT_BYTES = 2 * 1024 ** 3;
export const DEFAULT_MAX_ATTEMPTS = 8;
