import type { Readable } from 'node:stream';
import type { UploaderError } from './failures.ts';
import type {
  Arrival,
  DeadLetter,
  DocumentItem,
  ExtractaFile,
  ItemKey,
  LedgerItem,
  Pair,
  SlotItem,
} from './model.ts';

/**
 * The pipeline's view of the outside. Every port throws only `UploaderError`; whatever waits takes an `AbortSignal`.
 */

/** The DynamoDB table as the pipeline sees it: items that change only if nobody else changed them. */
export interface Ledger {
  /** Strongly consistent. Throws `ledger.throttled`, `ledger.unavailable`. */
  read<T extends LedgerItem>(key: ItemKey<T>): Promise<T | undefined>;
  /**
   * Stores `item` if the stored one's `rev` still is `expectedRev` (`undefined`: if there is none). `item.rev` is the
   * write's own token: a refused write that finds its own token in the item was applied, and says so. A refusal
   * carries what is stored now.
   */
  write<T extends LedgerItem>(item: T, expectedRev: string | undefined): Promise<WriteResult<T>>;
  /**
   * Adds one to the `files` of an open slot, in one conditional update: while it is `open`, of this `generation`, and
   * below `maxFiles`. Sets `rev`. Never given back.
   */
  takePlace(place: PlaceRequest): Promise<WriteResult<SlotItem>>;
}

export type WriteResult<T> =
  | { readonly applied: true }
  | { readonly applied: false; readonly current: T | undefined };

export interface PlaceRequest {
  readonly slot: ItemKey<SlotItem>;
  readonly generation: number;
  readonly maxFiles: number;
  readonly rev: string;
}

/** S3, always pinned to the version, else to the ETag, that the arrival names. */
export interface DocumentSource {
  /**
   * HeadObject. Throws `document.gone` (404), `document.superseded` (412), `document.access-denied`,
   * `document.throttled`, `document.unavailable`.
   */
  describe(arrival: Arrival, signal: AbortSignal): Promise<ObjectFacts>;
  /** GetObject; the body must be read to its end or destroyed. Throws as `describe`. */
  open(arrival: Arrival, signal: AbortSignal): Promise<OpenedObject>;
  /** What lies at the key now, whatever its version, as an arrival of its own; undefined if nothing does. */
  present(bucket: string, key: string, signal: AbortSignal): Promise<Arrival | undefined>;
}

export interface ObjectFacts {
  readonly sizeBytes: number;
  readonly contentType?: string;
  /** User metadata, keys in lower case, without `x-amz-meta-`. */
  readonly metadata: Readonly<Record<string, string>>;
}

export interface OpenedObject {
  readonly sizeBytes: number;
  readonly body: Readable;
}

/** Extracta's document classification API. */
export interface Extracta {
  /**
   * POST uploadFiles with exactly one file. Never retries, and never settles while its request is open. The closing
   * boundary is let out only after exactly `sizeBytes` bytes of `body`, and only before `closeBeforeMs`.
   * Throws `extracta.*`, `batch.unknown`, `document.stalled`, `document.size-mismatch`, `upload.out-of-time`,
   * or what the body's own stream was destroyed with.
   */
  upload(request: UploadRequest): Promise<ExtractaFile>;
  /** POST getResults for a whole batch. Throws `extracta.*`. */
  results(pair: Pair, signal: AbortSignal): Promise<ResultsAnswer>;
  /** POST viewClassification: whether this token sees the classification. Throws `extracta.*`. */
  seesClassification(classificationId: string, signal: AbortSignal): Promise<boolean>;
}

export interface UploadRequest {
  readonly classificationId: string;
  /** Undefined: Extracta makes a new batch. */
  readonly batchId: string | undefined;
  readonly fileName: string;
  readonly contentType: string;
  readonly sizeBytes: number;
  readonly body: Readable;
  readonly closeBeforeMs: number;
  readonly signal: AbortSignal;
}

export type ResultsAnswer =
  | { readonly kind: 'files'; readonly files: readonly ResultFile[] }
  /** The batch is in work: says nothing about what is not in it. */
  | { readonly kind: 'waiting' }
  | { readonly kind: 'no-such-batch' };

export interface ResultFile {
  readonly fileId: string;
  readonly fileName: string;
  readonly status?: string;
}

/** What we queue ourselves. Both resolve only when the queue has confirmed. Throws `queue.unavailable`. */
export interface Outbox {
  /** To the queue: a `Message` as JSON, or a copy of a body as it came. `delayMs` beyond SQS's 15 minutes is cut to it. */
  send(body: string, delayMs: number): Promise<void>;
  /** To the dead-letter queue, its reason in message attributes. */
  park(letter: DeadLetter): Promise<void>;
}

/** The dead-letter queue as a redrive works on it. Nobody may remove a letter before what it carries is confirmed. */
export interface DeadLetters {
  /**
   * Up to ten letters that nobody else sees for `hiddenMs`. None: no other can be had now, or the signal aborted.
   * Throws `queue.unavailable`.
   */
  receive(hiddenMs: number, signal: AbortSignal): Promise<readonly FoundLetter[]>;
  /** To the queue, up to ten: by position, whether it confirmed each. Never throws. */
  sendBack(messages: readonly ReturnedMessage[]): Promise<readonly Confirmation[]>;
  /** By position, whether the letter of each handle is gone. Never throws. */
  remove(handles: readonly string[]): Promise<readonly Confirmation[]>;
  /** Visible again at once. Never throws: what can't be given back shows itself when it is hidden no longer. */
  giveBack(handles: readonly string[]): Promise<void>;
}

/** A dead letter as the queue gave it out. */
export interface FoundLetter {
  readonly handle: string;
  readonly body: string;
  /** When it was sent; of one that SQS itself moved here, when its message was. */
  readonly sentAtMs: number;
  /** What we wrote on it; undefined where SQS itself moved it here. */
  readonly letter: DeadLetter | undefined;
  /** How often it was sent back before. */
  readonly redrives: number;
}

export interface ReturnedMessage {
  readonly body: string;
  /** Stays on a message that names no document: so often it was sent back. */
  readonly redrives?: number;
}

export type Confirmation =
  | { readonly confirmed: true }
  | { readonly confirmed: false; readonly failure: UploaderError };

/** Documents in a state, first seen first. The index lags behind the ledger: act on what `Ledger.read` says. */
export interface UnsettledDocuments {
  unsettled(state: 'parked' | 'unknown'): AsyncIterable<DocumentItem>;
}

export interface Clock {
  nowMs(): number;
  /** Resolves early when the signal aborts; never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** Randomness, passed in so that a run can be replayed. */
export interface Chance {
  /** An id that nobody else makes. */
  token(): string;
  /** A number in [0, 1). */
  fraction(): number;
}

/** Log events `noun.past-participle` and their fields. Fields never hold a secret or a file `url`. */
export interface Journal {
  record(event: string, fields: Readonly<Record<string, unknown>>): void;
}

export interface Ports {
  readonly ledger: Ledger;
  readonly source: DocumentSource;
  readonly extracta: Extracta;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly journal: Journal;
}

/** What a redrive works with. */
export interface RedrivePorts extends Pick<Ports, 'ledger' | 'clock' | 'chance' | 'journal'> {
  readonly deadLetters: DeadLetters;
  readonly documents: UnsettledDocuments;
}
