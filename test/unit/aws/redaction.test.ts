import { expect, test } from 'vitest';
import { redaction } from '../../../lib/aws/redaction.ts';

const plain = redaction(() => []);

test('a field named like a secret is dropped at every depth, whatever its case', () => {
  const redacted = plain({
    url: 'x',
    Authorization: 'x',
    claimToken: 'x',
    kept: { secretId: 'x', files: [{ fileId: 'f-1', url: 'x' }], apiKey: 'x' },
  });
  expect(redacted).toEqual({ kept: { files: [{ fileId: 'f-1' }] } });
});

test('a known secret is masked wherever it stands in a string, also spelt for a URL', () => {
  const redact = redaction(() => ['s3cr/t', '']);
  const redacted = redact({ a: 'Bearer s3cr/t!', b: ['?x=s3cr%2Ft'], c: new Error('got s3cr/t') });
  expect(redacted).toEqual({
    a: 'Bearer [redacted]!',
    b: ['?x=[redacted]'],
    c: { name: 'Error', message: 'got [redacted]' },
  });
});

test('secrets are asked for at every event, so that one read later is masked too', () => {
  const secrets: string[] = [];
  const redact = redaction(() => secrets);
  expect(redact({ a: 'later' })).toEqual({ a: 'later' });
  secrets.push('later');
  expect(redact({ a: 'later' })).toEqual({ a: '[redacted]' });
});

test('a secret that begins before the cut of a long string leaves no half of itself', () => {
  const redact = redaction(() => ['abcdef']);
  const { text } = redact({ text: `${'x'.repeat(2045)}abcdef` }) as { text: string };
  expect(text).not.toContain('abc');
});

test('a link loses its query, which may be its signature', () => {
  expect(plain({ reason: 'see "https://files.example/a.pdf?alt=media&Signature=abc" and go' })).toEqual({
    reason: 'see "https://files.example/a.pdf?[redacted]" and go',
  });
});

test('an error becomes its name, code and message, its causes a list, nearest first; nothing else of it is kept', () => {
  const root = Object.assign(new Error('connect ECONNREFUSED'), {
    code: 'ECONNREFUSED',
    headers: { a: 'b' },
  });
  const middle = new AggregateError([root, 'a word'], 'all failed');
  const error = Object.assign(new TypeError('outer', { cause: middle }), { url: 'https://files.example/f' });
  expect(plain({ error })).toEqual({
    error: {
      name: 'TypeError',
      message: 'outer',
      causes: [
        { name: 'AggregateError', message: 'all failed' },
        { name: 'Error', code: 'ECONNREFUSED', message: 'connect ECONNREFUSED' },
        { name: 'string', message: 'a word' },
      ],
    },
  });
});

test('an error that causes itself ends', () => {
  const error = new Error('round');
  error.cause = new Error('and round', { cause: error });
  expect(plain({ error })).toEqual({
    error: { name: 'Error', message: 'round', causes: [{ name: 'Error', message: 'and round' }] },
  });
});

test('what JSON cannot hold becomes something that it can', () => {
  const round: Record<string, unknown> = {};
  round['round'] = round;
  const redacted = plain({
    bytes: Buffer.from('document'),
    at: new Date(0),
    never: new Date(Number.NaN),
    big: 2n ** 64n,
    call: () => 1,
    set: new Set(['a']),
    map: new Map([
      ['kept', 1],
      ['token', 2],
    ]),
    nothing: null,
    round,
  });
  expect(JSON.parse(JSON.stringify(redacted))).toMatchObject({
    bytes: '[8 bytes]',
    at: '1970-01-01T00:00:00.000Z',
    big: '18446744073709551616',
    set: ['a'],
    map: { kept: 1 },
    nothing: null,
  });
  expect(JSON.stringify(redacted)).toContain('[too deep]');
});

test('a value that refuses to be read costs its event the fields, not the line', () => {
  const hostile = {
    get field(): string {
      throw new Error('no');
    },
  };
  expect(plain(hostile)).toEqual({ unreadable: true });
});
