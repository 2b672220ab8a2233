import { redriveRules } from './redrive-rules.ts';
import type { RedriveRun } from './redrive-run.ts';

/** Counts the documents whose outcome should long be known: for the alarm, since nothing else looks at all of them. */
export async function countOverdue(run: RedriveRun): Promise<void> {
  const { clock, documents } = run.ports;
  let overdue = 0;
  for await (const item of documents.unsettled('unknown')) {
    if (run.signal.aborted) return;
    if (redriveRules.isOverdue(item, clock.nowMs(), run.settings.waits.quietMs)) overdue += 1;
  }
  run.tally.overdue = overdue;
}
