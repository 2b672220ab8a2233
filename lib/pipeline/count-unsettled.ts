import type { DocumentItem } from './model.ts';
import { redriveRules } from './redrive-rules.ts';
import { begun, type RedriveRun, type RedriveTally, type RedriveVisit } from './redrive-run.ts';

/** A quarter of a minute's reading at most, so that a run has time left for what it is there for. */
const MOST_READ = 50_000;

/** A run that moves nothing: it counts, so that alarms can ring where nothing comes back by itself. Throws `ledger.*`. */
export async function countUnsettled(visit: RedriveVisit): Promise<RedriveTally> {
  const run = begun(visit);
  try {
    await counted(run);
    return run.tally;
  } finally {
    visit.ports.journal.record('redrive.ended', { ...run.tally });
  }
}

/** What waits for a person, and the outcomes that should long be known: nothing else looks at all of them. */
export async function counted(run: RedriveRun): Promise<void> {
  const { clock } = run.ports;
  const { quietMs } = run.settings.waits;
  run.tally.parked = await count(run, 'parked', (item) => !redriveRules.isSentBack(item));
  run.tally.overdue = await count(run, 'unknown', (item) =>
    redriveRules.isOverdue(item, clock.nowMs(), quietMs),
  );
}

/** Cut short, it is the least that there are; undefined where it came across none. */
async function count(
  { ports, signal }: RedriveRun,
  state: 'parked' | 'unknown',
  isMeant: (item: DocumentItem) => boolean,
): Promise<number | undefined> {
  let found = 0;
  let read = 0;
  for await (const item of ports.documents.unsettled(state)) {
    if (signal.aborted || read === MOST_READ) return found === 0 ? undefined : found;
    read += 1;
    if (isMeant(item)) found += 1;
  }
  return found;
}
