import type { Batch } from './batch.ts';
import { change } from './change.ts';
import type { Bearer } from './document-rules.ts';
import { claimed, sendBegun } from './document-writes.ts';
import { UploaderError } from './failures.ts';
import type { Claim, Held } from './held.ts';
import { documentKey } from './identity.ts';
import type { DocumentItem, Pair } from './model.ts';
import type { Standing } from './standing.ts';
import type { Visit } from './visit.ts';

declare const cleared: unique symbol;

/** The right to send one document into one batch: claimed, and the ledger says where it goes. Nothing else makes one. */
export interface ClearedToSend {
  readonly [cleared]: true;
  readonly claim: Claim;
  readonly pair: Pair;
}

export interface Claiming {
  readonly bearer: Bearer;
  readonly route: string | undefined;
  readonly held: Held;
  readonly visit: Visit;
}

/** Claims a document that is certainly unsent, its pair, opening and attempt in the same write. */
export async function claimToSend(batch: Batch, claiming: Claiming): Promise<ClearedToSend> {
  requireTime(claiming.visit);
  const sending = { pair: batch.pair, openedGeneration: batch.opening?.generation };
  const claim = await takeClaim({ sending, onlyIfUnsent: true, counts: true }, claiming);
  claiming.held.sendingTo = batch.pair;
  return { claim, pair: batch.pair } as ClearedToSend;
}

/** Claims without naming a batch: to look again, to park or to skip under its protection, or to send later. */
export function claimOnly(
  claiming: Claiming,
  { onlyIfUnsent, counts }: { readonly onlyIfUnsent: boolean; readonly counts: boolean },
): Promise<Claim> {
  return takeClaim({ onlyIfUnsent, counts }, claiming);
}

/** After a claim that named no batch: the second write, without which nothing is sent. */
export async function beginSend(
  claim: Claim,
  batch: Batch,
  { bearer, held, visit }: Claiming,
): Promise<ClearedToSend> {
  requireTime(visit);
  const sending = { pair: batch.pair, openedGeneration: batch.opening?.generation };
  const nowMs = visit.ports.clock.nowMs();
  const seen = { item: held.item };
  const begun = await change(
    visit.ports,
    documentKey(bearer.arrival),
    (item) => sendBegun(item, claim.token, sending, nowMs),
    seen,
  );
  held.item = begun.item;
  if (begun.result === 'refused') throw lost();
  const counted = { ...claim, counted: true, attempts: claim.attempts + 1 };
  held.claim = counted;
  held.sendingTo = batch.pair;
  return { claim: counted, pair: batch.pair } as ClearedToSend;
}

type ClaimWish = Pick<Parameters<typeof claimed>[1], 'sending' | 'onlyIfUnsent' | 'counts'>;

async function takeClaim(wish: ClaimWish, { bearer, route, held, visit }: Claiming): Promise<Claim> {
  const { chance, clock, journal } = visit.ports;
  const token = chance.token();
  const leaseExpiresAtMs = visit.deadlineMs + visit.settings.waits.skewMs;
  const request = { ...wish, bearer, route, token, nowMs: clock.nowMs(), leaseExpiresAtMs };
  const seen = { item: held.item };
  const taken = await change(
    visit.ports,
    documentKey(bearer.arrival),
    (item) => claimed(item, request),
    seen,
  );
  if (!taken.result.granted) throw notGranted(taken.result.standing, clock.nowMs());
  const item = taken.item as DocumentItem;
  journal.record('document.claimed', {
    object: item.partition,
    attempt: item.attempts,
    edition: item.edition,
  });
  held.item = item;
  held.claim = {
    token,
    leaseExpiresAtMs,
    edition: item.edition,
    attempts: item.attempts,
    redrives: item.redrives,
    firstSeenAtMs: item.firstSeenAtMs,
    counted: wish.counts,
    before: taken.before,
    oldSentTo: taken.before?.sentTo ?? [],
    decision:
      item.decision ?? (taken.before?.state === 'parked' ? taken.before.parkId : taken.before?.decision),
  };
  return held.claim;
}

/** Someone was faster; the message comes back and reads what they did. */
function notGranted(standing: Standing, nowMs: number): UploaderError {
  const retryAfterMs = standing.kind === 'held' ? standing.untilMs - nowMs : 0;
  return new UploaderError('claim.held', `The document was claimed by another (${standing.kind}).`, {
    retryAfterMs,
  });
}

export function lost(): UploaderError {
  return new UploaderError('claim.lost', 'The claim was taken over: its lease had lapsed.');
}

/** A send is begun only if the lease still leaves time for a body; nothing is begun any more once it is time to close. */
export function requireTime(visit: Visit): void {
  if (
    visit.ports.clock.nowMs() + visit.settings.waits.sendFloorMs < visit.deadlineMs &&
    !visit.signal.aborted
  )
    return;
  throw new UploaderError('invocation.ending', 'Too little of the invocation is left to begin.');
}
