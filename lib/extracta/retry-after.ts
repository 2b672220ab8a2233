import type { IncomingHttpHeaders } from 'node:http';

/**
 * `Retry-After` in milliseconds from now: seconds, or a date, which is read against the answer's own `Date` where it
 * has one. https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
export function retryAfterMs(headers: IncomingHttpHeaders, nowMs: number): number | undefined {
  const value = String(headers['retry-after'] ?? '').trim();
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const untilMs = httpDateMs(value);
  if (untilMs === undefined) return undefined;
  return Math.max(0, untilMs - (httpDateMs(headers.date) ?? nowMs));
}

/** `Date.parse` alone takes "-5" for a date. */
function httpDateMs(value: string | undefined): number | undefined {
  const ms = value?.endsWith('GMT') ? Date.parse(value) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}
