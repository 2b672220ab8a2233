import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readCommand } from '../../../lib/operator/command.ts';

/** What follows the command's name, up to a backtick, a comment or the line's end; `…` stands for a value. */
const COMMANDS = /npx extracta-uploader ((?:[a-z-]|--)[^`#>\n]*)/g;

describe.each(['runbook.md', 'deploy.md'])('docs/%s', (name) => {
  const text = readFileSync(join(import.meta.dirname, '../../../docs', name), 'utf8');
  const commands = [...text.matchAll(COMMANDS)].map(([, words = '']) => words.trim());

  test.each(commands)('npx extracta-uploader %s can be carried out as it stands there', (words) => {
    expect(readCommand(words.split(/\s+/), '0.0.0', 0)).toMatchObject({ kind: 'run' });
  });

  test('names operator’s commands', () => {
    expect(commands.length).toBeGreaterThan(4);
  });
});
