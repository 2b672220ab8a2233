import { expect, test } from 'vitest';
import { readCommand } from '../../../lib/operator/command.ts';

const NOW = Date.parse('2026-05-01T12:00:00Z');
const read = (...argv: readonly string[]) => readCommand(argv, '1.2.3', NOW);

test.each([
  [['batch', '-Oabc']],
  [['--local', 'batch', '-Oabc']],
  [['batch', '-Oabc', '--local']],
  [['batch', '--local', '--', '-Oabc']],
  [['--stack', 'batch', 'batch', '-Oabc', '--results']],
])('an id that begins with a dash is the operand of %j', (argv) => {
  expect(read(...argv)).toMatchObject({ kind: 'run', verb: 'batch', operand: '-Oabc' });
});

test.each([[['batch', '--batch=-x']], [['batch', '--batch', '-x']], [['find', '--batch=-x', '--json']]])(
  '%j names the batch -x',
  (argv) => {
    expect(read(...argv)).toMatchObject({ operand: undefined, given: { batch: '-x' } });
  },
);

test('-h stays help, also where an id could stand', () => {
  expect(read('find', '-h')).toMatchObject({
    kind: 'print',
    text: expect.stringContaining('fileId or batchId'),
  });
});

test('the version and the help only print', () => {
  expect(read('--version')).toEqual({ kind: 'print', text: '1.2.3\n' });
  expect(read()).toMatchObject({ kind: 'print', text: expect.stringContaining('Exit codes: 0 fine') });
});

test.each([
  ['12h', '2026-05-01T00:00:00Z'],
  ['7d', '2026-04-24T12:00:00Z'],
  ['2026-01-31', '2026-01-31T00:00:00Z'],
  ['2026-01-31T10:00+02:00', '2026-01-31T08:00:00Z'],
])('--since %s is %s', (given, meant) => {
  expect(read('export', `--since=${given}`)).toMatchObject({ given: { since: Date.parse(meant) } });
});

test.each([
  [['export', '--since=2026-01-31T10:00'], 'a time with its zone'],
  [['export', '--since=2026-13-01'], 'Give a day'],
  [['export', '--since=2026-02-31'], 'Give a day'],
  [['status', '--queue-url=arrivals'], 'Give the address of a queue'],
  [['status', '--dead-letter-queue-url', 'x'], 'Give the address of a queue'],
  [['redrive', '--rate=0'], 'Give messages a second'],
  [['redrive', '--older-than=5'], 'Give a time such as'],
  [['find', 'x', '--limit=1.5'], 'Give a whole number'],
  [['status', '--extracta-url=http://example.com'], 'Use https'],
  [['status', '--extracta-url=https://me:secret@example.com'], 'Leave user, password'],
  [['batch', '-Oone', '-Otwo'], 'too many arguments'],
  [['status', '--nonsense'], 'unknown option'],
])('%j is refused in one line', (argv, says) => {
  const refused = () => read(...argv);
  expect(refused).toThrow(says);
  expect(refused).toThrow(/^[^\n]*$/);
  expect(refused).not.toThrow('secret');
});

test('bad usage of a verb names the help that lists its options', () => {
  expect(() => read('--local', 'redrive', '--rate=no')).toThrow('See `extracta-uploader redrive --help`.');
  expect(() => read('--stakc=redrive')).toThrow('See `extracta-uploader --help`.');
});
