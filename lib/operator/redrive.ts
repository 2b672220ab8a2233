import { documentKey } from '../pipeline/identity.ts';
import { messageOf } from '../pipeline/message-of.ts';
import type { DocumentItem } from '../pipeline/model.ts';
import type { FoundLetter, Journal } from '../pipeline/ports.ts';
import { readMessage } from '../pipeline/read-message.ts';
import { type LetterVerdict, type ParkedItem, verdictOnLetter, wokenBy } from '../pipeline/redrive-rules.ts';
import { begun, type RedriveRun, type RedriveTally, termsOf as runTermsOf } from '../pipeline/redrive-run.ts';
import type { Returning } from '../pipeline/send-back.ts';
import { bar } from '../terminal/bar.ts';
import { peeked } from './dead-letter-peek.ts';
import { matches } from './filters.ts';
import { termsOf } from './line-in-use.ts';
import type { OpenLine } from './open-line.ts';
import { mayReturn, type RedriveFilters } from './redrive-plan.ts';
import { SentOnce } from './sent-once.ts';
import { isOnItsWay } from './story.ts';
import { type Unmatched, unmatchedBy } from './unmatched.ts';

export interface RedriveReport extends Omit<RedriveTally, 'fromLedger'> {
  readonly verb: 'redrive';
  readonly dryRun: false;
  readonly line: string;
  /** Those sent back whose letter was not met. */
  readonly fromLedger: number;
  /** Documents that had failed again before all was sent: they are parked, and their new letters among those left. */
  readonly cameAgain: number;
  /** Where nothing of what is parked fits the filters. */
  readonly unmatched?: Unmatched;
  readonly interrupted: boolean;
  /** What the queue said of what it refused, once each. */
  readonly refusals: readonly string[];
}

export interface RedriveOrder extends RedriveFilters {
  /** Messages a second. */
  readonly rate: number;
}

/** Long enough to send and remove ten letters, however slow the pace. */
const LETTER_HIDDEN_MS = 15 * 60_000;
const AT_ONCE = 10;

interface PersonsRun extends RedriveRun {
  readonly order: RedriveOrder;
  readonly open: OpenLine;
  readonly once: SentOnce;
  /** Parked documents that the filters take, as far as the ledger tells. */
  meant: number;
  unmatched: Unmatched | undefined;
}

/**
 * Sends back what the filters take, each once, in the pipeline's own order: the message confirmed, `sentBack` noted, the letter
 * removed. Whoever kills it in between leaves both, and of two messages with one `parkId` only one can be used.
 */
export async function redrive(open: OpenLine, order: RedriveOrder): Promise<RedriveReport> {
  const refusals = new Set<string>();
  const run: PersonsRun = {
    ...begun(visitOf(open, order, refusals)),
    order,
    open,
    once: new SentOnce(),
    meant: 0,
    unmatched: undefined,
  };
  try {
    await countMeant(run);
    await redriveLetters(run);
    await redriveRest(run);
  } finally {
    open.progress.clear();
  }
  const { line, host } = open;
  const { sentBack, removed } = run.tally;
  const unmatched = sentBack + removed === 0 ? run.unmatched : undefined;
  return {
    verb: 'redrive',
    dryRun: false,
    line: line.title,
    ...run.tally,
    ...(unmatched === undefined ? {} : { unmatched }),
    cameAgain: run.once.cameAgain,
    interrupted: host.interrupted.aborted,
    refusals: [...refusals],
  };
}

function visitOf(open: OpenLine, { rate }: RedriveOrder, refusals: Set<string>) {
  const { ledger, queries, deadLetters, host, line } = open;
  const { onUnknownOutcome, waits } = termsOf(line);
  const journal: Journal = {
    record: (event, { cause }) => {
      if (event === 'redrive.refused' && cause instanceof Error) refusals.add(cause.message);
    },
  };
  return {
    ports: { ledger, documents: queries, deadLetters, clock: host.clock, chance: host.chance, journal },
    settings: { onUnknownOutcome, waits: { ...waits, redrivePaceMs: 1000 / rate } },
    deadlineMs: Number.POSITIVE_INFINITY,
    signal: host.interrupted,
  };
}

/** Each letter is met once: one that shows itself again in a long run was judged already. */
async function redriveLetters(run: PersonsRun): Promise<void> {
  const { ports, tally, signal } = run;
  const kept = new Map<string, string>();
  try {
    while (!signal.aborted) {
      const letters = await ports.deadLetters.receive(LETTER_HIDDEN_MS, signal);
      const fresh = letters.filter(({ body, sentAtMs }) => !kept.has(`${sentAtMs} ${body}`));
      for (const { handle, body, sentAtMs } of letters) kept.set(`${sentAtMs} ${body}`, handle);
      if (fresh.length === 0) break;
      tally.read += fresh.length;
      const gone = await redriven(fresh, run);
      for (const { body, sentAtMs } of gone) kept.delete(`${sentAtMs} ${body}`);
      tell(run);
    }
  } finally {
    tally.left += kept.size;
    await ports.deadLetters.giveBack([...kept.values()]);
  }
}

/** Resolves with the letters that are gone. */
async function redriven(letters: readonly FoundLetter[], run: PersonsRun): Promise<readonly FoundLetter[]> {
  const judged = await Promise.all(letters.map((letter) => judge(letter, run)));
  const back: Judged[] = [];
  for (const some of inSteps(
    judged.filter(({ verdict }) => verdict.kind === 'send-back'),
    run.order.rate,
  ))
    back.push(...(await run.once.sendBack(some, run)));
  const dead = judged.filter(({ verdict }) => verdict.kind === 'remove');
  const removable = [...back, ...dead].map(({ letter }) => letter);
  const answers = await run.ports.deadLetters.remove(removable.map(({ handle }) => handle));
  const gone = removable.filter((_, at) => answers[at]?.confirmed === true);
  run.tally.removed += gone.length;
  return gone;
}

/** No more at once than go out in a second. */
function inSteps<T>(all: readonly T[], rate: number): readonly (readonly T[])[] {
  const size = Math.max(1, Math.min(AT_ONCE, Math.floor(rate)));
  return Array.from({ length: Math.ceil(all.length / size) }, (_, at) =>
    all.slice(at * size, (at + 1) * size),
  );
}

interface Judged extends Returning {
  readonly letter: FoundLetter;
  readonly verdict: LetterVerdict;
}

/** The pipeline's verdict, read after the letter was received; only what it leaves to a person is the person's to send. */
async function judge(letter: FoundLetter, run: PersonsRun): Promise<Judged> {
  const { body } = letter;
  const waking = wokenBy(letter, readMessage(body));
  const told = peeked(letter);
  const nowMs = run.ports.clock.nowMs();
  const keys = told.arrivals.map(({ key }) => key);
  if (waking === undefined) {
    const wanted = matches(run.order, { reason: told.reason, keys, parkedAtMs: letter.sentAtMs }, nowMs);
    const verdict = wanted && mayReturn(told.reason, run.order) ? SEND_BACK : NOT_MEANT;
    return { letter, message: { body, redrives: letter.redrives + 1 }, wakes: undefined, verdict };
  }
  const item = await run.ports.ledger.read(documentKey(waking.arrival));
  const parkedAtMs = item?.lastFailure?.atMs ?? letter.sentAtMs;
  const reason = item?.state === 'parked' ? (item.lastFailure?.code ?? told.reason) : told.reason;
  const given = verdictOnLetter(waking, item, runTermsOf(run));
  const verdict = matches(run.order, { reason, keys, parkedAtMs }, nowMs) ? byAPerson(given) : NOT_MEANT;
  return { letter, message: { body }, wakes: item as ParkedItem | undefined, verdict };
}

const SEND_BACK: LetterVerdict = { kind: 'send-back' };
const NOT_MEANT: LetterVerdict = { kind: 'leave', because: 'for-a-person' };

function byAPerson(verdict: LetterVerdict): LetterVerdict {
  return verdict.kind === 'leave' && verdict.because !== 'being-parked' ? SEND_BACK : verdict;
}

/** Parked documents whose letter was not met: sent from the ledger, which is asked again, for its index lags behind. */
async function redriveRest(run: PersonsRun): Promise<void> {
  let found: DocumentItem[] = [];
  const step = inSteps(Array.from({ length: AT_ONCE }), run.order.rate)[0]?.length ?? 1;
  for await (const item of run.ports.documents.unsettled('parked')) {
    if (run.signal.aborted) return;
    if (isMeant(item, run)) found.push(item);
    if (found.length < step) continue;
    await redriveFromLedger(found, run);
    found = [];
  }
  await redriveFromLedger(found, run);
}

function isWaiting(item: DocumentItem | undefined, { order }: PersonsRun): item is ParkedItem {
  if (item?.state !== 'parked' || item.parkId === undefined) return false;
  return !isOnItsWay(item) || order.again === true;
}

const reasonOf = ({ lastFailure }: DocumentItem) => lastFailure?.code ?? 'unknown';

function isMeant(item: DocumentItem | undefined, run: PersonsRun): item is ParkedItem {
  if (!isWaiting(item, run)) return false;
  const { order, ports } = run;
  const reason = reasonOf(item);
  const parkedAtMs = item.lastFailure?.atMs ?? item.updatedAtMs;
  return matches(order, { reason, keys: [item.arrival.key], parkedAtMs }, ports.clock.nowMs());
}

async function redriveFromLedger(found: readonly DocumentItem[], run: PersonsRun): Promise<void> {
  const items = await Promise.all(found.map(({ arrival }) => run.ports.ledger.read(documentKey(arrival))));
  const returning = items
    .filter((item) => isMeant(item, run))
    .map((item) => ({ message: { body: JSON.stringify(messageOf(item)) }, wakes: item }));
  run.tally.fromLedger += (await run.once.sendBack(returning, run)).length;
  tell(run);
}

/** For the bar. Messages that SQS itself moved away are met besides. */
async function countMeant(run: PersonsRun): Promise<void> {
  const reasons: string[] = [];
  for await (const item of run.ports.documents.unsettled('parked')) {
    if (run.signal.aborted) break;
    if (isWaiting(item, run)) reasons.push(reasonOf(item));
    if (isMeant(item, run)) run.meant += 1;
  }
  if (run.meant === 0) run.unmatched = unmatchedBy(run.order, reasons);
}

function tell({ tally, open, meant }: PersonsRun): void {
  const { sentBack, removed, read } = tally;
  const total = Math.max(meant, sentBack);
  open.progress.show(
    `${bar(sentBack, total)} ${sentBack} of ${total} sent back; letters removed ${removed}, left ${read - removed}`,
  );
}
