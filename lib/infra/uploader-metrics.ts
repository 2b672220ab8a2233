import { Metric, type MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { METRICS_NAMESPACE, SERVICE_NAME } from '../aws/journal.ts';

/** A metric that the functions write; `lib/aws/journal.ts` says of which event. Default: its sum over five minutes. */
export function uploaderMetric(metricName: string, options: MetricOptions = {}): Metric {
  return new Metric({
    namespace: METRICS_NAMESPACE,
    metricName,
    dimensionsMap: { service: SERVICE_NAME },
    statistic: Stats.SUM,
    ...options,
  });
}
