import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type DocumentCounts, dollarsFor } from '../../../bench/cost/dollars.ts';
import { costOf, PRICES, priceText } from '../../../bench/cost/prices.ts';

const NOTHING: DocumentCounts = {
  sizeBytes: 0,
  gets: 0,
  queueRequests: 0,
  invocations: 0,
  billedMs: 0,
  writeUnits: 0,
  readUnits: 0,
  logBytes: 0,
};

describe('dollars for documents', () => {
  it('are count times price, for as many as are asked for', () => {
    const { parts, sum } = dollarsFor(1_000_000, { ...NOTHING, gets: 1, writeUnits: 6 });
    expect(parts).toMatchObject({ 'S3 GetObject': 0.4, 'DynamoDB write units': 3.75 });
    expect(sum).toBeCloseTo(4.15, 10);
  });

  it('take billed milliseconds at one GB, and two seconds of Extracta’s for each invocation', () => {
    const { parts } = dollarsFor(1_000, { ...NOTHING, billedMs: 30, invocations: 0.1 });
    expect(parts['Lambda, GB-seconds measured']).toBeCloseTo(30 * 0.0000133334, 12);
    expect(parts['Lambda, GB-seconds of Extracta’s time']).toBeCloseTo(200 * 0.0000133334, 12);
  });

  it('take data and log by the GB of a thousand million bytes', () => {
    const { parts } = dollarsFor(1_000, { ...NOTHING, sizeBytes: 1_000_000, logBytes: 2_000 });
    expect(parts['data that leaves AWS']).toBeCloseTo(0.09, 12);
    expect(parts['log']).toBeCloseTo(0.001, 12);
  });
});

describe('a price', () => {
  it('is for as many as it buys', () => {
    expect(costOf(PRICES.writeUnit, 2_000_000)).toBe(1.25);
  });

  it('is written with the digits that it has, two at least', () => {
    expect([PRICES.s3Get, PRICES.writeUnit, PRICES.gbSecond, PRICES.outGb].map(priceText)).toEqual([
      '$0.40 / million requests',
      '$0.625 / million write units',
      '$0.0000133334 / GB-second',
      '$0.09 / GB',
    ]);
  });

  it.each(Object.entries(PRICES))('%s stands in docs/cost.md as it is', (_, price) => {
    const page = readFileSync(new URL('../../../docs/cost.md', import.meta.url), 'utf8');
    expect(page).toContain(`| ${priceText(price)}`);
  });
});
