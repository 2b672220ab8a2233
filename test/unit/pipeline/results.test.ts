import { describe, expect, it } from 'vitest';
import { GATE_KEY } from '../../../lib/pipeline/identity.ts';
import type { GateItem } from '../../../lib/pipeline/model.ts';
import { callGranted, namesLost } from '../../../lib/pipeline/results.ts';
import { kept, NOW, written } from './scene.ts';

const gate = (more: Partial<GateItem> = {}): GateItem => ({
  ...GATE_KEY,
  kind: 'gate',
  rev: 'rev-1',
  nextAllowedAtMs: NOW,
  namesKept: true,
  ...more,
});

describe('the pace of getResults', () => {
  it('grants the first call of all', () => {
    const decision = callGranted(undefined, NOW, 2000);
    expect(decision).toHaveProperty('result', { granted: true });
    expect(written(decision)).toEqual(gate({ rev: 'rev-2', nextAllowedAtMs: NOW + 2000 }));
  });

  it('refuses the next for two seconds, and says how long it has to wait', () => {
    const after = written(callGranted(gate(), NOW, 2000));
    expect(kept(callGranted(after, NOW, 2000))).toEqual({ granted: false, waitMs: 2000 });
    expect(kept(callGranted(after, NOW + 1999, 2000))).toEqual({ granted: false, waitMs: 1 });
    expect(callGranted(after, NOW + 2000, 2000)).toHaveProperty('result', { granted: true });
  });

  it('forgets not that names are not kept', () => {
    expect(written(callGranted(gate({ namesKept: false }), NOW, 2000)).namesKept).toBe(false);
  });
});

describe('that Extracta does not keep names', () => {
  it('V2: is recorded once, for the whole account', () => {
    const decision = namesLost(gate());
    expect(decision).toHaveProperty('result', true);
    expect(written(decision)).toEqual(gate({ rev: 'rev-2', namesKept: false }));
    expect(kept(namesLost(written(decision)))).toBe(false);
  });

  it('is recorded even before the first question', () => {
    expect(written(namesLost(undefined))).toEqual(
      gate({ rev: 'rev-2', nextAllowedAtMs: 0, namesKept: false }),
    );
  });
});
