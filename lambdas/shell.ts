import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { createJournal, createTelemetry, measureFor, type Telemetry } from '../lib/aws/journal.ts';

/** What must be left when the signal aborts: to close what is open, and to write down what is known. */
const CLOSING_MS = 10_000;
/** A function with a short timeout gives less: a tenth of what it has. */
const CLOSING_SHARE = 0.1;

/** How long before the platform's end an invocation that has so much left begins to close. */
export const closingMs = (remainingMs: number): number => Math.min(CLOSING_MS, remainingMs * CLOSING_SHARE);

export type Handler<E, R> = (event: E, context: Context) => Promise<R>;

/**
 * A function's handler: its log and its metrics, and what it is composed of. `compose` is called once, at the first
 * invocation; if it throws, the invocation fails with its error and the next one tries again.
 */
export function shell<E, R, C>(
  compose: (telemetry: Telemetry) => Promise<C>,
  answer: (event: E, composition: C, remainingMs: number) => Promise<R>,
): Handler<E, R> {
  const telemetry = createTelemetry();
  let composing: Promise<C> | undefined;
  const composedOnce = () => {
    composing ??= compose(telemetry).catch((error) => {
      composing = undefined;
      throw error;
    });
    return composing;
  };
  const handle = async (event: E, context: Context): Promise<R> => {
    const composition = await composedOnce();
    // Read last: what a cold start took is gone, and the deadline is counted from now.
    return answer(event, composition, context.getRemainingTimeInMillis());
  };
  // middy's early timeout answers for a handler that is still at work: a thawed sandbox would go on sending. [V11]
  return middy(handle, { timeoutEarlyInMillis: 0 })
    .use(injectLambdaContext(telemetry.logger))
    .use(logMetrics(telemetry.metrics)) as Handler<E, R>;
}

/** Composes of settings; if they are refused, the journal says so and the invocation fails with the reason. */
export function composedOf<S extends { readonly tableName: string }, C>(
  readSettings: () => Promise<S>,
  compose: (settings: S, telemetry: Telemetry) => C,
): (telemetry: Telemetry) => Promise<C> {
  return async (telemetry) => {
    try {
      const settings = await readSettings();
      measureFor(telemetry, settings.tableName);
      return compose(settings, telemetry);
    } catch (error) {
      createJournal(telemetry, () => []).record('settings.refused', { error });
      throw error;
    }
  };
}
