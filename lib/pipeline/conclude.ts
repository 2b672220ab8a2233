import { change } from './change.ts';
import { claimOnly } from './claim.ts';
import { deferred } from './deferred.ts';
import { documentRules } from './document-rules.ts';
import { noted } from './document-writes.ts';
import { claimLost, park, release, skip } from './endings.ts';
import { FAILURES, UploaderError } from './failures.ts';
import { type Ending, endingOf } from './fate.ts';
import type { Claim } from './held.ts';
import { documentKey } from './identity.ts';
import { queueLateLook } from './late-look.ts';
import { tellLineQuietly } from './line.ts';
import type { Outcome, Pair } from './model.ts';
import { letSlotGo } from './slot-end.ts';
import type { Walk } from './walk.ts';

/**
 * The one place that catches: looks the failure's fate up and lets go of what the visit held. If even that can't be
 * written down the message stays, and the claim's lease lapses. Never throws.
 */
export async function conclude(thrown: unknown, walk: Walk): Promise<Outcome> {
  const { held, visit } = walk;
  const failure = asFailure(thrown, walk);
  try {
    held.line = await tellLineQuietly(visit, held.passage, failure);
    return await concluded(await letSlotGo(failure, walk), walk);
  } catch (second) {
    const isHeld = second instanceof UploaderError && second.code === 'claim.held';
    return deferred(isHeld ? second : conclusionFailed(failure, second, walk), walk);
  }
}

/**
 * Whoever acknowledges a message queues its document's late look first: without it the message stays, whatever else of
 * the document is done and told. Never throws. [V22]
 */
export async function lookedAtLater(outcome: Outcome, walk: Walk): Promise<Outcome> {
  try {
    await queueLateLook(walk.held.item, walk.visit);
    return outcome;
  } catch (thrown) {
    return deferred(asFailure(thrown, walk), walk);
  }
}

/** A defect of ours after a send began may have come after the last byte: then it counts as unknown. */
function asFailure(thrown: unknown, { held }: Walk): UploaderError {
  if (thrown instanceof UploaderError) return thrown;
  const mayHaveArrived = held.sendingTo !== undefined;
  return new UploaderError('internal.unexpected', 'A defect in the uploader: see its cause.', {
    cause: thrown,
    mayHaveArrived,
  });
}

async function concluded(failure: UploaderError, walk: Walk): Promise<Outcome> {
  const { held, visit } = walk;
  // No route takes it, and no attempt of ours is on record: it leaves no trace.
  if (walk.route === undefined && held.item === undefined) return deferred(failure, walk);
  if (held.isAnswered) return answerUnrecorded(failure, walk);
  if (failure.code === 'claim.lost') return claimLost(failure, walk);
  const claim = held.claim ?? (needsClaim(failure) ? await claimNow(failure, walk) : undefined);
  if (claim === undefined) return leaveTrace(failure, walk);
  const { line, ruledOut, sendingTo } = held;
  const ending = endingOf(failure, {
    line,
    claim,
    ruledOut,
    sendingTo,
    maxAttempts: visit.settings.maxAttempts,
  });
  if (ending.kind === 'release') return release(ending, failure, claim, walk);
  try {
    return ending.kind === 'park' ? await park(ending, claim, walk) : await skip(failure, claim, walk);
  } catch (second) {
    return release(unfinished(claim, ruledOut), conclusionFailed(failure, second, walk), claim, walk);
  }
}

/** Neither parked nor skipped, and certainly not sent: it comes back as it was, not as one that may have got through. */
function unfinished(claim: Claim, ruledOut: readonly Pair[]): Extract<Ending, { kind: 'release' }> {
  const { oldSentTo, counted, decision } = claim;
  const sentTo = documentRules.restored(oldSentTo, ruledOut);
  return { kind: 'release', sentTo, isLost: false, givesBackAttempt: counted, ruledOut, decision };
}

function conclusionFailed({ code }: UploaderError, second: unknown, walk: Walk): UploaderError {
  walk.visit.ports.journal.record('conclusion.failed', { code, cause: second });
  return asFailure(second, walk);
}

/** Extracta has it, and neither ledger nor queue could be told: verify will find it when the lease has lapsed. */
function answerUnrecorded(failure: UploaderError, { message, visit }: Walk): Outcome {
  visit.ports.journal.record('answer.unrecorded', {
    object: documentKey(message.arrival).partition,
    code: failure.code,
  });
  const leaseEndMs = visit.deadlineMs + visit.settings.waits.skewMs;
  return { kind: 'deferred', code: failure.code, untilMs: leaseEndMs };
}

/** What is wrong with the document itself ends under a claim; what is wrong elsewhere just waits. */
function needsClaim({ code }: UploaderError): boolean {
  const { fate } = FAILURES[code];
  return fate === 'park' || fate === 'skip' || code.startsWith('document.') || code === 'internal.unexpected';
}

async function claimNow({ code }: UploaderError, { message, route, held, visit }: Walk): Promise<Claim> {
  const onlyIfUnsent = held.item === undefined || held.item.sentTo.length === 0;
  const claiming = { bearer: message, route: route?.name, held, visit };
  return claimOnly(claiming, { onlyIfUnsent, counts: FAILURES[code].fate === 'retry' });
}

/** Before a message is first deferred, its document leaves a trace in the ledger. */
async function leaveTrace(failure: UploaderError, walk: Walk): Promise<Outcome> {
  const { message, route, held, visit } = walk;
  if (held.item === undefined) {
    const nowMs = visit.ports.clock.nowMs();
    const key = documentKey(message.arrival);
    await change(visit.ports, key, (item) => noted(item, message, route?.name, nowMs), { item: undefined });
  }
  return deferred(failure, walk);
}
