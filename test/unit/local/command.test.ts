import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readCommand } from '../../../lib/local/command.ts';

const README = readFileSync(fileURLToPath(new URL('../../../README.md', import.meta.url)), 'utf8');
const codesIn = (text: string) => {
  const [, list = ''] = /Exit codes: ([\s\S]*?\.)(?:\n|$)/.exec(text) ?? [];
  return list.match(/\b\d+(?= )/g);
};

test('--help and the README list the same exit codes, also that of Ctrl-C', () => {
  const reading = readCommand(['--help'], '0.0.0');
  const help = reading.kind === 'print' ? reading.text : '';
  expect(help).toMatch(/130 interrupted \(Ctrl-C\)\s+before all had settled/);
  expect(codesIn(help)).toEqual(['0', '1', '2', '130']);
  expect(codesIn(README)).toEqual(['0', '1', '2', '130']);
});
