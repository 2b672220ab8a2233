import { expect, test } from 'vitest';
import { durationMs, matches } from '../../../lib/operator/filters.ts';

const NOW = 1_000_000;
const what = { reason: 'extracta.rejected', keys: ['invoices/a.pdf'], parkedAtMs: NOW - 60_000 };

test.each([
  [{}, true],
  [{ reason: 'extracta.rejected' }, true],
  [{ reason: 'extracta.*' }, true],
  [{ reason: 'extracta.reject' }, false],
  [{ reason: 'extract.*' }, false],
  [{ prefix: 'invoices/' }, true],
  [{ prefix: 'voices/' }, false],
  [{ olderThanMs: 60_000 }, true],
  [{ olderThanMs: 60_001 }, false],
  [{ reason: 'extracta.rejected', prefix: 'scans/' }, false],
])('%j takes it: %s', (filters, taken) => {
  expect(matches(filters, what, NOW)).toBe(taken);
});

test('what names no document is of no prefix', () => {
  expect(matches({ prefix: '' }, { ...what, keys: [] }, NOW)).toBe(false);
});

test.each([
  ['90s', 90_000],
  ['15m', 900_000],
  ['1.5h', 5_400_000],
  ['14d', 1_209_600_000],
  ['14', undefined],
  ['-1h', undefined],
  ['', undefined],
])('%s is %s ms', (given, ms) => {
  expect(durationMs(given)).toBe(ms);
});
