import { change } from './change.ts';
import { documentKey } from './identity.ts';
import type { Confirmation, ReturnedMessage } from './ports.ts';
import { notedAsSentBack, type ParkedItem, redriveRules } from './redrive-rules.ts';
import type { RedriveRun } from './redrive-run.ts';

/** A message on its way back to the queue. */
export interface Returning {
  readonly message: ReturnedMessage;
  /** The parked document that it wakes; undefined: one that SQS itself had moved away. */
  readonly wakes: ParkedItem | undefined;
}

/**
 * Sends back, at the pace that is set. Resolves with those that the queue confirmed, each noted in the ledger: only their
 * letters may be removed. Who dies in between leaves both, and of two messages with one `parkId` one only can use it.
 */
export async function sendBack<T extends Returning>(
  returning: readonly T[],
  run: RedriveRun,
): Promise<readonly T[]> {
  if (returning.length === 0) return [];
  await inTurn(returning.length, run);
  if (run.signal.aborted) return [];
  const answers = await run.ports.deadLetters.sendBack(returning.map(({ message }) => message));
  const back = returning.filter((_, at) => isBack(answers[at], run));
  run.tally.sentBack += back.length;
  seenTo(back, run);
  await Promise.all(back.map(({ wakes }) => note(wakes, run)));
  return back;
}

async function inTurn(count: number, run: RedriveRun): Promise<void> {
  const { clock } = run.ports;
  await clock.sleep(Math.max(0, run.nextSendAtMs - clock.nowMs()), run.signal);
  run.nextSendAtMs = clock.nowMs() + count * run.settings.waits.redrivePaceMs;
}

/** They were counted as parked when the run began. */
function seenTo(back: readonly Returning[], { tally }: RedriveRun): void {
  if (tally.parked === undefined) return;
  const woken = back.filter(({ wakes }) => wakes !== undefined).length;
  tally.parked = Math.max(0, tally.parked - woken);
}

function isBack(answer: Confirmation | undefined, { ports, tally }: RedriveRun): boolean {
  if (redriveRules.isBack(answer)) return true;
  tally.refused += 1;
  ports.journal.record('redrive.refused', answer?.confirmed === false ? { cause: answer.failure } : {});
  return false;
}

async function note(item: ParkedItem | undefined, { ports }: RedriveRun): Promise<void> {
  if (item === undefined) return ports.journal.record('message.redriven', {});
  const { parkId, partition, redrives } = item;
  ports.journal.record('document.redriven', { object: partition, redrives: redrives + 1, parkId });
  await change(ports, documentKey(item.arrival), (now) => notedAsSentBack(now, parkId), { item });
}
