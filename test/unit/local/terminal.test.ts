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

it('colours are only for a terminal', () => {
  expect(paintFor(terminal())('red', 'x')).toBe('x');
});

it.each([
  [
    'a warning with its reason',
    '{"level":"WARN","event":"claim.lost","message":"claim.lost","object":"b/k"}',
    'claim.lost  b/k',
  ],
  [
    'an error with its cause',
    '{"level":"ERROR","event":"record.failed","message":"m","error":{"message":"why"}}',
    'record.failed  m  why',
  ],
  ['information', '{"level":"INFO","event":"document.uploaded","message":"x"}', undefined],
  [
    'a defect of ours, whatever its level',
    '{"level":"INFO","event":"document.deferred","code":"internal.unexpected","message":"oh"}',
    'document.deferred  internal.unexpected  oh',
  ],
  [
    'what is parked, which the report tells',
    '{"level":"WARN","event":"document.parked","message":"x"}',
    undefined,
  ],
  ['what is no log line', 'Error: boom \x1b[31m', 'Error: boom \ufffd[31m'],
  ['a secret', 'Bearer top-secret-token', 'Bearer [redacted]'],
  ['nothing', '  ', undefined],
])('of the function’s log a person hears %s', (_, line, expected) => {
  expect(heard(line, ['top-secret-token', ''])).toBe(expected);
});
