import { documentKey } from './identity.ts';
import { messageOf } from './message-of.ts';
import type { DocumentItem } from './model.ts';
import type { FoundLetter, RedrivePorts } from './ports.ts';
import { readMessage } from './read-message.ts';
import {
  isMissed,
  type LetterVerdict,
  type ParkedItem,
  type RedriveTerms,
  redriveRules,
  verdictOnLetter,
  verdictOnStray,
  wokenBy,
} from './redrive-rules.ts';
import { type RedriveTally, type Returning, sendBack } from './send-back.ts';
import type { PipelineSettings } from './settings.ts';

/** What one run of the schedule works with. */
export interface RedriveRun {
  readonly ports: RedrivePorts;
  readonly settings: Pick<PipelineSettings, 'onUnknownOutcome' | 'waits'>;
  /** When the platform kills this invocation: so long letters are hidden, should it die. */
  readonly deadlineMs: number;
  /** Aborts shortly before the deadline: nothing is begun after it. */
  readonly signal: AbortSignal;
}

/** SQS gives out and takes at most ten at once. */
const AT_ONCE = 10;
/** Letters that one run reads; SQS lets 120,000 be hidden. What lies behind them is found in the ledger. */
const MOST_LETTERS = 5_000;

/**
 * Sends back what failed for a reason that passes, when it is due: from its dead letter, which is removed once the queue
 * has confirmed the message; else from the ledger. Resolves with what it did; throws `queue.unavailable`, `ledger.*`.
 */
export async function redriveDeadLetters(run: RedriveRun): Promise<RedriveTally> {
  const tally = { read: 0, sentBack: 0, fromLedger: 0, refused: 0, removed: 0, left: 0 };
  try {
    await redriveLetters(run, tally);
    await redriveMissed(run, tally);
    return tally;
  } finally {
    run.ports.journal.record('redrive.ended', tally);
  }
}

/**
 * Every letter is seen at most once in a run, since it stays hidden until the run ends; then whatever is left is visible
 * again at once: a hidden letter rings no alarm.
 */
async function redriveLetters(run: RedriveRun, tally: RedriveTally): Promise<void> {
  const { deadLetters, clock } = run.ports;
  const hidden = new Set<FoundLetter>();
  try {
    while (!run.signal.aborted && tally.read < MOST_LETTERS) {
      const letters = await deadLetters.receive(run.deadlineMs - clock.nowMs(), run.signal);
      if (letters.length === 0) break;
      tally.read += letters.length;
      for (const letter of letters) hidden.add(letter);
      for (const letter of await removedOf(letters, run, tally)) hidden.delete(letter);
    }
  } finally {
    tally.left += hidden.size;
    await deadLetters.giveBack([...hidden]);
  }
}

interface Judged {
  readonly letter: FoundLetter;
  readonly verdict: LetterVerdict;
  /** The document that the letter may wake. */
  readonly item?: ParkedItem;
}

/** Sends back, confirmed one by one, and removes. Resolves with the letters that are gone. */
async function removedOf(
  letters: readonly FoundLetter[],
  run: RedriveRun,
  tally: RedriveTally,
): Promise<readonly FoundLetter[]> {
  const judged = await Promise.all(letters.map((letter) => judge(letter, run)));
  const { deadLetters, journal } = run.ports;
  const answers = await sendBack(
    judged.filter(({ verdict }) => verdict.kind === 'send-back').map(returning),
    run,
    tally,
  );
  const removable = judged.filter(
    ({ verdict, letter }) => verdict.kind === 'remove' || redriveRules.mayBeRemoved(answers.get(letter.handle)),
  );
  for (const { verdict, letter } of removable) {
    if (verdict.kind === 'remove')
      journal.record('letter.discarded', { because: verdict.because, parkId: letter.letter?.parkId });
  }
}
