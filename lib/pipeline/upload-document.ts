import { type Batch, batchFor } from './batch.ts';
import { beginSend, type Claiming, type ClearedToSend, claimToSend, requireTime } from './claim.ts';
import { conclude, lookedAtLater } from './conclude.ts';
import { destinationOf } from './destination.ts';
import { type DescribedDocument, describedDocument, needsFacts } from './document.ts';
import { ended } from './ended.ts';
import { UploaderError } from './failures.ts';
import { holdingNothing } from './held.ts';
import { documentKey } from './identity.ts';
import { askFirst, passLine, tellLineQuietly } from './line.ts';
import type { ArrivalMessage, DocumentItem, Outcome } from './model.ts';
import { routeFor } from './route-for.ts';
import { sendDocument, watchNames } from './send.ts';
import { settleFile } from './settle.ts';
import { standingOf } from './standing.ts';
import { type Answer, verify } from './verify.ts';
import type { Visit } from './visit.ts';
import type { Walk } from './walk.ts';

/**
 * The walk of one document: arrival, route, standing, document, batch, claim, upload, settle, outcome.
 * Never throws: every failure ends in the outcome that its code deserves.
 */
export async function uploadDocument(
  message: ArrivalMessage,
  visit: Visit,
  receiveCount = 1,
): Promise<Outcome> {
  const route = routeFor(message.arrival, visit.settings.routes);
  const walk: Walk = { message, route, held: holdingNothing(), visit, receiveCount };
  const outcome = await walked(walk).catch((failure: unknown) => conclude(failure, walk));
  return outcome.kind === 'deferred' ? outcome : lookedAtLater(outcome, walk);
}

async function walked(walk: Walk): Promise<Outcome> {
  const { message, route, held, visit } = walk;
  const item = await visit.ports.ledger.read(documentKey(message.arrival));
  held.item = item;
  if (route === undefined && item === undefined) return { kind: 'ignored', reason: 'no-route' };
  const standing = standingOf(item, message, visit.ports.clock.nowMs());
  if (standing.kind !== 'unsent' && standing.kind !== 'may-be-sent') return ended(standing, visit);
  requireTime(visit);
  held.passage = await passLine(visit);
  await askFirst(visit, held.passage, route?.classificationId);
  const answer = standing.kind === 'unsent' ? await send(walk) : await verifyThenSend(standing.item, walk);
  return settle(answer, walk);
}

/** Certainly not at Extracta: the batch is resolved first, and the claim names it. */
async function send(walk: Walk): Promise<Answer> {
  const document = await describe(walk);
  const batch = await batchOf(document, walk);
  const cleared = await claimToSend(batch, claiming(walk));
  return upload(document, cleared, walk);
}

/** May be at Extracta: no slot is touched and nothing is sent before a look has ruled it out. */
async function verifyThenSend(item: DocumentItem, walk: Walk): Promise<Answer> {
  const verified = await verify(item, walk);
  if (verified.kind === 'found') return verified.answer;
  const document = await describe(walk);
  const batch = await batchOf(document, walk);
  const cleared = await beginSend(verified.claim, batch, claiming(walk));
  return upload(document, cleared, walk);
}

const NO_ROUTE = 'No route matches the key any more: give it one again (`routes`), then redrive.';

/** HeadObject only where the event does not say it. Describing never skips: what is gone ends under a claim. [V12] */
async function describe({ message, route, visit }: Walk): Promise<DescribedDocument> {
  const { arrival } = message;
  if (route === undefined) throw new UploaderError('route.none', NO_ROUTE);
  const facts = needsFacts(arrival, route)
    ? await visit.ports.source.describe(arrival, visit.signal)
    : undefined;
  return describedDocument(arrival, route, facts, visit.settings);
}

async function batchOf(document: DescribedDocument, { held, visit }: Walk): Promise<Batch> {
  return batchFor(document.arrival, destinationOf(document), held, visit);
}

function claiming({ message, route, held, visit }: Walk): Claiming {
  return { bearer: message, route: route?.name, held, visit };
}

async function upload(
  document: DescribedDocument,
  cleared: ClearedToSend,
  { held, visit }: Walk,
): Promise<Answer> {
  return { receipt: await sendDocument(document, cleared, held, visit), others: [] };
}

/** The answer is written down before anything else is told. */
async function settle({ receipt, others }: Answer, { held, visit }: Walk): Promise<Outcome> {
  const { mapping, item } = await settleFile(receipt, others, visit, { item: held.item });
  held.item = item;
  // Results may be answered while uploads are not: only an answered upload says that the line works.
  await tellLineQuietly(visit, held.passage, held.isAnswered ? 'works' : 'none');
  await watchNames(held, visit);
  const { sizeBytes } = receipt.arrival;
  visit.ports.journal.record('document.uploaded', {
    object: documentKey(receipt.arrival).partition,
    sizeBytes,
    ...mapping,
  });
  return { kind: 'uploaded', mapping };
}
