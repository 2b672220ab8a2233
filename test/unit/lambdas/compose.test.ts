import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Composition, compose } from '../../../lambdas/compose.ts';
import type { Settings } from '../../../lambdas/settings.ts';
import { createTelemetry } from '../../../lib/aws/journal.ts';
import { BREAKER_KEY } from '../../../lib/pipeline/identity.ts';
import type { PipelineSettings } from '../../../lib/pipeline/settings.ts';
import { type StandIn, startStandIn } from '../aws/stand-in.ts';

const arrival = { bucket: 'inbox', key: 'a.pdf', eTag: 'abc', eventTimeMs: 1 };
const never = new AbortController().signal;

let aws: StandIn;

beforeEach(async () => {
  aws = await startStandIn(() => undefined);
  for (const service of ['S3', 'SQS', 'DYNAMODB']) vi.stubEnv(`AWS_ENDPOINT_URL_${service}`, aws.url);
  vi.stubEnv('AWS_REGION', 'eu-north-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'ANYONE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'anything');
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
});

afterEach(async () => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  await aws.close();
});

function composed(): Composition {
  const settings: Settings = {
    tableName: 'ledger',
    queueUrl: `${aws.url}/1/arrivals`,
    deadLetterQueueUrl: `${aws.url}/1/dead-letters`,
    apiToken: { value: 'token' },
    extractaUrl: 'http://127.0.0.1:1',
    forcePathStyle: true,
    recordConcurrency: 1,
    pipeline: {} as PipelineSettings,
  };
  return compose(settings, createTelemetry());
}

/** How often a call is made, and how long that takes, where nobody answers. */
async function patienceOf(call: Promise<unknown>): Promise<{ attempts: unknown; tookMs: number }> {
  let over = false;
  const startedMs = Date.now();
  const failing = call
    .catch((error: unknown) => error)
    .finally(() => {
      over = true;
    });
  // Time passes only where it is waited for: what the machine takes for a connection is not counted.
  while (!over) await (vi.getTimerCount() > 0 ? vi.advanceTimersToNextTimerAsync() : turn());
  const { cause } = (await failing) as { cause?: { $metadata?: { attempts?: number } } };
  return { attempts: cause?.$metadata?.attempts, tookMs: Date.now() - startedMs };
}

describe('what an invocation must still say when it closes', () => {
  // 10 s are kept for closing: see CLOSING_MS.
  test.each<[string, (composition: Composition) => Promise<unknown>]>([
    ['to the ledger', ({ ports }) => ports.ledger.read(BREAKER_KEY)],
    ['to the queue', ({ ports }) => ports.outbox.send('{}', 0)],
    [
      'of visibility',
      (composition) => composition.makeVisible('handle', 0).then((error) => Promise.reject(error)),
    ],
  ])('%s is tried twice, and given up in less than the time that is kept for closing', async (_, call) => {
    const { attempts, tookMs } = await patienceOf(call(composed()));
    expect(attempts).toBe(2);
    expect(tookMs).toBeLessThan(8_000);
  });

  test('S3 may take longer', async () => {
    const { attempts } = await patienceOf(composed().ports.source.describe(arrival, never));
    expect(attempts).toBe(3);
  });
});
