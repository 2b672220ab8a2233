import { change } from './change.ts';
import { deferred } from './deferred.ts';
import type { Bearer } from './document-rules.ts';
import { parked, released, skipped } from './document-writes.ts';
import { ended } from './ended.ts';
import type { UploaderError } from './failures.ts';
import type { Ending } from './fate.ts';
import type { Claim } from './held.ts';
import { documentKey } from './identity.ts';
import type { ArrivalMessage, DeadLetter, FailureNote, Outcome } from './model.ts';
import { standingOf } from './standing.ts';
import type { Walk } from './walk.ts';

/** The three ends of a claim that did not settle, each written down before its message is let go or kept. */

type EndingOf<K extends Ending['kind']> = Extract<Ending, { kind: K }>;

export async function release(
  ending: EndingOf<'release'>,
  failure: UploaderError,
  claim: Claim,
  walk: Walk,
): Promise<Outcome> {
  const { clock, journal } = walk.visit.ports;
  const nowMs = clock.nowMs();
  // Whoever asks whether it is there may have a clock that is ahead of ours: as a lease does, it bears the margin.
  const lostAtMs = ending.isLost ? nowMs + walk.visit.settings.waits.skewMs : undefined;
  const write = { ...ending, claimToken: claim.token, lostAtMs, failure: noteOf(failure, nowMs), nowMs };
  const key = documentKey(walk.message.arrival);
  const done = await change(walk.visit.ports, key, (item) => released(item, write), { item: walk.held.item });
  if (done.result === 'refused') return claimLost(failure, walk);
  if (ending.isLost) journal.record('outcome.lost', { object: key.partition, code: failure.code });
  return deferred(failure, walk);
}

/** Letter, then ledger, then acknowledgement: so `parked` implies that a dead letter was sent. [V5] */
export async function park(ending: EndingOf<'park'>, claim: Claim, walk: Walk): Promise<Outcome> {
  const { ports } = walk.visit;
  const { because } = ending;
  await ports.outbox.park(letterOf(because, claim, walk.message));
  const nowMs = ports.clock.nowMs();
  const { sentTo, ruledOut } = ending;
  const write = { claimToken: claim.token, sentTo, ruledOut, failure: noteOf(because, nowMs), nowMs };
  const key = documentKey(walk.message.arrival);
  const done = await change(ports, key, (item) => parked(item, write), { item: walk.held.item });
  if (done.result === 'refused') return claimLost(because, walk);
  ports.journal.record('document.parked', {
    object: key.partition,
    reason: because.code,
    attempts: claim.attempts,
  });
  return { kind: 'parked', reason: because.code };
}

/** What lies at the key now may have had its event merged with ours: it becomes an arrival of its own, first. [V13] */
export async function skip(failure: UploaderError, claim: Claim, walk: Walk): Promise<Outcome> {
  const { ports } = walk.visit;
  if (failure.code === 'document.superseded') await queueWhatIsThere(walk);
  const { ruledOut, sendingTo } = walk.held;
  const nowMs = ports.clock.nowMs();
  const write = { claimToken: claim.token, reason: failure.code, ruledOut, sendingTo, nowMs };
  const key = documentKey(walk.message.arrival);
  const done = await change(ports, key, (item) => skipped(item, write), { item: walk.held.item });
  if (done.result === 'refused') return claimLost(failure, walk);
  walk.held.item = done.item;
  ports.journal.record('document.skipped', { object: key.partition, reason: failure.code });
  return { kind: 'skipped', reason: failure.code };
}

async function queueWhatIsThere({ message, visit }: Walk): Promise<void> {
  const { bucket, key } = message.arrival;
  const arrival = await visit.ports.source.present(bucket, key, visit.signal);
  if (arrival === undefined) return;
  const rearrival: ArrivalMessage = { uploader: 'arrival', arrival };
  await visit.ports.outbox.send(JSON.stringify(rearrival), 0);
  visit.ports.journal.record('arrival.requeued', { object: documentKey(arrival).partition });
}

/** A stale holder changes nothing; it acknowledges only what the ledger says is done. [V10, V16] */
export async function claimLost(failure: UploaderError, walk: Walk): Promise<Outcome> {
  const { message, visit } = walk;
  const bearer: Bearer = message;
  const key = documentKey(message.arrival);
  const item = await visit.ports.ledger.read(key);
  walk.held.item = item;
  visit.ports.journal.record('claim.lost', { object: key.partition, state: item?.state });
  const standing = standingOf(item, bearer, visit.ports.clock.nowMs());
  return standing.kind === 'uploaded' ? ended(standing, visit) : deferred(failure, walk);
}

/** Its body can be sent back as it is: whoever does so decides to try again. */
function letterOf(because: UploaderError, claim: Claim, { arrival }: ArrivalMessage): DeadLetter {
  const body: ArrivalMessage = { uploader: 'arrival', arrival, parkId: claim.token };
  return {
    body: JSON.stringify(body),
    reason: because.code,
    message: because.message,
    ...(because.httpStatus === undefined ? {} : { httpStatus: because.httpStatus }),
    attempts: claim.attempts,
    redrives: claim.redrives,
    firstSeenAtMs: claim.firstSeenAtMs,
    parkId: claim.token,
  };
}

function noteOf({ code, message, httpStatus }: UploaderError, atMs: number): FailureNote {
  return { code, message, atMs, ...(httpStatus === undefined ? {} : { httpStatus }) };
}
