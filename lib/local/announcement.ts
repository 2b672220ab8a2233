import { announceRunningLine, type RunningLine } from '../aws/running-line.ts';
import type { ExtractaInUse } from './extracta-in-use.ts';
import type { Screen } from './screen.ts';
import type { LocalStack } from './stack.ts';

/** Leaves word for `extracta-uploader --local`, while the run is up. A run that can't goes on all the same. */
export async function announce(line: RunningLine, screen: Screen): Promise<AsyncDisposable> {
  try {
    return await announceRunningLine(line);
  } catch (error) {
    screen.say(`extracta-uploader --local won't find this run: ${(error as Error).message}`);
    return { [Symbol.asyncDispose]: async () => {} };
  }
}

export function runningLineOf(
  { endpoints, bucket, queueUrl, deadLetterQueueUrl, tableName, environment }: LocalStack,
  extracta: ExtractaInUse,
): RunningLine {
  return {
    pid: process.pid,
    startedAtMs: Date.now(),
    region: environment['AWS_REGION'] ?? '',
    endpoints,
    bucket,
    queueUrl,
    deadLetterQueueUrl,
    tableName,
    configFile: environment['UPLOADER_CONFIG_FILE'] ?? '',
    waitsDivisor: Number(environment['UPLOADER_WAITS_DIVISOR'] ?? 1),
    extractaUrl: extracta.url,
    ...(extracta.isEmbedded ? { embeddedToken: extracta.token } : {}),
  };
}
