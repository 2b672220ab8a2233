import { describe, expect, it, test } from 'vitest';
import { type Incoming, refusalOf } from '../../../lib/operator/console/guard.ts';

const own = { port: 4711, token: 'the-token' };
const authorization = 'Bearer the-token';
const asked = (more: Partial<Incoming> = {}, headers: Incoming['headers'] = {}): Incoming => ({
  method: 'GET',
  path: '/api/find',
  ...more,
  headers: { host: '127.0.0.1:4711', authorization, ...headers },
});
const statusOf = (incoming: Incoming) => refusalOf(incoming, own)?.status;

describe('the console lets in', () => {
  it.each([
    ['its own page’s question', asked()],
    ['its own page’s question, as newer browsers tell it', asked({}, { 'sec-fetch-site': 'same-origin' })],
    ['its own page’s action', asked({ method: 'POST' }, { origin: 'http://127.0.0.1:4711' })],
    [
      'the same by the other name',
      asked({ method: 'POST' }, { host: 'localhost:4711', origin: 'http://localhost:4711' }),
    ],
    [
      'whoever opens the page, from wherever',
      { method: 'GET', path: '/', headers: { host: '127.0.0.1:4711', 'sec-fetch-site': 'cross-site' } },
    ],
  ] as const)('%s', (_, incoming) => {
    expect(statusOf(incoming)).toBeUndefined();
  });
});

describe('the console refuses', () => {
  it.each([
    ['a name that points here (DNS rebinding)', 421, asked({}, { host: 'evil.example:4711' })],
    ['even its page by such a name', 421, asked({ path: '/' }, { host: 'evil.example' })],
    ['another port’s name', 421, asked({}, { host: '127.0.0.1:80' })],
    ['an action that does not say where it comes from', 403, asked({ method: 'POST' })],
    ['an action from another port', 403, asked({ method: 'POST' }, { origin: 'http://127.0.0.1:8000' })],
    ['an action from nowhere', 403, asked({ method: 'PUT' }, { origin: 'null' })],
    [
      'one name’s page that acts by the other',
      403,
      asked({ method: 'POST' }, { origin: 'http://localhost:4711' }),
    ],
    ['a question from another port', 403, asked({}, { origin: 'http://127.0.0.1:8000' })],
    ['a question that another site’s page makes', 403, asked({}, { 'sec-fetch-site': 'same-site' })],
    ['a question without the token', 401, asked({}, { authorization: undefined })],
    ['a question with another token', 401, asked({}, { authorization: 'Bearer the-toke' })],
    ['a token given in another way', 401, asked({}, { authorization: 'Basic the-token' })],
  ] as const)('%s', (_, status, incoming) => {
    expect(statusOf(incoming)).toBe(status);
  });
});

test('what it says of a refusal names neither token nor host', () => {
  const refused = refusalOf(asked({}, { authorization: 'Bearer guess', host: 'localhost:4711' }), own);
  expect(refused?.says).not.toMatch(/guess|the-token|localhost/);
});
