import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { createProgress } from '../../../lib/terminal/progress.ts';
import { paintFor, type Terminal } from '../../../lib/terminal/terminal.ts';

const PACE = { liveMs: 0, plainMs: 5000 };

function terminal(facts: { isTTY?: boolean; columns?: number } = {}): Terminal & { written(): string } {
  const stream = Object.assign(new PassThrough({ encoding: 'utf8' }), facts);
  return Object.assign(stream, { written: () => String(stream.read() ?? '') });
}

it('a terminal has one live line, that lines which stay go above', () => {
  const stream = terminal({ isTTY: true, columns: 12 });
  const progress = createProgress(stream, () => 0, PACE);
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
  const progress = createProgress(stream, () => nowMs, PACE);
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
  const progress = createProgress(stream, () => 0, PACE);
  for (const status of ['0 of 4', '0 of 4', '1 of 4']) progress.show(status);
  expect(stream.written()).toBe('0 of 4\r\x1b[2K1 of 4');
});

it('elsewhere the last status ends what was written of them, once, and only if any was', () => {
  let nowMs = 0;
  const stream = terminal();
  const progress = createProgress(stream, () => nowMs, PACE);
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

it('a live line is drawn no oftener than it is told to, and who is not to be told is told nothing plain', () => {
  let nowMs = 0;
  const [live, plain] = [terminal({ isTTY: true }), terminal()];
  const pace = { liveMs: 100, plainMs: Number.POSITIVE_INFINITY };
  const shown = [live, plain].map((stream) => createProgress(stream, () => nowMs, pace));
  for (nowMs = 0; nowMs < 150; nowMs += 50) for (const progress of shown) progress.show(`at ${nowMs}`);
  for (const progress of shown) progress.clear();
  expect(live.written()).toBe('at 0\r\x1b[2Kat 100\r\x1b[2K');
  expect(plain.written()).toBe('');
});
