import { UNKNOWN_BATCH } from '../pipeline/model.ts';
import { countedBy, type Disagreement, type FailedDocument, failed } from './failed.ts';
import type { Filters } from './filters.ts';
import type { OpenLine } from './open-line.ts';
import type { Unmatched } from './unmatched.ts';

export interface RedriveFilters extends Filters {
  /** Also what was sent back already and is still parked: its message may have been purged. */
  readonly again?: boolean;
}

export interface RedrivePlan {
  readonly verb: 'redrive';
  readonly dryRun: true;
  readonly line: string;
  /** Documents, and messages that SQS itself moved away, that would go back to the queue. */
  readonly wouldSend: number;
  /** Letters of no more use that would be removed. */
  readonly wouldRemove: number;
  readonly byReason: Readonly<Record<string, number>>;
  /** Of those that would be sent: nobody can tell whether they arrived, so a second file may come of it. */
  readonly mayDouble: number;
  /** Where nothing of what is parked fits the filters. */
  readonly unmatched?: Unmatched;
  readonly notes: readonly string[];
}

/** What a redrive would do. Changes nothing. */
export async function planRedrive(open: OpenLine, filters: RedriveFilters): Promise<RedrivePlan> {
  const report = await failed(open, filters);
  const back = report.failed.filter(
    ({ disagreement, reason }) => returns(disagreement?.code, filters) && mayReturn(reason, filters),
  );
  const ids = new Set(back.map(({ parkId }) => parkId));
  let mayDouble = 0;
  for await (const item of open.queries.unsettled('parked'))
    if (ids.has(item.parkId ?? null) && item.sentTo.some(({ batchId }) => batchId === UNKNOWN_BATCH))
      mayDouble += 1;
  return {
    verb: 'redrive',
    dryRun: true,
    line: open.line.title,
    wouldSend: back.length,
    wouldRemove: report.failed.filter(isOfNoMoreUse).length,
    byReason: countedBy(back.map(({ reason }) => reason)),
    mayDouble,
    ...(report.unmatched === undefined ? {} : { unmatched: report.unmatched }),
    notes: report.notes,
  };
}

/** A letter that can wake nothing, or whose message is in the queue again. */
function isOfNoMoreUse({ disagreement, inQueue }: FailedDocument): boolean {
  return inQueue === true && (disagreement?.code === 'stale' || disagreement?.code === 'sent-back');
}

function returns(code: Disagreement['code'] | undefined, { again }: RedriveFilters): boolean {
  if (code === 'sent-back') return again === true;
  return code !== 'stale' && code !== 'being-parked';
}

/** What nobody can read is only parked again: it goes back where its reason is named. */
export function mayReturn(reason: string, filters: Filters): boolean {
  return reason !== 'arrival.malformed' || filters.reason === reason;
}
