import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { clock } from '../../../lambdas/clock-and-chance.ts';

const AN_HOUR_MS = 3_600_000;
const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

test('a sleep ends with its time', async () => {
  const { signal } = new AbortController();
  await clock.sleep(1, signal);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

test('a sleep ends with its signal, and leaves neither timer nor listener', async () => {
  const over = new AbortController();
  const before = timers();
  const sleeping = clock.sleep(AN_HOUR_MS, over.signal);
  expect(timers()).toBe(before + 1);
  over.abort();
  await sleeping;
  expect(timers()).toBe(before);
  expect(getEventListeners(over.signal, 'abort')).toEqual([]);
});

test('none begins once the signal was aborted', async () => {
  const before = timers();
  await clock.sleep(AN_HOUR_MS, AbortSignal.abort());
  expect(timers()).toBe(before);
});
