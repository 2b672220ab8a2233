import { backoffMs } from './backoff.ts';
import type { UploaderError } from './failures.ts';
import { documentKey } from './identity.ts';
import type { Outcome } from './model.ts';
import type { Walk } from './walk.ts';

/** Back to the queue: no sooner than the failure or the paused line says, else after a backoff; never all at one moment. */
export function deferred(failure: UploaderError, { message, held, visit, receiveCount }: Walk): Outcome {
  const { chance, clock, journal } = visit.ports;
  const { backoffFirstMs, backoffCapMs } = visit.settings.waits;
  const nowMs = clock.nowMs();
  const fixedMs =
    held.line.pausedUntilMs === undefined ? failure.retryAfterMs : held.line.pausedUntilMs - nowMs;
  const counted = held.claim?.counted === true ? held.claim.attempts : receiveCount;
  const tries = fixedMs === undefined ? counted : 1;
  const waitMs =
    Math.max(0, fixedMs ?? 0) + backoffMs(tries, backoffFirstMs, backoffCapMs, chance.fraction());
  journal.record('document.deferred', {
    object: documentKey(message.arrival).partition,
    code: failure.code,
    waitMs,
  });
  return { kind: 'deferred', code: failure.code, untilMs: nowMs + waitMs };
}
