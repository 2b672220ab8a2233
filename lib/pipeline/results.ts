import { change, type Decision } from './change.ts';
import type { Answered } from './container-memory.ts';
import { FAILURES, type FailureCode, UploaderError } from './failures.ts';
import { GATE_KEY, pairName } from './identity.ts';
import type { GateItem, Pair } from './model.ts';
import type { Visit } from './visit.ts';

/** `getResults`, at the pace that Extracta asks of the whole account. */

type Leave = { readonly granted: true } | { readonly granted: false; readonly waitMs: number };

/** One call at a time, `paceMs` apart, whoever makes it. */
export function callGranted(
  gate: GateItem | undefined,
  nowMs: number,
  paceMs: number,
): Decision<GateItem, Leave> {
  const nextAllowedAtMs = gate?.nextAllowedAtMs ?? 0;
  if (nowMs < nextAllowedAtMs) return { keep: { granted: false, waitMs: nextAllowedAtMs - nowMs } };
  const write = { ...GATE_KEY, namesKept: gate?.namesKept ?? true, nextAllowedAtMs: nowMs + paceMs };
  return { write, result: { granted: true } };
}

export function namesLost(gate: GateItem | undefined): Decision<GateItem, boolean> {
  if (gate?.namesKept === false) return { keep: false };
  return {
    write: { ...GATE_KEY, nextAllowedAtMs: gate?.nextAllowedAtMs ?? 0, namesKept: false },
    result: true,
  };
}

/** Whether Extracta answers the names that we send: without them a file can't be told from another. */
export async function keepsNames(visit: Visit): Promise<boolean> {
  return (await visit.ports.ledger.read(GATE_KEY))?.namesKept ?? true;
}

/** The first answer whose name lost its tag is recorded for the whole account: from then on nothing can be verified. */
export async function noteNamesLost(visit: Visit): Promise<void> {
  if (visit.memory.namesLostNoted) return;
  const noted = await change(visit.ports, GATE_KEY, namesLost);
  visit.memory.namesLostNoted = true;
  if (noted.result) visit.ports.journal.record('names.lost', {});
}

export type BatchAnswer =
  | ({ readonly kind: 'files' } & Answered)
  | { readonly kind: 'waiting' }
  | { readonly kind: 'no-such-batch'; readonly askedAtMs: number };

/**
 * What Extracta says of a batch now, or said recently enough for `isGoodEnough`: one answer serves every document of
 * the batch. Whoever has asked for another batch before (`isFirst` false) waits for the pace. Throws `results.*`,
 * `extracta.*`.
 */
export async function askBatch(
  pair: Pair,
  isGoodEnough: (answered: Answered) => boolean,
  visit: Visit,
  isFirst = true,
): Promise<BatchAnswer> {
  const known = visit.memory.answer(pair);
  if (known !== undefined && isGoodEnough(known)) return { kind: 'files', ...known };
  await passGate(visit, isFirst ? 1 : PATIENT_TRIES);
  const askedAtMs = visit.ports.clock.nowMs();
  const answer = await asked(visit.ports.extracta.results(pair, visit.signal));
  visit.ports.journal.record('batch.asked', { batch: pairName(pair), answer: answer.kind });
  if (answer.kind === 'waiting') return answer;
  if (answer.kind === 'no-such-batch') return { ...answer, askedAtMs };
  const answered = { askedAtMs, files: answer.files };
  visit.memory.rememberAnswer(pair, answered);
  return { kind: 'files', ...answered };
}

/** Whether this token sees the classification; "no such batch" proves nothing without it. */
export async function seesClassification(classificationId: string, visit: Visit): Promise<boolean> {
  return asked(visit.ports.extracta.seesClassification(classificationId, visit.signal));
}

/**
 * An answer to this very question that answers nothing says nothing of the document, and nothing of the line: one odd
 * batch must not pause the account, nor be asked for ever.
 */
async function asked<T>(question: Promise<T>): Promise<T> {
  try {
    return await question;
  } catch (error) {
    if (!(error instanceof UploaderError) || !isAnswerless(error)) throw error;
    const message = `Extracta does not answer for the batch: ${error.message}`;
    throw new UploaderError('results.inconclusive', message, { cause: error });
  }
}

const ANSWERLESS = new Set<FailureCode>([
  'extracta.unavailable',
  'extracta.reply-unreadable',
  'extracta.forbidden',
]);

function isAnswerless({ code }: UploaderError): boolean {
  return ANSWERLESS.has(code) || FAILURES[code].line === 'works';
}

/** Tries at the gate of whoever has asked already in this visit: another's pace must not keep a second pair unasked. */
const PATIENT_TRIES = 5;

async function passGate(visit: Visit, tries: number): Promise<void> {
  const { clock } = visit.ports;
  const paceMs = visit.settings.waits.resultsGateMs;
  const leave = await change(visit.ports, GATE_KEY, (gate) => callGranted(gate, clock.nowMs(), paceMs));
  if (leave.result.granted) return;
  if (tries > 1 && !visit.signal.aborted) {
    await clock.sleep(leave.result.waitMs, visit.signal);
    return passGate(visit, tries - 1);
  }
  throw new UploaderError('results.paced', 'Another asked Extracta for results a moment ago.', {
    retryAfterMs: leave.result.waitMs,
  });
}
