import { backoffMs } from './backoff.ts';
import { FAILURES, type UploaderError } from './failures.ts';
import { documentKey } from './identity.ts';
import type { Outcome } from './model.ts';
import type { Walk } from './walk.ts';

/** Beyond a wait that is told, what comes back is spread over at most 2^4 first backoffs: 80 s. */
const MOST_SPREAD = 5;

/** Back to the queue: no sooner than the failure or the paused line says, else after a backoff; never all at one moment. */
export function deferred(failure: UploaderError, { message, held, visit, receiveCount }: Walk): Outcome {
  const { chance, clock, journal } = visit.ports;
  const { backoffFirstMs, backoffCapMs } = visit.settings.waits;
  const nowMs = clock.nowMs();
  const fixedMs =
    held.line.pausedUntilMs === undefined ? failure.retryAfterMs : held.line.pausedUntilMs - nowMs;
  const { claim } = held;
  const counts = claim?.counted === true && FAILURES[failure.code].fate !== 'defer';
  const tries = counts ? claim.attempts : receiveCount;
  const spreadMs = backoffMs(
    fixedMs === undefined ? tries : Math.min(tries, MOST_SPREAD),
    backoffFirstMs,
    backoffCapMs,
    chance.fraction(),
  );
  const waitMs = Math.max(0, fixedMs ?? 0) + spreadMs;
  journal.record('document.deferred', {
    object: documentKey(message.arrival).partition,
    code: failure.code,
    waitMs,
  });
  return { kind: 'deferred', code: failure.code, untilMs: nowMs + waitMs };
}
