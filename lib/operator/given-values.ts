import { InvalidArgumentError } from 'commander';
import { withoutLastSlashes, wrongInExtractaUrl } from '../config/extracta-url.ts';
import { durationMs } from './filters.ts';

/** What may be said after an option. Each throws commander's own error, which says what to give. */

export function rate(given: string): number {
  const number = Number(given.replace(/\/s$/, ''));
  if (number > 0 && number <= 10_000) return number;
  throw new InvalidArgumentError('Give messages a second, such as 5 or 5/s, or 0.5.');
}

export function whole(given: string): number {
  const number = Number(given);
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw new InvalidArgumentError('Give a whole number from 1.');
}

export function port(given: string): number {
  const number = Number(given);
  if (/^\d+$/.test(given) && number <= 65_535) return number;
  throw new InvalidArgumentError('Give a port from 1 to 65535, or leave it out.');
}

export function duration(given: string): number {
  const ms = durationMs(given);
  if (ms !== undefined) return ms;
  throw new InvalidArgumentError('Give a time such as 90s, 15m, 6h or 14d.');
}

export const since = (nowMs: number) => (given: string) => {
  const ms = durationMs(given);
  if (ms !== undefined) return nowMs - ms;
  // A day is UTC's; a time without a zone would mean another moment on every machine.
  const isClear = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?$/.test(given);
  if (isClear && isADay(given.slice(0, 10)) && !Number.isNaN(Date.parse(given))) return Date.parse(given);
  throw new InvalidArgumentError('Give a day (2026-01-31, UTC), a time with its zone, or 12h, 7d.');
};

/** `Date.parse` takes the 31st of February for the 3rd of March. */
function isADay(day: string): boolean {
  const ms = Date.parse(day);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(day);
}

export function queueUrl(given: string): string {
  if (/^https?:\/\/./.test(given) && URL.canParse(given)) return given;
  throw new InvalidArgumentError(
    'Give the address of a queue: https://sqs.REGION.amazonaws.com/ACCOUNT/NAME.',
  );
}

export function extractaUrl(given: string): string {
  const wrong = wrongInExtractaUrl(given);
  if (wrong !== undefined) throw new InvalidArgumentError(wrong);
  return withoutLastSlashes(given);
}
