import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readCommand } from '../../../bench/command.ts';

const read = (...argv: string[]) => readCommand(argv, ['streaming', 'line'], '/the/docs');

describe('npm run bench', () => {
  it('writes to docs where it is asked for everything, and nowhere where it is not', () => {
    const everything = { quick: false, json: false, only: undefined, folder: '/the/docs' };
    expect(read()).toEqual({ kind: 'run', command: everything });
    expect(read('--quick', '--json')).toEqual({
      kind: 'run',
      command: { quick: true, json: true, only: undefined, folder: undefined },
    });
    expect(read('--only', 'line')).toEqual({
      kind: 'run',
      command: { ...everything, only: 'line', folder: undefined },
    });
  });

  it('writes where --out says, whatever it measures', () => {
    expect(read('--quick', '--only', 'line', '--out', 'found')).toMatchObject({
      command: { folder: resolve('found') },
    });
  });

  it('says in its help what it exits with', () => {
    const help = read('--help');
    expect(help).toMatchObject({ kind: 'print', exitCode: 0 });
    expect(help).toMatchObject({ text: expect.stringMatching(/Exit codes: 0 .* 1 .* 2 .*130/s) });
  });

  it.each([[['--only', 'nothing']], [['--slow']], [['more']]])('refuses %j with exit code 2', (argv) => {
    expect(read(...argv)).toMatchObject({
      kind: 'print',
      exitCode: 2,
      text: expect.stringContaining('error:'),
    });
  });
});
