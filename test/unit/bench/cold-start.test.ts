import { describe, expect, it } from 'vitest';
import { type ColdStart, saidLast } from '../../../bench/cold-start/cold-start.ts';
import { type Bundles, checkAnswers, type Round } from '../../../bench/cold-start/run-rounds.ts';
import { ratio, sectionOf } from '../../../bench/cold-start/section.ts';

const cold = (importMs: number, answer: unknown = { batchItemFailures: [] }): ColdStart => ({
  importMs,
  importCpuMs: 2 * importMs,
  firstMs: 3 * importMs,
  firstCpuMs: 4 * importMs,
  answer,
});

const round = (ours: number, bare: number): Round => ({
  ours: cold(ours),
  bare: cold(bare, 10_000),
  plain: cold(2 * bare, 10_000),
});

/** Of a bundle no more is read than its size and whose its bytes are. */
function bundles(ours: Readonly<Record<string, number>>, bare: Readonly<Record<string, number>>): Bundles {
  const bundle = (bytes: Readonly<Record<string, number>>) => {
    const inputs = Object.fromEntries(
      Object.entries(bytes).map(([name, bytesInOutput]) => [
        `node_modules/${name}/index.js`,
        { bytesInOutput },
      ]),
    );
    const sizeBytes = Object.values(bytes).reduce((sum, size) => sum + size, 0);
    const output = { bytes: sizeBytes, inputs, imports: [], exports: [] };
    return { file: '', sizeBytes, metafile: { inputs: {}, outputs: { 'index.cjs': output } } };
  };
  return { ours: bundle(ours), bare: bundle(bare), plain: bundle(bare) };
}

describe('a process that started cold', () => {
  it('says what it took in its last line, below what the function logged', () => {
    expect(saidLast(`{"event":"upload"}\n\n${JSON.stringify(cold(100))}\n`)).toEqual(cold(100));
  });

  it('is an error where its function failed', () => {
    expect(() => saidLast('{"failed":"Error: no table"}\n')).toThrow('failed: Error: no table');
  });

  it('does not count if it did not do its work', () => {
    expect(() => checkAnswers(round(1, 1))).not.toThrow();
    const kept = { batchItemFailures: [{ itemIdentifier: 'm-1' }] };
    expect(() => checkAnswers({ ...round(1, 1), ours: cold(1, kept) })).toThrow('"m-1"');
    expect(() => checkAnswers({ ...round(1, 1), bare: cold(1, 0) })).toThrow('read 0 bytes');
    expect(() => checkAnswers({ ...round(1, 1), plain: cold(1, 0) })).toThrow('read 0 bytes');
  });
});

it('judges by the median of ratios within a round: a slow round is slow for both', () => {
  const rounds = [round(110, 100), round(1_100, 1_000), round(120, 100)];
  expect(ratio(rounds, 'bare', ({ importMs }) => importMs)).toBeCloseTo(1.1);
});

describe('the section of the cold start', () => {
  const packages = Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`p${at}`, 100_000 - at]));

  it('names the ten largest packages, and sums up the others so that all is the size of the bundle', () => {
    const section = sectionOf({ rounds: [round(1, 1)], bundles: bundles(packages, { p0: 7, p11: 5 }) });
    const rows = section.tables[0]?.rows ?? [];
    expect(rows.map(([name]) => name)).toEqual([...Object.keys(packages).slice(0, 10), 'the rest', 'all']);
    expect(rows[0]).toEqual(['p0', 100_000, 7, 7]);
    expect(rows.slice(-2)).toEqual([
      ['the rest', 2 * 100_000 - 21, 5, 5],
      ['all', 12 * 100_000 - 66, 12, 12],
    ]);
  });

  it('shows import and first answer of all, with the ratios of the rounds', () => {
    const section = sectionOf({ rounds: [round(110, 100)], bundles: bundles({ a: 1 }, { a: 1 }) });
    expect(section.tables[1]?.rows).toEqual([
      ['import, ms', '110.0', '100.0', '1.10', '200.0', '0.55'],
      ['import, CPU ms', '220.0', '200.0', '1.10', '400.0', '0.55'],
      ['from import to the first answer, ms', '330.0', '300.0', '1.10', '600.0', '0.55'],
      ['from import to the first answer, CPU ms', '440.0', '400.0', '1.10', '800.0', '0.55'],
    ]);
  });

  it.each([
    [750_000, 110, ['stretch', 'stretch']],
    [750_001, 111, ['target', 'target']],
    [1_000_000, 125, ['target', 'target']],
    [1_000_001, 126, ['no', 'noise']],
    [1_000_001, 138, ['no', 'no']],
  ])('%d bytes, and %d ms against 100, reach %j', (bytes, importMs, reached) => {
    const { reach } = sectionOf({ rounds: [round(importMs, 100)], bundles: bundles({ a: bytes }, { a: 1 }) });
    expect(reach.map((each) => each.reached)).toEqual(reached);
  });
});
