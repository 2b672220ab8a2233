/**
 * A process that starts cold: loads the bundle that its first argument names, as Lambda does, then gives its handler the
 * event of its second. Its last line of output says what each took by its own clock. It is bundled itself, so that nothing
 * of the SDK and no type-stripper is loaded before.
 */
import { createRequire } from 'node:module';
import type { Context } from 'aws-lambda';
import type { ColdStart, Said } from './cold-start.ts';

type AnyHandler = (event: unknown, context: Context) => Promise<unknown>;

const [, , bundleFile = '', eventText = ''] = process.argv;
const event: unknown = JSON.parse(eventText);

const failed = (error: unknown): Said => ({ failed: String(error) });
void measure()
  .catch(failed)
  .then((said) => process.stdout.write(`\n${JSON.stringify(said)}\n`, () => process.exit(0)));

async function measure(): Promise<ColdStart> {
  const started = now();
  const { handler } = createRequire(bundleFile)(bundleFile) as { readonly handler: AnyHandler };
  const imported = now();
  const answer = await handler(event, context());
  const answered = now();
  return {
    importMs: imported.ms - started.ms,
    importCpuMs: imported.cpuMs - started.cpuMs,
    firstMs: answered.ms - started.ms,
    firstCpuMs: answered.cpuMs - started.cpuMs,
    answer,
  };
}

function now(): { readonly ms: number; readonly cpuMs: number } {
  const { user, system } = process.cpuUsage();
  return { ms: performance.now(), cpuMs: (user + system) / 1000 };
}

/** https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html */
function context(): Context {
  return {
    awsRequestId: 'cold',
    functionName: 'cold',
    functionVersion: '$LATEST',
    invokedFunctionArn: 'arn:aws:lambda:local:000000000000:function:cold',
    memoryLimitInMB: '1024',
    logGroupName: '/aws/lambda/cold',
    logStreamName: '[$LATEST]cold',
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => 300_000,
    done: () => undefined,
    fail: () => undefined,
    succeed: () => undefined,
  };
}
