import type { RedrivePorts } from './ports.ts';
import type { RedriveTerms } from './redrive-rules.ts';
import type { PipelineSettings } from './settings.ts';

/** What one run of the schedule is given. */
export interface RedriveVisit {
  readonly ports: RedrivePorts;
  readonly settings: Pick<PipelineSettings, 'onUnknownOutcome' | 'waits'>;
  /** When the platform kills this invocation: so long letters are hidden, should it die. */
  readonly deadlineMs: number;
  /** Aborts shortly before the deadline: nothing is begun after it. */
  readonly signal: AbortSignal;
}

/** What one run did. */
export interface RedriveTally {
  /** Dead letters that were read. */
  read: number;
  /** Messages that are back in the queue, as it confirmed. */
  sentBack: number;
  /** Those of them whose letter was not met. */
  fromLedger: number;
  /** Messages that the queue did not confirm: their letters stay. */
  refused: number;
  /** Letters that are gone. */
  removed: number;
  /** Letters that stay. */
  left: number;
  /** Documents that the ledger has parked and nobody has sent back; at least so many, where time or number cut the count short. */
  parked: number | undefined;
  /** Unknown outcomes that should long have been looked at; as above. Both are undefined where nothing could be told. */
  overdue: number | undefined;
}

/** One run under way. */
export interface RedriveRun extends RedriveVisit {
  readonly tally: RedriveTally;
  /** The next message goes out no sooner. */
  nextSendAtMs: number;
}

export function begun(visit: RedriveVisit): RedriveRun {
  const tally = {
    read: 0,
    sentBack: 0,
    fromLedger: 0,
    refused: 0,
    removed: 0,
    left: 0,
    parked: undefined,
    overdue: undefined,
  };
  return { ...visit, tally, nextSendAtMs: 0 };
}

export function termsOf({ ports, settings }: RedriveVisit): RedriveTerms {
  const { onUnknownOutcome, waits } = settings;
  return { nowMs: ports.clock.nowMs(), gapsMs: waits.redriveGapsMs, onUnknownOutcome };
}
