import { Metric, type MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { LEDGER_DIMENSION, METRICS_NAMESPACE, SERVICE_NAME } from '../aws/journal.ts';

/**
 * A metric that the functions of the uploader with this ledger write; `lib/aws/journal.ts` says of which event. Default: its
 * sum over five minutes.
 */
export function uploaderMetric(
  table: Pick<ITable, 'tableName'>,
  metricName: string,
  options: MetricOptions = {},
): Metric {
  return new Metric({
    namespace: METRICS_NAMESPACE,
    metricName,
    dimensionsMap: { service: SERVICE_NAME, [LEDGER_DIMENSION]: table.tableName },
    statistic: Stats.SUM,
    ...options,
  });
}
