/**
 * A container: loads the bundle named by its argument and serves invocations that come over IPC, one at a time. Started by
 * function-host.ts, and gone when its host is gone, however that ended.
 */
import { pathToFileURL } from 'node:url';
import type { Context, Handler } from 'aws-lambda';
import type { ContainerMessage, Invocation } from './function-protocol.ts';

process.on('disconnect', () => process.exit());
// Ctrl-C reaches every process of a terminal; what becomes of containers is for the host to say.
process.on('SIGINT', () => undefined);

const handler = await loadHandler(process.argv[2] ?? '');
if (handler !== undefined) {
  process.on('message', (invocation: Invocation) => void serve(invocation, handler));
  tell({ kind: 'ready' });
}

async function loadHandler(bundleFile: string): Promise<Handler | undefined> {
  try {
    const bundle = (await import(pathToFileURL(bundleFile).href)) as { readonly handler?: unknown };
    if (typeof bundle.handler === 'function') return bundle.handler as Handler;
    tell({ kind: 'broken', message: 'It exports no function called handler.' });
  } catch (error) {
    console.error(error);
    tell({ kind: 'broken', message: String(error) });
  }
  return undefined;
}

async function serve(invocation: Invocation, handle: Handler): Promise<void> {
  const { requestId, event } = invocation;
  try {
    const result: unknown = await handle(event, contextOf(invocation), () => undefined);
    tell({ kind: 'answer', requestId, result: result ?? null });
  } catch (error) {
    console.error(error);
    tell({ kind: 'threw', requestId, message: String(error) });
  }
}

/** https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html */
function contextOf({ requestId, functionName, memoryLimitMb, deadlineMs }: Invocation): Context {
  return {
    awsRequestId: requestId,
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:local:000000000000:function:${functionName}`,
    memoryLimitInMB: String(memoryLimitMb),
    logGroupName: `/aws/lambda/${functionName}`,
    logStreamName: `[$LATEST]${process.pid}`,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadlineMs - Date.now()),
    done: () => undefined,
    fail: () => undefined,
    succeed: () => undefined,
  };
}

function tell(message: ContainerMessage): void {
  process.send?.(message, undefined, undefined, () => undefined);
}
