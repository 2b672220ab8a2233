import { counted } from '../terminal/table.ts';
import { endDeadLeases } from './dead-leases.ts';
import { Expected } from './expected.ts';
import { restart } from './restart.ts';
import type { Session } from './session.ts';
import { type Documents, readDocuments } from './watch.ts';
import { duration } from './words.ts';

export interface TakenUp {
  /** The ledger as the last run left it. */
  readonly before: Documents;
  readonly expected: Expected;
}

/** What the last run with `--data` left undone. What it held as it was killed is held for `marginMs` more. */
export async function takeUp({ running, screen }: Session, marginMs: number): Promise<TakenUp> {
  const held = await endDeadLeases(running.table, Date.now() + marginMs);
  const before = await readDocuments(running.queries);
  const expected = new Expected(before);
  const { unsettled, parked, unknown } = await restart(running.ports, before);
  for (const key of unknown) expected.add(key);
  const left = unsettled + unknown.length;
  if (left > 0) screen.say(`Taking up ${counted(left, 'document', 'documents')} of the last run.`);
  if (held > 0) screen.say(`Waiting ${duration(marginMs)} for what the last run held when it was killed.`);
  if (parked > 0)
    screen.say(`${counted(parked, 'document is', 'documents are')} parked since an earlier run.`);
  return { before, expected };
}
