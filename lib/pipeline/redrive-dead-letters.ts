import { counted } from './count-unsettled.ts';
import { documentKey } from './identity.ts';
import type { FoundLetter } from './ports.ts';
import { readMessage } from './read-message.ts';
import { redriveMissed } from './redrive-missed.ts';
import {
  type LetterVerdict,
  type ParkedItem,
  verdictOnLetter,
  verdictOnStray,
  wokenBy,
} from './redrive-rules.ts';
import { begun, type RedriveRun, type RedriveTally, type RedriveVisit, termsOf } from './redrive-run.ts';
import { type Returning, sendBack } from './send-back.ts';

/** Of which SQS lets 120,000 be hidden. What lies behind these is found in the ledger. */
const MOST_LETTERS = 2_000;

/**
 * Sends back what failed for a reason that passes and is due: from its dead letter, which is removed once the queue has
 * confirmed the message; else from the ledger. Counts first what waits for a person: a run that is out of time, or fails, has
 * told it. Throws `queue.unavailable`, `ledger.*`; the next run goes on from there.
 */
export async function redriveDeadLetters(visit: RedriveVisit): Promise<RedriveTally> {
  const run = begun(visit);
  try {
    await counted(run);
    await redriveLetters(run);
    await redriveMissed(run);
    return run.tally;
  } finally {
    visit.ports.journal.record('redrive.ended', { ...run.tally });
  }
}

/**
 * A letter stays hidden until the run ends, so that none is read twice; then what is left is visible again at once, for
 * hidden letters ring no alarm.
 */
async function redriveLetters(run: RedriveRun): Promise<void> {
  const { ports, tally, signal, deadlineMs } = run;
  const hidden = new Set<string>();
  try {
    while (!signal.aborted && tally.read < MOST_LETTERS) {
      const letters = await ports.deadLetters.receive(deadlineMs - ports.clock.nowMs(), signal);
      if (letters.length === 0) break;
      tally.read += letters.length;
      for (const { handle } of letters) hidden.add(handle);
      for (const handle of await redriven(letters, run)) hidden.delete(handle);
    }
  } finally {
    tally.left += hidden.size;
    await ports.deadLetters.giveBack([...hidden]);
  }
}

/** Resolves with the handles of the letters that are gone. */
async function redriven(letters: readonly FoundLetter[], run: RedriveRun): Promise<readonly string[]> {
  const judged = await Promise.all(letters.map((letter) => judge(letter, run)));
  const back = await sendBack(
    judged.filter(({ verdict }) => verdict.kind === 'send-back'),
    run,
  );
  const dead = judged.filter(({ verdict }) => verdict.kind === 'remove');
  for (const { verdict } of dead) run.ports.journal.record('letter.discarded', { ...verdict });
  const removable = [...back, ...dead].map(({ handle }) => handle);
  const answers = await run.ports.deadLetters.remove(removable);
  const gone = removable.filter((_, at) => answers[at]?.confirmed === true);
  run.tally.removed += gone.length;
  return gone;
}

interface Judged extends Returning {
  readonly handle: string;
  readonly verdict: LetterVerdict;
}

/** The ledger is read after the letter was received: what it says then can only have gone on. */
async function judge(letter: FoundLetter, run: RedriveRun): Promise<Judged> {
  const { body, handle } = letter;
  const reading = readMessage(body);
  const waking = wokenBy(letter, reading);
  if (waking === undefined) {
    const message = { body, redrives: letter.redrives + 1 };
    return { handle, message, wakes: undefined, verdict: verdictOnStray(letter, reading, termsOf(run)) };
  }
  const item = await run.ports.ledger.read(documentKey(waking.arrival));
  const verdict = verdictOnLetter(waking, item, termsOf(run));
  return { handle, message: { body }, wakes: item as ParkedItem | undefined, verdict };
}
