import { describe, expect, it } from 'vitest';
import { keyOf, piecesOf, sizeOf } from '../../../bench/streaming/document.ts';
import { FULL, inTurn, loadsFor, type Plan, QUICK, SIZES } from '../../../bench/streaming/plan.ts';
import { VARIANT_NAMES, variantOf } from '../../../bench/streaming/variants/variants.ts';

const measured = ({ turns }: Plan) =>
  turns.flatMap(({ loads }) => loads.map(({ sizeBytes, atOnce }) => `${sizeBytes} × ${atOnce}`));

describe('the plan', () => {
  it('of a quick run has every size and every number at once that the full one has', () => {
    expect(measured(QUICK)).toEqual(measured(FULL));
    for (const size of SIZES) expect(measured(QUICK)).toContain(`${size} × 1`);
  });

  it('of a full run takes medians of at least five', () => {
    expect(Math.min(...FULL.turns.map(({ rounds }) => rounds))).toBeGreaterThanOrEqual(5);
  });

  it('never leaves out ours, nor what ours is held against', () => {
    const reasons = [...QUICK.turns, ...FULL.turns].flatMap(({ leavesOut }) =>
      (['ours', 'raw', 'curl'] as const).map((name) => leavesOut?.(variantOf(name))),
    );
    expect(reasons.filter((reason) => reason !== undefined)).toEqual([]);
  });

  it('gives what starts processes for each document fewer of them, and never several at once', () => {
    const [turn] = FULL.turns;
    if (turn === undefined) throw new Error('There is no turn');
    expect(loadsFor(variantOf('raw'), turn)).toBe(turn.loads);
    expect(loadsFor(variantOf('curl'), turn)).toEqual([
      { sizeBytes: 10_000, count: 50, atOnce: 1 },
      { sizeBytes: 1_000_000, count: 5, atOnce: 1 },
      { sizeBytes: 50_000_000, count: 1, atOnce: 1 },
    ]);
  });

  it('begins each round with another variant, and leaves none out', () => {
    expect(inTurn(['a', 'b', 'c'], 0)).toEqual(['a', 'b', 'c']);
    expect(inTurn(['a', 'b', 'c'], 4)).toEqual(['b', 'c', 'a']);
    expect(new Set(inTurn(VARIANT_NAMES, 3))).toEqual(new Set(VARIANT_NAMES));
  });
});

describe('a document', () => {
  it.each([0, 1, 262_139, 1_000_000])('of %i bytes is named by its size and is that long', (sizeBytes) => {
    expect(sizeOf(`/documents/${keyOf(sizeBytes)}?x-id=GetObject`)).toBe(sizeBytes);
    expect([...piecesOf(sizeBytes)].reduce((sum, { length }) => sum + length, 0)).toBe(sizeBytes);
  });

  it('has no size where the path names none', () => expect(sizeOf('/documents/a.pdf')).toBeUndefined());
});
