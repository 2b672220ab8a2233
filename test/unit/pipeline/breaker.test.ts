import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { breakerRules, type LineNews, lineTold, probeTaken } from '../../../lib/pipeline/breaker.ts';
import { BREAKER_KEY } from '../../../lib/pipeline/identity.ts';
import type { BreakerItem } from '../../../lib/pipeline/model.ts';
import { DEFAULT_WAITS } from '../../../lib/pipeline/settings.ts';
import { kept, NOW, written } from './scene.ts';

const line = (more: Partial<BreakerItem> = {}): BreakerItem => ({
  ...BREAKER_KEY,
  kind: 'breaker',
  rev: 'rev-1',
  state: 'closed',
  strikes: 0,
  pauses: 0,
  ...more,
});
const paused = (more: Partial<BreakerItem> = {}) =>
  line({ state: 'paused', pauses: 1, pausedUntilMs: NOW, because: 'x', ...more });
const probed = (more: Partial<BreakerItem> = {}) =>
  paused({ probeToken: 't1', probeExpiresAtMs: NOW + 9, ...more });
const news = (verdict: LineNews['verdict'], more: Partial<LineNews> = {}): LineNews => ({
  verdict,
  because: 'extracta.unavailable',
  probeToken: undefined,
  retryAfterMs: undefined,
  nowMs: NOW,
  fraction: 0,
  ...more,
});
const told = (item: BreakerItem | undefined, heard: LineNews, waits = DEFAULT_WAITS) =>
  lineTold(item, heard, waits);
const byProbe = { probeToken: 't1' };
const PROBED = 5000;
const stateAt = (item: BreakerItem | undefined, nowMs: number) => breakerRules.lineState(item, nowMs, PROBED);

describe('the line', () => {
  it('is open where nothing was ever written, and where it is closed against nothing', () => {
    expect(stateAt(undefined, NOW)).toEqual({ kind: 'open' });
    expect(stateAt(line({ strikes: 2 }), NOW)).toEqual({ kind: 'open' });
  });

  it('is paused until its time, and then one may probe it', () => {
    expect(stateAt(paused({ pausedUntilMs: NOW + 1 }), NOW)).toEqual({
      kind: 'paused',
      untilMs: NOW + 1,
    });
    expect(stateAt(paused(), NOW)).toEqual({ kind: 'probe' });
    const { pausedUntilMs: _, ...timeless } = paused();
    expect(stateAt(timeless, NOW)).toEqual({ kind: 'probe' });
  });

  it('is paused for all others while one probes', () => {
    expect(stateAt(probed(), NOW)).toEqual({ kind: 'paused', untilMs: NOW + 9 });
  });

  it('is asked again after a while, not at the end of a long lease: a probe that succeeds frees it at once', () => {
    const long = probed({ probeExpiresAtMs: NOW + 330_000 });
    expect(stateAt(long, NOW)).toEqual({ kind: 'paused', untilMs: NOW + PROBED });
  });

  it("V14: may be probed by the next when a probe's lease has lapsed", () => {
    expect(stateAt(probed({ probeExpiresAtMs: NOW }), NOW).kind).toBe('paused');
    expect(stateAt(probed({ probeExpiresAtMs: NOW - 1 }), NOW)).toEqual({ kind: 'probe' });
  });
});

describe('taking the probe', () => {
  const probe = { token: 't2', expiresAtMs: NOW + 99, nowMs: NOW, probedMs: PROBED };

  it('is for one, with a lease', () => {
    const taken = written(probeTaken(paused(), probe));
    expect(taken).toMatchObject({ probeToken: 't2', probeExpiresAtMs: NOW + 99, state: 'paused' });
    expect(kept(probeTaken(taken, { ...probe, token: 't3' }))).toEqual({ kind: 'paused', untilMs: NOW + 99 });
  });

  it('V14: is for the next when the one before died', () => {
    expect(written(probeTaken(probed({ probeExpiresAtMs: NOW - 1 }), probe)).probeToken).toBe('t2');
  });

  it('is not needed where the line is open by now', () => {
    expect(kept(probeTaken(undefined, probe))).toEqual({ kind: 'open' });
    expect(kept(probeTaken(line(), probe))).toEqual({ kind: 'open' });
  });
});

describe('the line opens against everybody', () => {
  it('P6: after three strikes in a row', () => {
    const first = told(undefined, news('strike'));
    const second = told(written(first), news('strike'));
    const third = told(written(second), news('strike'));
    expect([first, second, third].map((each) => 'result' in each && each.result)).toEqual([
      'struck',
      'struck',
      'opened',
    ]);
    expect(written(third)).toMatchObject({
      state: 'paused',
      strikes: 0,
      pauses: 1,
      because: 'extracta.unavailable',
      pausedUntilMs: NOW + 5000,
    });
  });

  it.each(['trip', 'pause'] as const)('at once after a %s', (verdict) => {
    expect(told(undefined, news(verdict))).toMatchObject({
      result: 'opened',
      write: { state: 'paused', pauses: 1 },
    });
  });

  it('not by what began before the pause: it is paused already', () => {
    for (const verdict of ['strike', 'trip', 'pause'] as const) {
      expect(kept(told(paused({ pausedUntilMs: NOW + 1 }), news(verdict)))).toBe('paused-already');
      expect(kept(told(probed(), news(verdict, { probeToken: 't0' })))).toBe('paused-already');
    }
  });

  it('for longer where a late 429 asks for more than the pause that runs', () => {
    const running = paused({ pausedUntilMs: NOW + 5000 });
    const longer = told(running, news('pause', { retryAfterMs: 60_000 }));
    expect(longer).toHaveProperty('result', 'paused-already');
    expect(written(longer)).toEqual({ ...running, rev: 'rev-2', pausedUntilMs: NOW + 60_000 });
    for (const retryAfterMs of [5000, undefined]) {
      expect(kept(told(running, news('pause', { retryAfterMs })))).toBe('paused-already');
    }
    expect(kept(told(running, news('trip', { retryAfterMs: 60_000 })))).toBe('paused-already');
    const endless = written(told(running, news('pause', { retryAfterMs: 1e15 })));
    expect(endless.pausedUntilMs).toBe(NOW + 24 * 3_600_000);
  });

  it('for the Retry-After of a late 429 where its pause says no time', () => {
    const { pausedUntilMs: _, ...timeless } = paused();
    expect(written(told(timeless, news('pause', { retryAfterMs: 1 }))).pausedUntilMs).toBe(NOW + 1);
  });

  it.each(['strike', 'trip', 'pause'] as const)('again after one %s of its probe, for longer', (verdict) => {
    const again = written(told(probed(), news(verdict, byProbe)));
    expect(again).toMatchObject({ state: 'paused', pauses: 2, pausedUntilMs: NOW + 30_000 });
    expect(again).not.toHaveProperty('probeToken');
    expect(again).not.toHaveProperty('probeExpiresAtMs');
  });
});

describe('a pause', () => {
  const lengths = (fraction: number, retryAfterMs?: number) =>
    [0, 1, 2, 3, 4, 5, 50].map((pauses) => {
      const item = written(told(line({ pauses }), news('trip', { fraction, retryAfterMs })));
      return (item.pausedUntilMs ?? 0) - NOW;
    });

  it('grows: 5 s, 30 s, 2 min, 5 min, then 15 min each', () => {
    expect(lengths(0)).toEqual([5000, 30_000, 120_000, 300_000, 900_000, 900_000, 900_000]);
  });

  it('is spread by up to a quarter', () => {
    expect(lengths(0.5)).toEqual(lengths(0).map((ms) => ms * 1.125));
  });

  it('is no shorter than Retry-After, and never longer than a day for it', () => {
    expect(lengths(0, 60_000)).toEqual([60_000, 60_000, 120_000, 300_000, 900_000, 900_000, 900_000]);
    for (const asked of [1e15, Number.POSITIVE_INFINITY]) expect(lengths(0, asked)[0]).toBe(24 * 3_600_000);
  });

  it('is Retry-After alone where no pauses are set', () => {
    const none = { ...DEFAULT_WAITS, breakerPausesMs: [] };
    expect(written(told(undefined, news('pause', { retryAfterMs: 700 }), none)).pausedUntilMs).toBe(
      NOW + 700,
    );
    expect(written(told(undefined, news('pause'), none)).pausedUntilMs).toBe(NOW);
  });
});

describe('a success', () => {
  it('of the probe closes the line, and all starts afresh', () => {
    const decision = told(probed({ pauses: 4 }), news('works', byProbe));
    expect(decision).toMatchObject({ result: 'closed' });
    expect(written(decision)).toEqual(line({ rev: 'rev-2' }));
  });

  it('of another does not: it began before the pause', () => {
    expect(kept(told(probed(), news('works')))).toBe('unchanged');
    expect(kept(told(probed(), news('works', { probeToken: 't0' })))).toBe('unchanged');
  });

  it('ends a row of strikes', () => {
    const decision = told(line({ strikes: 2 }), news('works'));
    expect(decision).toMatchObject({ result: 'unchanged' });
    expect(written(decision).strikes).toBe(0);
  });

  it('writes nothing where nothing was wrong', () => {
    expect(kept(told(line(), news('works')))).toBe('unchanged');
    expect(kept(told(undefined, news('works')))).toBe('unchanged');
  });
});

describe('a visit that learnt nothing of the line', () => {
  it('gives its probe back for the next', () => {
    const item = written(told(probed(), news('none', byProbe)));
    expect(item).toEqual({ ...paused(), rev: 'rev-2' });
    expect(stateAt(item, NOW)).toEqual({ kind: 'probe' });
  });

  it('changes nothing else, nor what is by now another’s probe', () => {
    expect(kept(told(probed(), news('none', { probeToken: 't0' })))).toBe('unchanged');
    expect(kept(told(line({ strikes: 1 }), news('none')))).toBe('unchanged');
    expect(kept(told(undefined, news('none', byProbe)))).toBe('unchanged');
  });
});

describe('whatever the line hears', () => {
  it('V14: it is never closed for good: at some time one may probe or pass', () => {
    const verdict = fc.constantFrom<LineNews['verdict']>('none', 'works', 'pause', 'strike', 'trip');
    const step = fc.record({
      verdict,
      isProbe: fc.boolean(),
      dies: fc.boolean(),
      afterMs: fc.nat(1_200_000),
      retryAfterMs: fc.option(fc.nat(1e7), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let item: BreakerItem | undefined;
        let nowMs = NOW;
        for (const { verdict: heard, isProbe, dies, afterMs, retryAfterMs } of steps) {
          nowMs += afterMs;
          const probe = probeTaken(item, {
            token: `t${nowMs}`,
            expiresAtMs: nowMs + 330_000,
            nowMs,
            probedMs: PROBED,
          });
          if (isProbe && 'write' in probe) item = written(probe);
          if (dies) continue;
          const probeToken = isProbe ? item?.probeToken : undefined;
          const decision = told(item, news(heard, { probeToken, nowMs, retryAfterMs, fraction: 0.5 }));
          if ('write' in decision) item = written(decision);
        }
        expect(stateAt(item, nowMs + 25 * 3_600_000).kind).not.toBe('paused');
      }),
      { seed: 1, numRuns: 500 },
    );
  });
});
