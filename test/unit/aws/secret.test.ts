import { afterEach, describe, expect, test } from 'vitest';
import { createSecretToken, fixedToken } from '../../../lib/aws/secret.ts';
import { SECRET_PLACEHOLDER } from '../../../lib/aws/secret-placeholder.ts';
import { virtualClock } from '../../support/memory/clock.ts';
import { connectedTo } from './connected.ts';
import { type Answer, type StandIn, startStandIn } from './stand-in.ts';

const never = new AbortController().signal;
const CACHE_MS = 300_000;

let standIn: StandIn;
afterEach(() => standIn?.close());

async function tokenThat(answer: () => Answer | Promise<Answer>) {
  standIn = await startStandIn(answer);
  const clock = virtualClock();
  const client = connectedTo({ secretsManager: standIn.url }).secretsManager;
  return {
    clock,
    token: createSecretToken({ client, secretId: 'extracta-token', clock, cacheForMs: CACHE_MS }),
  };
}

const json = (status: number, body: object): Answer => ({
  status,
  headers: { 'content-type': 'application/x-amz-json-1.1' },
  body: JSON.stringify(body),
});

const holding = (SecretString: string) => json(200, { Name: 'extracta-token', SecretString });
const failing = () => json(400, { __type: 'ResourceNotFoundException', message: 'no such secret' });

describe('the secret is', () => {
  test.each([
    ['plain text, trimmed', ' key-1\n', 'key-1'],
    ['the apiKey of a JSON object', '{"apiKey":"key-1"}', 'key-1'],
    ['the token of a JSON object', '{"token":" key-1 ","other":1}', 'key-1'],
    ['whatever else it is, since keys are opaque', '{not json', '{not json'],
    ['digits', '12345', '12345'],
  ])('%s', async (_, stored, expected) => {
    const { token } = await tokenThat(() => holding(stored));
    expect(await token.get(never)).toBe(expected);
    expect(JSON.parse(standIn.requests[0]?.body ?? '')).toEqual({ SecretId: 'extracta-token' });
  });

  test.each(['', ' \n', SECRET_PLACEHOLDER, '{"username":"me"}', '{"apiKey":""}'])(
    'not yet set where it reads %j, and what to do is said',
    async (stored) => {
      const { token } = await tokenThat(() => holding(stored));
      await expect(token.get(never)).rejects.toMatchObject({
        code: 'secret.unavailable',
        message: expect.stringMatching(
          /put-secret-value --secret-id extracta-token --secret-string file:\/\/TOKEN_FILE$/,
        ),
      });
    },
  );
});

describe('the token is kept', () => {
  test('for as long as it may be, and then read again', async () => {
    let reads = 0;
    const { token, clock } = await tokenThat(() => holding(`key-${++reads}`));
    expect(await token.get(never)).toBe('key-1');
    await clock.advance(CACHE_MS - 1);
    expect(await token.get(never)).toBe('key-1');
    await clock.advance(1);
    expect(await token.get(never)).toBe('key-2');
  });

  test('until it is refreshed; the new one is kept then', async () => {
    let reads = 0;
    const { token } = await tokenThat(() => holding(`key-${++reads}`));
    expect(await token.get(never)).toBe('key-1');
    expect(await token.refresh(never)).toBe('key-2');
    expect(await token.get(never)).toBe('key-2');
    expect(standIn.requests).toHaveLength(2);
  });

  test('not, where reading failed: the next caller reads again', async () => {
    const answers = [failing(), holding('key-1')];
    const { token } = await tokenThat(() => answers.shift() ?? failing());
    await expect(token.get(never)).rejects.toMatchObject({ code: 'secret.unavailable', httpStatus: 400 });
    expect(await token.get(never)).toBe('key-1');
  });
});

test('callers at one time share one call', async () => {
  const { token } = await tokenThat(() => holding('key-1'));
  const tokens = await Promise.all([
    token.get(never),
    token.get(never),
    token.refresh(never),
    token.get(never),
  ]);
  expect(tokens).toEqual(['key-1', 'key-1', 'key-1', 'key-1']);
  expect(standIn.requests).toHaveLength(1);
});

test('whoever runs out of time leaves, and the call goes on for the others', async () => {
  const asked = Promise.withResolvers<void>();
  const mayAnswer = Promise.withResolvers<void>();
  const { token } = await tokenThat(async () => {
    asked.resolve();
    await mayAnswer.promise;
    return holding('key-1');
  });
  const outOfTime = new AbortController();
  const [impatient, patient] = [token.get(outOfTime.signal), token.get(never)];
  await asked.promise;
  outOfTime.abort();
  await expect(impatient).rejects.toMatchObject({ code: 'invocation.ending' });
  mayAnswer.resolve();
  expect(await patient).toBe('key-1');
  expect(standIn.requests).toHaveLength(1);
});

test('nothing of the secret is in the errors', async () => {
  const { token } = await tokenThat(() => holding('{"apikey":"top-secret"}'));
  const failure = await token.get(never).catch((error: unknown) => error);
  expect(`${failure} ${JSON.stringify(failure)}`).not.toContain('top-secret');
});

test('a fixed token is what it is', async () => {
  expect(await fixedToken(' key-1 ').get(never)).toBe('key-1');
  expect(await fixedToken('key-1').refresh(never)).toBe('key-1');
});
