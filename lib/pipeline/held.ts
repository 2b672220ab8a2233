import type { Destination } from './destination.ts';
import type { LineOutcome, Passage } from './line.ts';
import type { DocumentItem, Pair } from './model.ts';
import type { Opening } from './slot-writes.ts';

/** The exclusive, leased right to one document. */
export interface Claim {
  readonly token: string;
  readonly leaseExpiresAtMs: number;
  readonly edition: number;
  readonly attempts: number;
  readonly redrives: number;
  readonly firstSeenAtMs: number;
  /** Whether an attempt was counted for it. */
  readonly counted: boolean;
  /** The item as the claim found it. */
  readonly before: DocumentItem | undefined;
  /** The pairs that might hold the file before this claim sent anything. */
  readonly oldSentTo: readonly Pair[];
  /** The decision that the document held when it was claimed: restored if the send that uses it certainly fails. */
  readonly decision: string | undefined;
}

/** What one visit holds and has done: whoever concludes a failure lets go of exactly this. */
export interface Held {
  passage: Passage;
  /** What the line came to when the failure was told to it. */
  line: LineOutcome;
  item: DocumentItem | undefined;
  destination: Destination | undefined;
  opening: Opening | undefined;
  claim: Claim | undefined;
  ruledOut: readonly Pair[];
  /** The pair that the ledger says we send to; from here on the document may be at Extracta. */
  sendingTo: Pair | undefined;
  /** Extracta's answer is in hand. */
  isAnswered: boolean;
  /** Extracta answered another name than was sent: what it lists can't be told apart. */
  isNameLost: boolean;
}

export function holdingNothing(): Held {
  return {
    passage: { probeToken: undefined },
    line: { isPaused: false, pausedUntilMs: undefined },
    item: undefined,
    destination: undefined,
    opening: undefined,
    claim: undefined,
    ruledOut: [],
    sendingTo: undefined,
    isAnswered: false,
    isNameLost: false,
  };
}
