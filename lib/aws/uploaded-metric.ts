import {
  CloudWatchClient,
  type Dimension,
  GetMetricStatisticsCommand,
  ListMetricsCommand,
} from '@aws-sdk/client-cloudwatch';
import { METRICS_NAMESPACE, SERVICE_NAME } from './journal.ts';

/** What this ledger's function counted as uploaded, in the whole hours since then. Rejects with the SDK's own errors. */
export async function uploadedSince(tableName: string, sinceMs: number, nowMs: number): Promise<number> {
  const sums = await withClient(async (client) => {
    const Dimensions = await dimensionsOf(client, 'DocumentsUploaded', tableName);
    const span = { sinceMs, nowMs, periodSeconds: 3600 };
    return statistics(
      client,
      { Namespace: METRICS_NAMESPACE, MetricName: 'DocumentsUploaded', Dimensions },
      'Sum',
      span,
    );
  });
  return sums.reduce((sum, each) => sum + each, 0);
}

/** Those of this ledger, where the metric tells ledgers apart; else the service's. */
async function dimensionsOf(
  client: CloudWatchClient,
  MetricName: string,
  tableName: string,
): Promise<Dimension[]> {
  const service: Dimension = { Name: 'service', Value: SERVICE_NAME };
  const { Metrics = [] } = await client.send(
    new ListMetricsCommand({ Namespace: METRICS_NAMESPACE, MetricName, Dimensions: [service] }),
  );
  const ours = Metrics.find(({ Dimensions = [] }) => Dimensions.some(({ Value }) => Value === tableName));
  return ours?.Dimensions ?? [service];
}

/** The age of the oldest message in a queue, seconds; undefined: CloudWatch has no reading of the last minutes. */
export async function oldestMessageSeconds(queueUrl: string, nowMs: number): Promise<number | undefined> {
  const QueueName = new URL(queueUrl).pathname.split('/').at(-1) ?? '';
  const metric = {
    Namespace: 'AWS/SQS',
    MetricName: 'ApproximateAgeOfOldestMessage',
    Dimensions: [{ Name: 'QueueName', Value: QueueName }],
  };
  const span = { sinceMs: nowMs - RECENT_MS, nowMs, periodSeconds: 60 };
  const ages = await withClient((client) => statistics(client, metric, 'Maximum', span));
  return ages.at(-1);
}

const RECENT_MS = 10 * 60_000;

async function withClient<T>(ask: (client: CloudWatchClient) => Promise<T>): Promise<T> {
  const client = new CloudWatchClient({ maxAttempts: 3 });
  try {
    return await ask(client);
  } finally {
    client.destroy();
  }
}

interface MetricName {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions: Dimension[];
}

interface Span {
  readonly sinceMs: number;
  readonly nowMs: number;
  readonly periodSeconds: number;
}

/** Oldest first. */
async function statistics(
  client: CloudWatchClient,
  metric: MetricName,
  statistic: 'Sum' | 'Maximum',
  { sinceMs, nowMs, periodSeconds }: Span,
): Promise<readonly number[]> {
  const { Datapoints = [] } = await client.send(
    new GetMetricStatisticsCommand({
      ...metric,
      StartTime: new Date(sinceMs),
      EndTime: new Date(nowMs),
      Period: periodSeconds,
      Statistics: [statistic],
    }),
  );
  const inOrder = Datapoints.toSorted((one, other) => Number(one.Timestamp) - Number(other.Timestamp));
  return inOrder.map((point) => point[statistic] ?? 0);
}
