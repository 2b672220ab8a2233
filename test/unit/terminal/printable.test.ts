import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { jsonOf, oneLine, printable, UNPRINTABLE } from '../../../lib/terminal/printable.ts';

it('every character of a name can be seen, and none takes effect', () => {
  expect(printable('a\u001b[31m\n\u009b\u202e\u200f.pdf')).toBe(
    String.raw`a\u001b[31m\n\u009b\u202e\u200f.pdf`,
  );
});

it('several lines become one', () => {
  expect(oneLine(' two\r\n  lines\u0007 ')).toBe(String.raw`two lines\u0007`);
});

it('JSON means the same, and a terminal can not obey it', () => {
  const given = { 'C1 \u009b31m': ['\u2028', '\u202e', '\u001b', '\u007f'] };
  const text = jsonOf(given, 2);
  expect(text.replaceAll('\n', '')).not.toMatch(UNPRINTABLE);
  expect(JSON.parse(text)).toEqual(given);
});

it('the page writes out the same ones', () => {
  const words = join(import.meta.dirname, '../../../lib/operator/console/page/words.js');
  expect(readFileSync(words, 'utf8')).toContain(String(UNPRINTABLE));
});
