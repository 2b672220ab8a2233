import { backoffMs } from './backoff.ts';
import { change } from './change.ts';
import { claimOnly } from './claim.ts';
import { documentRules } from './document-rules.ts';
import { looked } from './document-writes.ts';
import { UploaderError } from './failures.ts';
import type { Claim } from './held.ts';
import { documentKey, samePair } from './identity.ts';
import { lookFor, type Sight } from './look.ts';
import type { DocumentItem, ExtractaFile, ReceiptMessage } from './model.ts';
import type { Walk } from './walk.ts';

/** Extracta's answer, by whatever way it was had. */
export interface Answer {
  readonly receipt: ReceiptMessage;
  /** Second files of the same document, seen in the same look. */
  readonly others: readonly ExtractaFile[];
}

export type Verified =
  | { readonly kind: 'found'; readonly answer: Answer }
  /** Surely not there, or the policy takes the risk: claimed, and free to be sent again. */
  | { readonly kind: 'clear'; readonly claim: Claim };

type Absent = Extract<Sight, { kind: 'absent' }>;

/**
 * Looks for a document that an earlier attempt may have sent. Throws `upload.unverified` while it is too early,
 * `results.*` while no answer can be had, `upload.unverifiable` where none ever can and the policy is not to risk it.
 */
export async function verify(item: DocumentItem, walk: Walk): Promise<Verified> {
  const sight = await sightOf(item, walk);
  if (sight.kind === 'found') return foundBy(sight, item, walk);
  const { message, route, held, visit } = walk;
  const claiming = { bearer: message, route: route?.name, held, visit };
  const claim = await claimOnly(claiming, { onlyIfUnsent: false, counts: false });
  // What is verified has an item: the claim found it.
  const before = claim.before as DocumentItem;
  const again = await (stillSays(sight, item, before, walk) ? sight : sightOf(before, walk));
  if (again.kind === 'found') return foundBy(again, before, walk);
  held.ruledOut = again.ruledOut;
  requireMayRisk(again, claim, walk);
  requireAttempt(claim, walk);
  return { kind: 'clear', claim };
}

/** "Not there" was asked of the item that was read; does it hold for the item that the claim found? [V19] */
function stillSays(sight: Absent, read: DocumentItem, before: DocumentItem, { visit }: Walk): boolean {
  const samePairs = before.sentTo.every((pair) => read.sentTo.some((each) => samePair(each, pair)));
  const asked = sight.ruledOut.length > 0;
  return (
    samePairs &&
    (!asked || documentRules.absenceCounts(before, sight.askedAtMs, visit.settings.waits.quietMs))
  );
}

/** Found or surely absent; anything less ends this visit, counted as a look. */
async function sightOf(item: DocumentItem, walk: Walk): Promise<Exclude<Sight, { kind: 'too-early' }>> {
  const { chance, clock } = walk.visit.ports;
  const { waits } = walk.visit.settings;
  try {
    const sight = await lookFor(item, walk.visit);
    if (sight.kind !== 'too-early') return sight;
    const looks = (await countLook(walk)).looks;
    const backoff = backoffMs(looks, waits.backoffFirstMs, waits.backoffCapMs, (1 + chance.fraction()) / 2);
    const retryAfterMs = Math.max(0, Math.min(backoff, sight.untilMs - clock.nowMs()));
    throw new UploaderError(
      'upload.unverified',
      'Its answer was lost, and it is too early to say that it is not there.',
      {
        retryAfterMs,
      },
    );
  } catch (error) {
    if (!(error instanceof UploaderError) || error.code !== 'results.inconclusive') throw error;
    const { sinceMs } = await countLook(walk);
    if (clock.nowMs() - sinceMs < waits.looksForMs) throw error;
    throw new UploaderError(
      'upload.unverifiable',
      `No conclusive answer in ${waits.looksForMs / 3_600_000} h. ${error.message}`,
    );
  }
}

async function countLook({
  message,
  held,
  visit,
}: Walk): Promise<{ readonly looks: number; readonly sinceMs: number }> {
  const nowMs = visit.ports.clock.nowMs();
  const seen = { item: held.item };
  const changed = await change(
    visit.ports,
    documentKey(message.arrival),
    (item) => looked(item, held.claim?.token, nowMs),
    seen,
  );
  held.item = changed.item;
  return { looks: changed.result, sinceMs: changed.item?.lookingSinceMs ?? nowMs };
}

function foundBy(sight: Extract<Sight, { kind: 'found' }>, item: DocumentItem, walk: Walk): Verified {
  const { clock, journal } = walk.visit.ports;
  journal.record('document.found', {
    object: item.partition,
    batchId: sight.file.batchId,
    fileId: sight.file.fileId,
  });
  const receipt: ReceiptMessage = {
    uploader: 'receipt',
    arrival: walk.message.arrival,
    edition: item.edition,
    file: sight.file,
    answeredAtMs: clock.nowMs(),
  };
  return { kind: 'found', answer: { receipt, others: sight.others } };
}

/** A lost answer is never parked before a look; what is lost again and again ends here. */
function requireAttempt({ attempts }: Claim, { visit }: Walk): void {
  if (attempts < visit.settings.maxAttempts) return;
  throw new UploaderError(
    'upload.attempts-exhausted',
    `It was sent as often as a document may be (\`maxAttempts\`: ${visit.settings.maxAttempts}), and the answers were lost.`,
  );
}

/** Where nobody can tell, the operator's policy decides; under `park`, only the bearer of a redrive's decision. [V6, V17] */
function requireMayRisk({ rest }: Absent, claim: Claim, { message, visit }: Walk): void {
  if (rest.length === 0 || visit.settings.onUnknownOutcome === 'send-again') return;
  if (claim.decision !== undefined && claim.decision === message.parkId) return;
  throw new UploaderError(
    'upload.unverifiable',
    'The answer to a send was lost and its batch was not known: nobody can tell whether it arrived (`onUnknownOutcome: park`).',
  );
}
