import { expect, it } from 'vitest';
import { heard } from '../../../lib/local/function-log.ts';

it.each([
  [
    'a warning with its reason',
    '{"level":"WARN","event":"claim.lost","message":"claim.lost","object":"b/k"}',
    'b/k: taken over by another, as its time was up (claim.lost)',
  ],
  [
    'an error with its cause',
    '{"level":"ERROR","event":"record.failed","message":"m","error":{"message":"why"}}',
    'm: why (record.failed)',
  ],
  ['information', '{"level":"INFO","event":"document.uploaded","message":"x"}', undefined],
  [
    'a defect of ours, whatever its level',
    '{"level":"INFO","event":"document.deferred","code":"internal.unexpected","message":"oh"}',
    'oh (document.deferred, internal.unexpected)',
  ],
  [
    'what is parked, which the report tells',
    '{"level":"WARN","event":"document.parked","message":"x"}',
    undefined,
  ],
  ['what is no log line', 'Error: boom \x1b[31m', String.raw`Error: boom \u001b[31m`],
  ['a secret', 'Bearer top-secret-token', 'Bearer [redacted]'],
  ['nothing', '  ', undefined],
  [
    'a line that is paused, and when it goes on',
    '{"level":"ERROR","event":"breaker.opened","because":"extracta.unavailable","pausedUntilMs":31000,"timestamp":"1970-01-01T00:00:01.000Z"}',
    'Extracta answers with 5xx errors; the line is paused, next try in 30 s (extracta.unavailable)',
  ],
  ['that it goes on', '{"level":"INFO","event":"breaker.closed"}', 'Extracta works again: the line goes on.'],
  [
    'an answer that was lost, and what becomes of the document',
    '{"level":"WARN","event":"outcome.lost","object":"b/k","code":"extracta.reply-lost"}',
    "b/k may have arrived: the answer was lost. It is looked for, for up to 15 min, and sent again if it is not there; the first of a batch can't be looked for, and is sent again (extracta.reply-lost)",
  ],
])('of the function’s log a person hears %s', (_, line, expected) => {
  expect(heard(line, { secrets: ['top-secret-token', ''], quietMs: 900_000 })).toBe(expected);
});
