import {
  CloudWatchClient,
  type Datapoint,
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

/** What the function counted and timed in one minute. Milliseconds: the mean and the longest of the sends. */
export interface MeasuredMinute {
  readonly uploaded?: number;
  readonly middleMs?: number;
  readonly longestMs?: number;
}

/** By the minute that it began in. Rejects with the SDK's own errors. */
export async function uploadsByMinute(
  tableName: string,
  sinceMs: number,
  nowMs: number,
): Promise<ReadonlyMap<number, MeasuredMinute>> {
  const span = { sinceMs, nowMs, periodSeconds: 60 };
  const ask = (client: CloudWatchClient, MetricName: string, Dimensions: Dimension[], kinds: Statistic[]) =>
    datapoints(client, { Namespace: METRICS_NAMESPACE, MetricName, Dimensions }, kinds, span);
  const [counts, times] = await withClient(async (client) => {
    const Dimensions = await dimensionsOf(client, 'DocumentsUploaded', tableName);
    return Promise.all([
      ask(client, 'DocumentsUploaded', Dimensions, ['Sum']),
      ask(client, 'SendTime', Dimensions, ['Average', 'Maximum']),
    ]);
  });
  const minutes = new Map<number, MeasuredMinute>();
  for (const { Timestamp, Sum = 0 } of counts) minutes.set(Number(Timestamp), { uploaded: Sum });
  for (const { Timestamp, Average = 0, Maximum = 0 } of times)
    minutes.set(Number(Timestamp), {
      ...minutes.get(Number(Timestamp)),
      middleMs: Average,
      longestMs: Maximum,
    });
  return minutes;
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

type Statistic = 'Sum' | 'Maximum' | 'Average';

/** Oldest first. */
async function statistics(
  client: CloudWatchClient,
  metric: MetricName,
  statistic: Statistic,
  span: Span,
): Promise<readonly number[]> {
  return (await datapoints(client, metric, [statistic], span)).map((point) => point[statistic] ?? 0);
}

/** Oldest first. */
async function datapoints(
  client: CloudWatchClient,
  metric: MetricName,
  Statistics: Statistic[],
  { sinceMs, nowMs, periodSeconds }: Span,
): Promise<readonly Datapoint[]> {
  const { Datapoints = [] } = await client.send(
    new GetMetricStatisticsCommand({
      ...metric,
      StartTime: new Date(sinceMs),
      EndTime: new Date(nowMs),
      Period: periodSeconds,
      Statistics,
    }),
  );
  return Datapoints.toSorted((one, other) => Number(one.Timestamp) - Number(other.Timestamp));
}
