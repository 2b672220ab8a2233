import type { Decision } from './change.ts';
import { BREAKER_KEY } from './identity.ts';
import type { BreakerItem } from './model.ts';
import type { Waits } from './settings.ts';

/** The rules of the line to Extracta: when it pauses, who may probe it, what closes it. */

type Draft = Omit<BreakerItem, 'rev'>;

/** "After three in a row, account-wide." */
const STRIKES_TO_OPEN = 3;
/** However long a Retry-After asks for, the line is tried again: "resumes by itself". */
const LONGEST_PAUSE_MS = 24 * 3_600_000;

export type LineState =
  | { readonly kind: 'open' }
  | { readonly kind: 'paused'; readonly untilMs: number }
  /** The pause is over and nobody probes: one document may go and find out. */
  | { readonly kind: 'probe' };

export const breakerRules = {
  /** `probedMs`: when to ask again while another probes. */
  lineState(item: BreakerItem | undefined, nowMs: number, probedMs: number): LineState {
    if (item === undefined || item.state === 'closed') return { kind: 'open' };
    const { pausedUntilMs = 0, probeExpiresAtMs = 0 } = item;
    if (pausedUntilMs > nowMs) return { kind: 'paused', untilMs: pausedUntilMs };
    // A probe's lease lapses, so that a probe that died leaves the line to the next one. [V14]
    if (probeExpiresAtMs >= nowMs)
      return { kind: 'paused', untilMs: Math.min(probeExpiresAtMs, nowMs + probedMs) };
    return { kind: 'probe' };
  },

  opensAt(strikes: number): boolean {
    return strikes >= STRIKES_TO_OPEN;
  },
};

export function probeTaken(
  item: BreakerItem | undefined,
  probe: {
    readonly token: string;
    readonly expiresAtMs: number;
    readonly nowMs: number;
    readonly probedMs: number;
  },
): Decision<BreakerItem, LineState> {
  const state = breakerRules.lineState(item, probe.nowMs, probe.probedMs);
  if (item === undefined || state.kind !== 'probe') return { keep: state };
  return { write: { ...item, probeToken: probe.token, probeExpiresAtMs: probe.expiresAtMs }, result: state };
}

/** What a visit learnt of the line. */
export interface LineNews {
  readonly verdict: 'none' | 'works' | 'pause' | 'strike' | 'trip';
  readonly because: string;
  readonly probeToken: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly nowMs: number;
  /** In [0, 1): spreads the ends of pauses. */
  readonly fraction: number;
}

export type LineResult = 'unchanged' | 'opened' | 'closed' | 'struck' | 'paused-already';

export function lineTold(
  item: BreakerItem | undefined,
  news: LineNews,
  waits: Waits,
): Decision<BreakerItem, LineResult> {
  const before: Draft = item ?? { ...BREAKER_KEY, state: 'closed', strikes: 0, pauses: 0 };
  const isProbe = news.probeToken !== undefined && before.probeToken === news.probeToken;
  if (news.verdict === 'works') return works(before, isProbe);
  if (news.verdict === 'none')
    return isProbe ? { write: unprobed(before), result: 'unchanged' } : { keep: 'unchanged' };
  if (before.state === 'paused' && !isProbe) return alreadyPaused(before, news);
  const strikes = before.strikes + 1;
  const opens = news.verdict !== 'strike' || isProbe || breakerRules.opensAt(strikes);
  if (!opens) return { write: { ...before, strikes }, result: 'struck' };
  return { write: pausedBy(before, news, waits), result: 'opened' };
}

/** Others began before the pause; only a longer Retry-After of theirs is news. */
function alreadyPaused(before: Draft, news: LineNews): Decision<BreakerItem, LineResult> {
  const pausedUntilMs = news.nowMs + Math.min(news.retryAfterMs ?? 0, LONGEST_PAUSE_MS);
  if (news.verdict !== 'pause' || pausedUntilMs <= (before.pausedUntilMs ?? 0))
    return { keep: 'paused-already' };
  return { write: { ...before, pausedUntilMs }, result: 'paused-already' };
}

/** A success closes the line only if it is the probe's, or the line was never paused: others began before the pause. */
function works(before: Draft, isProbe: boolean): Decision<BreakerItem, LineResult> {
  const calm = before.state === 'closed' && before.strikes === 0;
  if (calm || (before.state === 'paused' && !isProbe)) return { keep: 'unchanged' };
  const result = before.state === 'paused' ? 'closed' : 'unchanged';
  return { write: { ...BREAKER_KEY, state: 'closed', strikes: 0, pauses: 0 }, result };
}

function pausedBy(before: Draft, news: LineNews, waits: Waits): Draft {
  const pauses = before.pauses + 1;
  const planned = waits.breakerPausesMs[Math.min(pauses, waits.breakerPausesMs.length) - 1] ?? 0;
  const asked = Math.min(news.retryAfterMs ?? 0, LONGEST_PAUSE_MS);
  const pauseMs = Math.max(planned * (1 + news.fraction / 4), asked);
  return {
    ...BREAKER_KEY,
    state: 'paused',
    strikes: 0,
    pauses,
    pausedUntilMs: news.nowMs + Math.ceil(pauseMs),
    because: news.because,
  };
}

function unprobed(before: Draft): Draft {
  const { probeToken: _token, probeExpiresAtMs: _until, ...rest } = before;
  return rest;
}
