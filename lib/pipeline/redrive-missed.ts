import { documentKey } from './identity.ts';
import { messageOf } from './message-of.ts';
import type { DocumentItem } from './model.ts';
import { isMissed } from './redrive-rules.ts';
import { type RedriveRun, termsOf } from './redrive-run.ts';
import { sendBack } from './send-back.ts';

/** Messages that SQS takes at once. */
const AT_ONCE = 10;

/**
 * Letters last 14 days, and a queue gives out whichever it likes: what is long due is sent back from the ledger, once for
 * each parking. Its letter, if there is one, is removed by the run that meets it.
 */
export async function redriveMissed(run: RedriveRun): Promise<void> {
  let missed: DocumentItem[] = [];
  for await (const item of run.ports.documents.unsettled('parked')) {
    if (run.signal.aborted) return;
    if (isMissed(item, termsOf(run))) missed.push(item);
    if (missed.length < AT_ONCE) continue;
    await redriveFromLedger(missed, run);
    missed = [];
  }
  await redriveFromLedger(missed, run);
}

/** The index lags behind: the ledger itself is asked again. */
async function redriveFromLedger(found: readonly DocumentItem[], run: RedriveRun): Promise<void> {
  const items = await Promise.all(found.map(({ arrival }) => run.ports.ledger.read(documentKey(arrival))));
  const back = await sendBack(
    items
      .filter((item) => item !== undefined)
      .filter((item) => isMissed(item, termsOf(run)))
      .map((item) => ({ message: { body: JSON.stringify(messageOf(item)) }, wakes: item })),
    run,
  );
  run.tally.fromLedger += back.length;
}
