import type { Context } from 'aws-lambda';
import { vi } from 'vitest';
import { composedOf, shell } from '../../lambdas/shell.ts';
import { createJournal, EVENT_RULES, type Telemetry } from '../../lib/aws/journal.ts';

/** One line of metrics in CloudWatch's embedded format. */
export interface Emitted {
  readonly namespace: string;
  readonly dimensions: readonly string[];
  /** Dimensions and metrics by their names. */
  readonly values: Readonly<Record<string, unknown>>;
}

/**
 * What a function of ours says to CloudWatch in an invocation in which everything that is ruled happens: through the
 * shell of the deployed handlers, their journal and their rules.
 */
export async function emitted(): Promise<readonly Emitted[]> {
  const lines: string[] = [];
  const caught = (chunk: string | Uint8Array) => lines.push(String(chunk)) > 0;
  const streams = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, 'write').mockImplementation(caught),
  );
  const compose = composedOf(
    async () => ({ tableName: 'the-table' }),
    (_, telemetry: Telemetry) => createJournal(telemetry, () => []),
  );
  const handler = shell(compose, async (_event, journal) => {
    for (const [event, { measures = [] }] of Object.entries(EVENT_RULES)) {
      journal.record(event, Object.fromEntries(measures.map(({ field = 'none' }) => [field, 1])));
    }
  });
  await handler({}, { awsRequestId: 'r', getRemainingTimeInMillis: () => 60_000 } as Context);
  for (const stream of streams) stream.mockRestore();
  return lines
    .flatMap((line) => line.trim().split('\n'))
    .map((line) => JSON.parse(line))
    .filter((line) => '_aws' in line)
    .map(({ _aws, ...values }) => {
      const { Namespace, Dimensions } = _aws.CloudWatchMetrics[0];
      return { namespace: Namespace, dimensions: [...Dimensions[0]].sort(), values };
    });
}

/** AWS's own, by the services' documents: the only metrics in the stack that our code does not emit. */
const BY_AWS: Readonly<Record<string, readonly string[]>> = {
  // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
  'AWS/SQS': [
    'ApproximateAgeOfOldestMessage',
    'ApproximateNumberOfMessagesVisible',
    'ApproximateNumberOfMessagesNotVisible',
    'NumberOfMessagesSent',
  ],
  // https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
  'AWS/Lambda': ['Errors', 'Invocations'],
  // https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-monitoring.html
  'AWS/EventBridge/Pipes': ['ExecutionFailed'],
};

export interface Watching {
  readonly namespace: string;
  readonly metric: string;
  readonly dimensions: Readonly<Record<string, unknown>>;
}

/** What is wrong with whatever watches a metric; undefined if somebody emits it, with the very dimensions. */
export function mistake({ namespace, metric, dimensions }: Watching, told: Emitted): string | undefined {
  const known = BY_AWS[namespace];
  if (known !== undefined) return known.includes(metric) ? undefined : `no ${metric} in ${namespace}`;
  if (namespace !== told.namespace) return `nobody writes to ${namespace}`;
  if (!Object.hasOwn(told.values, metric)) return `nobody emits ${metric}`;
  const names = Object.keys(dimensions).sort();
  if (names.join() !== told.dimensions.join()) return `${metric} has the dimensions ${told.dimensions}`;
  return dimensions['service'] === told.values['service'] ? undefined : `${metric} is of another service`;
}
