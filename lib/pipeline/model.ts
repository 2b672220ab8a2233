/**
 * The things that the pipeline speaks of. Plain data only: every value here survives JSON.
 * Times are epoch milliseconds (`…AtMs`), sizes are bytes (`…Bytes`).
 */

/** "This object landed": one object-created record, decoded; or one that we queued ourselves. */
export interface Arrival {
  readonly bucket: string;
  /** The object's key, decoded: as S3 knows it, not as the event spells it. */
  readonly key: string;
  /** Present only where the bucket is versioned; never the literal `null`. */
  readonly versionId?: string;
  /** Unquoted. */
  readonly eTag: string;
  readonly sizeBytes?: number;
  /** S3's hexadecimal order of events on one key; absent on arrivals that we build ourselves. */
  readonly sequencer?: string;
  /** When S3 says that it happened. The batch `by: 'day'` is a function of this, never of the clock. */
  readonly eventTimeMs: number;
}

/** Where a document's file may be: a batch in a classification. `batchId` is `?` where nobody knows it. */
export interface Pair {
  readonly classificationId: string;
  readonly batchId: string;
}

/** The batch id of a send that named no batch. */
export const UNKNOWN_BATCH = '?';

/** Extracta's copy of a document. Never holds Extracta's file `url`: that is a bearer capability. */
export interface ExtractaFile extends Pair {
  readonly fileId: string;
  readonly fileName: string;
  readonly numberOfPages?: number;
}

/** Document -> file, and since when. */
export interface Mapping extends ExtractaFile {
  readonly uploadedAtMs: number;
}

export type DocumentState = 'waiting' | 'uploading' | 'unknown' | 'uploaded' | 'parked' | 'skipped';

/** The last thing that went wrong with a document, for people. */
export interface FailureNote {
  readonly code: string;
  readonly message: string;
  readonly httpStatus?: number;
  readonly atMs: number;
}

interface StoredItem {
  readonly partition: string;
  readonly sort: string;
  /** The token of the write that made this value: whoever finds its own token knows that its write was applied. */
  readonly rev: string;
}

/** One S3 object version. Partition `bucket/key`, sort `versionId` or `eTag`. */
export interface DocumentItem extends StoredItem {
  readonly kind: 'document';
  readonly state: DocumentState;
  /** What rebuilds its message. */
  readonly arrival: Arrival;
  readonly route?: string;
  readonly firstSeenAtMs: number;
  readonly updatedAtMs: number;
  /** Claims that might send, since the last redrive. */
  readonly attempts: number;
  /** Times that we asked Extracta where its file is, since the outcome became unknown. */
  readonly looks: number;
  /** When the first of those looks was made: they end `looksForMs` later. */
  readonly lookingSinceMs?: number;
  readonly redrives: number;
  /** Rises with every deliberate re-upload; one file per edition. */
  readonly edition: number;
  readonly claimToken?: string;
  readonly claimedAtMs?: number;
  readonly leaseExpiresAtMs?: number;
  /** The pairs that may hold this document's file and are not ruled out. Added to, never replaced. */
  readonly sentTo: readonly Pair[];
  /** When the answer to a send was lost: "not there" counts only `quietMs` after it. */
  readonly lostAtMs?: number;
  /** The pairs to look at once more after settling, because an answer was lost on the way. */
  readonly lookAt?: readonly Pair[];
  /** The slot generation that this document's send opens, while uploading; that its file opened, once uploaded. */
  readonly openedGeneration?: number;
  /** The name of the slot that this document's file opened: a route may have been renamed since. */
  readonly openedSlot?: string;
  /** Names the dead letter that alone may wake this parked document. */
  readonly parkId?: string;
  /** The `parkId` that the schedule has sent back, as the queue confirmed: the dead letter that carries it may go. */
  readonly sentBack?: string;
  /** The `parkId` of the redrive that was decided and not yet used. */
  readonly decision?: string;
  readonly mapping?: Mapping;
  /** Files that Extracta holds of this document beside the mapped one. */
  readonly extraFiles?: readonly ExtractaFile[];
  /** The mappings of earlier editions. */
  readonly earlierFiles?: readonly Mapping[];
  /** Why there is a further file, for whoever asks later: an entry for each edition that a person asked for. */
  readonly reuploads?: readonly Reupload[];
  readonly skippedBecause?: string;
  readonly lastFailure?: FailureNote;
}

/** A further file, asked for on purpose. */
export interface Reupload {
  readonly edition: number;
  readonly reason: string;
  /** ISO 8601, in UTC. */
  readonly at: string;
}

/** Which Extracta batch a (classification, route, batch key) sends into. Never deleted; `generation` never falls. */
export interface SlotItem extends StoredItem {
  readonly kind: 'slot';
  readonly state: 'free' | 'opening' | 'open';
  readonly generation: number;
  readonly batchId?: string;
  /** Places taken in this generation's batch. */
  readonly files: number;
  readonly opener?: DocumentKey;
  readonly openerToken?: string;
  readonly leaseExpiresAtMs?: number;
}

/** The line to Extracta, for the whole account. */
export interface BreakerItem extends StoredItem {
  readonly kind: 'breaker';
  readonly state: 'closed' | 'paused';
  /** Provider-wide failures in a row, while closed. */
  readonly strikes: number;
  /** Pauses in a row: the next one grows with it. */
  readonly pauses: number;
  readonly pausedUntilMs?: number;
  readonly because?: string;
  readonly probeToken?: string;
  readonly probeExpiresAtMs?: number;
}

/** The pace of `getResults`, for the whole account, and whether Extracta keeps the names that we send. */
export interface GateItem extends StoredItem {
  readonly kind: 'gate';
  readonly nextAllowedAtMs: number;
  readonly namesKept: boolean;
}

export type LedgerItem = DocumentItem | SlotItem | BreakerItem | GateItem;

/** The key of an item of type `T`. */
export interface ItemKey<T extends LedgerItem = LedgerItem> {
  readonly partition: string;
  readonly sort: string;
  readonly kind: T['kind'];
}

export type DocumentKey = ItemKey<DocumentItem>;
export type SlotKey = ItemKey<SlotItem>;

/** Where a batch's documents come together; or one batch that exists already. */
export type BatchPolicy =
  | { readonly by: 'folder' | 'day' | 'route' | 'object'; readonly maxFiles?: number }
  | { readonly id: string };

/** Prefix -> classification and batch policy. */
export interface Route {
  readonly name: string;
  readonly prefix: string;
  /** Only keys that end so (case-insensitively) belong to the route. Default: every key under the prefix. */
  readonly suffixes?: readonly string[];
  readonly classificationId: string;
  readonly batch: BatchPolicy;
  /** Whether `x-amz-meta-extracta-classification-id` and `-batch-id` on an object override the route. */
  readonly metadataOverrides: boolean;
}

/** An arrival is queued by S3 or by us; only ours can carry a `parkId`. */
export interface ArrivalMessage {
  readonly uploader: 'arrival';
  readonly arrival: Arrival;
  /** Carried by a redriven message: a person's or the schedule's decision to try again. */
  readonly parkId?: string;
  readonly redrives?: number;
}

/** An answer of Extracta's that is still to be written down. */
export interface ReceiptMessage {
  readonly uploader: 'receipt';
  readonly arrival: Arrival;
  readonly edition: number;
  readonly file: ExtractaFile;
  readonly answeredAtMs: number;
  /** The slot that the answer opens, where the answered POST was an opener's own. */
  readonly opens?: { readonly slot: SlotKey; readonly generation: number };
}

/** Look once more for second files of a settled document whose answer was lost on the way. */
export interface LookMessage {
  readonly uploader: 'look';
  readonly arrival: Arrival;
  readonly edition: number;
  readonly tag: string;
  readonly pairs: readonly Pair[];
  readonly notBeforeMs: number;
  /** After this a look that still finds no answer is given up, and said so. */
  readonly giveUpAtMs: number;
}

export type Message = ArrivalMessage | ReceiptMessage | LookMessage;

/** What lies in the dead-letter queue: a body that can be sent back as it is, and why it is there. */
export interface DeadLetter {
  /** JSON of an `ArrivalMessage` with its `parkId`; or the malformed body, untouched. */
  readonly body: string;
  readonly reason: string;
  readonly message: string;
  readonly httpStatus?: number;
  readonly attempts: number;
  readonly redrives: number;
  readonly firstSeenAtMs: number;
  readonly parkId?: string;
}

/** What became of one arrival in this visit. `deferred` keeps the message; every other outcome lets it go. */
export type Outcome =
  | { readonly kind: 'uploaded'; readonly mapping: Mapping }
  | { readonly kind: 'skipped'; readonly reason: string }
  | { readonly kind: 'parked'; readonly reason: string }
  /** Held no document of ours (test event, folder marker, no route), or another message carries it. Counted. */
  | { readonly kind: 'ignored'; readonly reason: string }
  | { readonly kind: 'deferred'; readonly code: string; readonly untilMs: number };
