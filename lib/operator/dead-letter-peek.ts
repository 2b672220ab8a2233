import { queueDepth } from '../aws/queue-depth.ts';
import type { Arrival, DocumentItem } from '../pipeline/model.ts';
import type { FoundLetter } from '../pipeline/ports.ts';
import { readMessage } from '../pipeline/read-message.ts';
import { wokenBy } from '../pipeline/redrive-rules.ts';
import type { OpenLine } from './open-line.ts';

/** A dead letter that was looked at and given back. */
export interface PeekedLetter {
  readonly body: string;
  readonly reason: string;
  readonly message: string;
  readonly httpStatus: number | undefined;
  readonly attempts: number;
  readonly redrives: number;
  readonly sentAtMs: number;
  /** The documents that it names; several or none only where SQS itself moved it, or nobody can read it. */
  readonly arrivals: readonly Arrival[];
  /** The document's parking that it belongs to; undefined: it is none of ours. */
  readonly parkId: string | undefined;
}

export interface Peek {
  readonly letters: readonly PeekedLetter[];
  /** What the queue says that it holds, visible or not: approximate. */
  readonly total: number;
  /** Whether all that the queue holds was seen: nothing may be concluded from a letter's absence otherwise. */
  readonly isComplete: boolean;
  /** What was parked later may have a letter that was not there yet. */
  readonly begunAtMs: number;
}

/** Hidden letters ring no alarm: as long as the scheduled redrive may hide them. */
const HIDDEN_MS = 120_000;
const PEEK_MS = 90_000;
const MOST_LETTERS = 2_000;

/** What SQS itself moved away bears no reason. */
export const MOVED_BY_SQS = 'moved-by-sqs';

/**
 * Reads the dead letters and makes them visible again, whatever happens; deletes none. Should this process be killed they
 * show themselves after two minutes.
 */
export async function peekAtDeadLetters(open: OpenLine): Promise<Peek> {
  const { deadLetters, host, clients, line, progress } = open;
  const begunAtMs = host.clock.nowMs();
  const depth = async () => {
    const { waiting, inFlight, delayed } = await queueDepth(clients.sqs, line.deadLetterQueueUrl);
    return waiting + inFlight + delayed;
  };
  // SQS's figures lag behind: the larger one is the cautious one.
  let total = await depth();
  const found: FoundLetter[] = [];
  const endsAtMs = begunAtMs + PEEK_MS;
  try {
    while (!host.interrupted.aborted && found.length < MOST_LETTERS && host.clock.nowMs() < endsAtMs) {
      const letters = await deadLetters.receive(HIDDEN_MS, host.interrupted);
      if (letters.length === 0) break;
      found.push(...letters);
      progress.show(`Reading dead letters: ${found.length}`);
    }
    total = Math.max(total, await depth());
  } finally {
    progress.clear();
    await deadLetters.giveBack(found.map(({ handle }) => handle));
  }
  const isComplete = found.length >= total && !host.interrupted.aborted;
  return { letters: found.map(peeked), total, isComplete, begunAtMs };
}

/** How wrong the clocks of the function and of this machine may be together. */
const SKEW_MS = 120_000;

/** Whether a parked document's letter surely is not in the queue. */
export function isLetterGone(peek: Peek, item: Pick<DocumentItem, 'parkId' | 'updatedAtMs'>): boolean {
  const isSeen = peek.letters.some(({ parkId }) => parkId === item.parkId);
  return peek.isComplete && !isSeen && item.updatedAtMs < peek.begunAtMs - SKEW_MS;
}

export function peeked(found: FoundLetter): PeekedLetter {
  const reading = readMessage(found.body);
  const { letter } = found;
  return {
    body: found.body,
    reason: letter?.reason ?? (reading.kind === 'malformed' ? 'arrival.malformed' : MOVED_BY_SQS),
    message: letter?.message ?? 'SQS moved it here after too many receives: something crashed.',
    httpStatus: letter?.httpStatus,
    attempts: letter?.attempts ?? 0,
    redrives: found.redrives,
    sentAtMs: found.sentAtMs,
    arrivals: reading.kind === 'arrivals' ? reading.messages.map(({ arrival }) => arrival) : [],
    parkId: wokenBy(found, reading)?.parkId,
  };
}
