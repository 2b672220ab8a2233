import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { heard } from '../../../lib/local/function-log.ts';
import { createProgress, paintFor, type Terminal } from '../../../lib/local/terminal.ts';

function terminal(facts: { isTTY?: boolean; columns?: number } = {}): Terminal & { written(): string } {
  const stream = Object.assign(new PassThrough({ encoding: 'utf8' }), facts);
  return Object.assign(stream, { written: () => String(stream.read() ?? '') });
}

it('a terminal has one live line, that lines which stay go above', () => {
  const stream = terminal({ isTTY: true, columns: 12 });
  const progress = createProgress(stream, () => 0);
  progress.show('a status too long');
  expect(stream.written()).toBe('a status to');
  progress.say('news');
  expect(stream.written()).toBe('\r\x1b[2Knews\na status to');
  progress.clear();
  progress.clear();
  expect(stream.written()).toBe('\r\x1b[2K');
});

it('elsewhere a changed status is a line now and then, without escapes', () => {
  let nowMs = 0;
  const stream = terminal();
  const progress = createProgress(stream, () => nowMs);
  for (const [atMs, status] of [
    [0, 'a'],
    [4999, 'b'],
    [5000, 'c'],
    [20_000, 'c'],
    [30_000, 'd'],
  ] as const) {
    nowMs = atMs;
    progress.show(status);
  }
  progress.clear();
  expect(stream.written()).toBe('c\nd\n');
});

it('a status that did not change is not drawn again', () => {
  const stream = terminal({ isTTY: true, columns: 80 });
  const progress = createProgress(stream, () => 0);
  for (const status of ['0 of 4', '0 of 4', '1 of 4']) progress.show(status);
  expect(stream.written()).toBe('0 of 4\r\x1b[2K1 of 4');
});

it('elsewhere the last status ends what was written of them, once, and only if any was', () => {
  let nowMs = 0;
  const stream = terminal();
  const progress = createProgress(stream, () => nowMs);
  progress.show('0 of 4');
  progress.clear();
  expect(stream.written()).toBe('');
  nowMs = 5000;
  progress.show('1 of 4');
  progress.show('4 of 4');
  progress.clear();
  progress.clear();
  expect(stream.written()).toBe('1 of 4\n4 of 4\n');
});

it('colours are only for a terminal', () => {
  expect(paintFor(terminal())('red', 'x')).toBe('x');
});

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
