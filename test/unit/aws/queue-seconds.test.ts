import { expect, test } from 'vitest';
import { delaySeconds } from '../../../lib/aws/outbox.ts';
import { visibilitySeconds } from '../../../lib/aws/visibility.ts';

test.each([
  [-1, 0],
  [0, 0],
  [1, 1],
  [1_000, 1],
  [1_001, 2],
  [900_000, 900],
  [900_001, 900],
])('a delay of %d ms is %d s', (ms, seconds) => {
  expect(delaySeconds(ms)).toBe(seconds);
});

test.each([
  [-1, 0],
  [0, 0],
  [1, 1],
  [43_200_000, 43_200],
  [43_200_001, 43_200],
])('a visibility of %d ms is %d s', (ms, seconds) => {
  expect(visibilitySeconds(ms)).toBe(seconds);
});
