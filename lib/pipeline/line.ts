import { breakerRules, type LineResult, lineTold, probeTaken } from './breaker.ts';
import { change } from './change.ts';
import { FAILURES, UploaderError } from './failures.ts';
import { BREAKER_KEY } from './identity.ts';
import type { BreakerItem } from './model.ts';
import type { Visit } from './visit.ts';

/** Leave to speak to Extracta; of the one document that probes a paused line, its token. */
export interface Passage {
  readonly probeToken: string | undefined;
}

/** Asked before any slot is touched. Throws `line.paused` with the time until it is worth asking again. */
export async function passLine(visit: Visit): Promise<Passage> {
  const { clock } = visit.ports;
  const state = breakerRules.lineState(await breakerOf(visit), clock.nowMs(), probedMs(visit));
  if (state.kind === 'open') return { probeToken: undefined };
  if (state.kind === 'paused') throw paused(state.untilMs - clock.nowMs());
  return takeProbe(visit);
}

async function breakerOf(visit: Visit): Promise<BreakerItem | undefined> {
  const { clock, ledger } = visit.ports;
  const known = visit.memory.breakerSince(clock.nowMs(), visit.settings.waits.breakerMemoryMs);
  if (known !== undefined) return known.item;
  return visit.memory.shared('breaker', async () => {
    const item = await ledger.read(BREAKER_KEY);
    visit.memory.rememberBreaker(item, clock.nowMs());
    return item;
  });
}

async function takeProbe(visit: Visit): Promise<Passage> {
  const { chance, clock, journal } = visit.ports;
  const token = chance.token();
  const nowMs = clock.nowMs();
  const expiresAtMs = visit.deadlineMs + visit.settings.waits.skewMs;
  const taken = await change(visit.ports, BREAKER_KEY, (item) =>
    probeTaken(item, { token, expiresAtMs, nowMs, probedMs: probedMs(visit) }),
  );
  visit.memory.rememberBreaker(taken.item, nowMs);
  if (taken.result.kind === 'open') return { probeToken: undefined };
  if (taken.result.kind === 'paused') throw paused(taken.result.untilMs - nowMs);
  journal.record('breaker.probed', { because: taken.item?.because });
  return { probeToken: token };
}

/** How long others wait while one probes: a first pause, not the probe's whole lease. */
function probedMs({ settings }: Visit): number {
  return settings.waits.breakerPausesMs[0] ?? 0;
}

function paused(retryAfterMs: number): UploaderError {
  return new UploaderError('line.paused', 'The line to Extracta is paused.', { retryAfterMs });
}

/**
 * A probe asks something harmless before it sends: in an outage a document sent to find out would be one more whose
 * outcome nobody knows. Only what the line itself is refused for is thrown; a server may not know the question.
 */
export async function askFirst(
  visit: Visit,
  passage: Passage,
  classificationId: string | undefined,
): Promise<void> {
  if (passage.probeToken === undefined || classificationId === undefined) return;
  try {
    await visit.ports.extracta.seesClassification(classificationId, visit.signal);
  } catch (error) {
    if (!(error instanceof UploaderError)) throw error;
    const { line } = FAILURES[error.code];
    if (line === 'none' || line === 'works' || error.code === 'extracta.reply-unreadable') return;
    throw error;
  }
}

export interface LineOutcome {
  /** Whether the line is paused: then a failure of the line's costs the document no attempt. */
  readonly isPaused: boolean;
  readonly pausedUntilMs: number | undefined;
}

/** Tells the breaker what a visit learnt; writes only where that changes something. */
export async function tellLine(
  visit: Visit,
  passage: Passage,
  news: UploaderError | 'works' | 'none',
): Promise<LineOutcome> {
  const verdict = typeof news === 'string' ? news : FAILURES[news.code].line;
  const { chance, clock, journal } = visit.ports;
  const nothingToSay = verdict === 'none' || (verdict === 'works' && !hasStrikes(visit));
  if (nothingToSay && passage.probeToken === undefined) return { isPaused: false, pausedUntilMs: undefined };
  const told = {
    verdict,
    because: news instanceof UploaderError ? news.code : verdict,
    probeToken: passage.probeToken,
    retryAfterMs: news instanceof UploaderError ? news.retryAfterMs : undefined,
    nowMs: clock.nowMs(),
    fraction: chance.fraction(),
  };
  const changed = await change(visit.ports, BREAKER_KEY, (item) =>
    lineTold(item, told, visit.settings.waits),
  );
  visit.memory.rememberBreaker(changed.item, told.nowMs);
  const event = EVENTS[changed.result];
  if (event !== undefined)
    journal.record(event, { because: told.because, pausedUntilMs: changed.item?.pausedUntilMs });
  const isPaused = changed.result === 'opened' || changed.result === 'paused-already';
  return { isPaused, pausedUntilMs: isPaused ? changed.item?.pausedUntilMs : undefined };
}

/** Where the news is a side matter: a ledger that can't be written must not change what becomes of the document. */
export async function tellLineQuietly(...told: Parameters<typeof tellLine>): Promise<LineOutcome> {
  try {
    return await tellLine(...told);
  } catch (error) {
    const because = error instanceof UploaderError ? error.code : String(error);
    told[0].ports.journal.record('breaker.untold', { because });
    return { isPaused: false, pausedUntilMs: undefined };
  }
}

const EVENTS: Partial<Record<LineResult, string>> = { opened: 'breaker.opened', closed: 'breaker.closed' };

function hasStrikes(visit: Visit): boolean {
  const known = visit.memory.breakerSince(visit.ports.clock.nowMs(), Number.POSITIVE_INFINITY);
  return known?.item !== undefined && (known.item.strikes > 0 || known.item.state === 'paused');
}
