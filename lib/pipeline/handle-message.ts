import { backoffMs } from './backoff.ts';
import { requireTime } from './claim.ts';
import { UploaderError } from './failures.ts';
import { lateLook, queueLateLook } from './late-look.ts';
import { passLine, tellLineQuietly } from './line.ts';
import type { LookMessage, Message, Outcome, ReceiptMessage } from './model.ts';
import { readMessage } from './read-message.ts';
import { settleFile } from './settle.ts';
import { uploadDocument } from './upload-document.ts';
import type { Visit } from './visit.ts';

/** One message as the queue delivered it. */
export interface DeliveredMessage {
  readonly messageId: string;
  readonly body: string;
  readonly sentAtMs: number;
  readonly firstReceivedAtMs: number;
  readonly receiveCount: number;
}

/** Let the message go, or keep it and make it visible again after `visibleInMs`. */
export type Verdict =
  | { readonly kind: 'acknowledge'; readonly outcomes: readonly Outcome[] }
  | { readonly kind: 'keep'; readonly visibleInMs: number; readonly outcomes: readonly Outcome[] };

/**
 * A message is let go only when everything in it is done, or its copy is confirmed. [V10] Never throws.
 */
export async function handleMessage(message: DeliveredMessage, visit: Visit): Promise<Verdict> {
  const outcomes = await outcomesOf(message, visit);
  const deferrals = outcomes.filter((outcome) => outcome.kind === 'deferred');
  if (deferrals.length === 0) return { kind: 'acknowledge', outcomes };
  const untilMs = Math.min(...deferrals.map((outcome) => outcome.untilMs));
  const visibleInMs = deferralMs(message, untilMs, visit);
  return (await replaced(message, visibleInMs, visit))
    ? { kind: 'acknowledge', outcomes }
    : { kind: 'keep', visibleInMs, outcomes };
}

/** S3 puts one record into a message; whoever puts thousands must not have them all in memory at once. */
const WALKS_AT_ONCE = 10;

async function outcomesOf(message: DeliveredMessage, visit: Visit): Promise<readonly Outcome[]> {
  const reading = readMessage(message.body);
  if (reading.kind === 'malformed') return [await parkMalformed(message, reading.why, visit)];
  if (reading.kind === 'ours') return [await handleOurs(reading.message, message, visit)];
  const ignored = reading.ignored.map((reason): Outcome => ({ kind: 'ignored', reason }));
  const outcomes = [...ignored];
  for (let at = 0; at < reading.messages.length; at += WALKS_AT_ONCE) {
    const walks = reading.messages
      .slice(at, at + WALKS_AT_ONCE)
      .map((each) => uploadDocument(each, visit, message.receiveCount));
    outcomes.push(...(await Promise.all(walks)));
  }
  for (const outcome of outcomes) {
    if (outcome.kind === 'ignored') visit.ports.journal.record('arrival.ignored', { reason: outcome.reason });
  }
  return outcomes;
}

/** Parked whole, as it came: nothing of it is lost, and nothing of it is in the ledger. */
async function parkMalformed(message: DeliveredMessage, why: string, visit: Visit): Promise<Outcome> {
  const reason = 'arrival.malformed';
  try {
    const letter = { body: message.body, reason, message: `Not a message that can be read: ${why}.` };
    await visit.ports.outbox.park({
      ...letter,
      attempts: 0,
      redrives: 0,
      firstSeenAtMs: message.firstReceivedAtMs,
    });
    visit.ports.journal.record('arrival.malformed', { messageId: message.messageId, why });
    return { kind: 'parked', reason };
  } catch (error) {
    return deferredBy(error, message, visit);
  }
}

async function handleOurs(
  ours: Exclude<Message, { uploader: 'arrival' }>,
  message: DeliveredMessage,
  visit: Visit,
): Promise<Outcome> {
  try {
    return ours.uploader === 'receipt' ? await settleReceipt(ours, visit) : await look(ours, visit);
  } catch (error) {
    return deferredBy(error, message, visit);
  }
}

async function settleReceipt(receipt: ReceiptMessage, visit: Visit): Promise<Outcome> {
  const { mapping, item } = await settleFile(receipt, [], visit);
  await queueLateLook(item, visit);
  return { kind: 'uploaded', mapping };
}

async function look(message: LookMessage, visit: Visit): Promise<Outcome> {
  requireTime(visit);
  const passage = await passLine(visit);
  try {
    const ended = await lateLook(message, visit);
    // Results may be answered while uploads are not: only an upload says that the line works.
    await tellLineQuietly(visit, passage, 'none');
    return { kind: 'ignored', reason: `look-${ended}` };
  } catch (error) {
    if (error instanceof UploaderError) await tellLineQuietly(visit, passage, error);
    throw error;
  }
}

function deferredBy(error: unknown, message: DeliveredMessage, visit: Visit): Outcome {
  const { chance, clock, journal } = visit.ports;
  const { backoffFirstMs, backoffCapMs } = visit.settings.waits;
  const code = error instanceof UploaderError ? error.code : 'internal.unexpected';
  const backoff = backoffMs(message.receiveCount, backoffFirstMs, backoffCapMs, chance.fraction());
  const waitMs = Math.max(backoff, (error instanceof UploaderError ? error.retryAfterMs : undefined) ?? 0);
  journal.record('message.deferred', { code, waitMs, cause: error });
  return { kind: 'deferred', code, untilMs: clock.nowMs() + waitMs };
}

/** Receives are counted, and SQS moves away what has had too many: what has waited for an hour comes back no sooner than this. */
function deferralMs(message: DeliveredMessage, untilMs: number, visit: Visit): number {
  const nowMs = visit.ports.clock.nowMs();
  const { longDeferralAfterMs, longDeferralMs } = visit.settings.waits;
  const floorMs = nowMs - message.firstReceivedAtMs >= longDeferralAfterMs ? longDeferralMs : 0;
  return Math.max(floorMs, untilMs - nowMs);
}

/** SQS forgets a message after 14 days: an old one is let go, once its copy is confirmed. */
async function replaced(message: DeliveredMessage, visibleInMs: number, visit: Visit): Promise<boolean> {
  const { clock, journal, outbox } = visit.ports;
  if (clock.nowMs() - message.sentAtMs < visit.settings.waits.replaceAfterMs) return false;
  try {
    await outbox.send(message.body, visibleInMs);
    journal.record('message.replaced', { messageId: message.messageId });
    return true;
  } catch {
    return false;
  }
}
