/**
 * The built function, unchanged, in a container that says after each invocation what its process has used, asked and
 * still holds. Nothing of it is in the way of a request.
 */
import { pathToFileURL } from 'node:url';
import type { Context, Handler } from 'aws-lambda';
import { countCalls } from './calls.ts';
import { holdings } from './holdings.ts';
import { type Measured, measuredLine } from './measured.ts';

const calls = countCalls();
const bundleFile = process.env['BENCH_BUNDLE_FILE'] ?? '';
const bundle = (await import(pathToFileURL(bundleFile).href)) as { readonly handler: Handler };

/** Reading what is open takes a moment: not after each of a hundred invocations a second. */
const HOLDINGS_EVERY_MS = 500;
let heldAtMs = Number.NEGATIVE_INFINITY;
let billedMs = 0;
let invocations = 0;
tell();

export const handler: Handler = async (event: unknown, context: Context, callback) => {
  const startedMs = performance.now();
  const answer: unknown = await bundle.handler(event, context, callback);
  billedMs += Math.ceil(performance.now() - startedMs);
  invocations += 1;
  tell();
  return answer;
};

function tell(): void {
  const { user, system } = process.cpuUsage();
  const isDue = performance.now() - heldAtMs >= HOLDINGS_EVERY_MS;
  if (isDue) heldAtMs = performance.now();
  const measured: Measured = {
    pid: process.pid,
    cpuMs: (user + system) / 1000,
    billedMs,
    invocations,
    calls: calls(),
    ...(isDue ? { holdings: holdings() } : {}),
  };
  console.log(measuredLine(measured));
}
