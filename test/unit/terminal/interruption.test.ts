import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import { interruption } from '../../../lib/terminal/interruption.ts';

function asked() {
  const process = new EventEmitter();
  const clock = { nowMs: 0 };
  let left = 0;
  const leave = () => {
    left += 1;
  };
  const { signal } = interruption({ process, nowMs: () => clock.nowMs, leave });
  return { process, clock, signal, left: () => left };
}

it('a signal that comes twice at once was one Ctrl-C, passed on by npx: what was begun is ended in order', () => {
  const { process, clock, signal, left } = asked();
  process.emit('SIGINT');
  clock.nowMs = 400;
  process.emit('SIGINT');
  process.emit('SIGTERM');
  expect([signal.aborted, left()]).toEqual([true, 0]);
});

it('whoever asks again a moment later does not want to wait', () => {
  const { process, clock, signal, left } = asked();
  process.emit('SIGTERM');
  clock.nowMs = 501;
  process.emit('SIGINT');
  expect([signal.aborted, left()]).toEqual([true, 1]);
});
