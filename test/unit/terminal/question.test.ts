import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { assents } from '../../../lib/terminal/question.ts';

function conversation(said: string | undefined) {
  const input = new PassThrough();
  const interruption = new AbortController();
  if (said !== undefined) input.end(said);
  return { input, output: new PassThrough(), interruption };
}

it.each([
  ['y\n', true],
  ['YES\n', true],
  ['n\n', false],
  ['\n', false],
  ['yesterday\n', false],
])('%j is %s', async (said, meant) => {
  expect(await assents('Now?', conversation(said))).toBe(meant);
});

it('an input that ends without an answer (Ctrl-D) says no', async () => {
  expect(await assents('Now?', conversation(''))).toBe(false);
});

it('Ctrl-C interrupts: it is no answer', async () => {
  const given = conversation(undefined);
  const answer = assents('Now?', given);
  given.interruption.abort();
  await expect(answer).rejects.toThrow(/abort/i);
});
