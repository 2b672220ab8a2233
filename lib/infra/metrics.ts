import { Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { LEDGER_DIMENSION, METRICS_NAMESPACE, SERVICE_NAME } from '../aws/journal.ts';

/** A metric of the functions' own, of the uploader whose ledger this is. Its names stand in `EVENT_RULES`. */
export function uploaderMetric(
  table: Pick<ITable, 'tableName'>,
  metricName: string,
  options?: MetricOptions,
): Metric {
  return new Metric({
    namespace: METRICS_NAMESPACE,
    metricName,
    dimensionsMap: { service: SERVICE_NAME, [LEDGER_DIMENSION]: table.tableName },
    ...options,
  });
}
