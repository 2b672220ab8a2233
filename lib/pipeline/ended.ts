import { UploaderError } from './failures.ts';
import type { Outcome } from './model.ts';
import type { Standing } from './standing.ts';
import type { Visit } from './visit.ts';

type Ended = Exclude<Standing, { kind: 'unsent' } | { kind: 'may-be-sent' }>;

/** What the ledger says is done needs no more than its message's acknowledgement. Throws `claim.held`. [V7, V10] */
export function ended(standing: Ended, visit: Visit): Outcome {
  switch (standing.kind) {
    case 'uploaded':
      return { kind: 'uploaded', mapping: standing.mapping };
    case 'skipped':
    case 'parked':
      return standing;
    case 'carried-by-another':
      return { kind: 'ignored', reason: 'carried-by-another' };
    case 'held': {
      const retryAfterMs = standing.untilMs - visit.ports.clock.nowMs();
      throw new UploaderError('claim.held', 'Another invocation holds the document.', { retryAfterMs });
    }
  }
}
