import { queueDepth } from '../aws/queue-depth.ts';
import type { Arrival } from '../pipeline/model.ts';
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
  const before = await queueDepth(clients.sqs, line.deadLetterQueueUrl);
  const found: FoundLetter[] = [];
  const endsAtMs = host.clock.nowMs() + PEEK_MS;
  try {
    while (!host.interrupted.aborted && found.length < MOST_LETTERS && host.clock.nowMs() < endsAtMs) {
      const letters = await deadLetters.receive(HIDDEN_MS, host.interrupted);
      if (letters.length === 0) break;
      found.push(...letters);
      progress.show(`Reading dead letters: ${found.length}`);
    }
  } finally {
    progress.clear();
    await deadLetters.giveBack(found.map(({ handle }) => handle));
  }
  const total = before.waiting + before.inFlight + before.delayed;
  return {
    letters: found.map(peeked),
    total,
    isComplete: found.length >= total && !host.interrupted.aborted,
  };
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
