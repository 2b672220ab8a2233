import { Duration } from 'aws-cdk-lib';
import {
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IMetric,
  type IWidget,
  LogQueryVisualizationType,
  LogQueryWidget,
  type MetricOptions,
  Stats,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { UploaderAlarms, Watched } from './alarms.ts';
import { uploaderMetric } from './uploader-metrics.ts';

export interface UploaderDashboardProps extends Watched {
  /** The upload function's log. */
  readonly uploadLogs: ILogGroup;
  readonly alarms: UploaderAlarms;
}

const PERIOD = Duration.minutes(5);
/** Three to a row of CloudWatch's 24 columns: nine graphs, read as one reads a page. */
const WIDTH = 8;
const HEIGHT = 6;

/** The story of a document, left to right: it arrives, waits, is uploaded, is tried again, is given up. */
export class UploaderDashboard extends Construct {
  readonly dashboard: Dashboard;

  constructor(scope: Construct, id: string, props: UploaderDashboardProps) {
    super(scope, id);
    this.dashboard = new Dashboard(this, 'Dashboard', { defaultInterval: Duration.hours(12) });
    const alarms = new AlarmStatusWidget({
      title: 'Is a person needed?',
      alarms: Object.values(props.alarms.all),
      width: 3 * WIDTH,
      height: 3,
    });
    this.dashboard.addWidgets(alarms);
    this.dashboard.addWidgets(...arrivals(props));
    this.dashboard.addWidgets(...uploads(props));
    this.dashboard.addWidgets(...whatIsLeft(props));
  }
}

/** Arrivals, how old they grow, and what became of them. */
function arrivals(props: Watched): IWidget[] {
  const { queue } = props;
  const own = metricsOf(props);
  const oldest = queue.metricApproximateAgeOfOldestMessage(most('oldest, seconds'));
  const counts = [
    queue.metricApproximateNumberOfMessagesVisible(most('waiting')),
    queue.metricApproximateNumberOfMessagesNotVisible(most('in work or put off')),
  ];
  return [
    graph('Arrivals', [
      queue.metricNumberOfMessagesSent({ label: 'queued', statistic: Stats.SUM, period: PERIOD }),
      own('ArrivalsIgnored', 'no document of a route'),
    ]),
    graph('Queue age', [oldest], counts),
    graph('Uploads', [own('DocumentsUploaded', 'uploaded'), own('DocumentsSkipped', 'skipped')]),
  ];
}

/** How much, how fast, and what had to come again. */
function uploads(props: UploaderDashboardProps): IWidget[] {
  const own = metricsOf(props);
  return [
    graph('Bytes', [own('BytesUploaded', 'uploaded')]),
    graph('Latency of a send, ms', [
      own('SendTime', 'half', Stats.percentile(50)),
      own('SendTime', '95 %', Stats.percentile(95)),
      own('SendTime', '99 %', Stats.percentile(99)),
    ]),
    // A metric for each reason would be a custom metric for each; the log has them all.
    new LogQueryWidget({
      title: 'Retries by reason',
      logGroupNames: [props.uploadLogs.logGroupName],
      view: LogQueryVisualizationType.BAR,
      queryLines: [
        "filter event = 'document.deferred'",
        'stats count(*) as times by code',
        'sort times desc',
      ],
      width: WIDTH,
      height: HEIGHT,
    }),
  ];
}

/** What waits for Extracta, and what for a person. */
function whatIsLeft(props: Watched): IWidget[] {
  const own = metricsOf(props);
  const visible = props.deadLetterQueue.metricApproximateNumberOfMessagesVisible(most('there'));
  return [
    graph('Breaker', [own('BreakerOpenings', 'opened'), own('DocumentsDeferred', 'deferred')]),
    graph('Parked', [
      own('DocumentsParked', 'parked'),
      own('DocumentsParkedNow', 'parked in the ledger', Stats.MAXIMUM),
      own('OutcomesOverdueNow', 'unknown for an hour', Stats.MAXIMUM),
    ]),
    graph('Dead letters', [visible, own('DeadLettersRedriven', 'sent back')]),
  ];
}

const most = (label: string): MetricOptions => ({ label, statistic: Stats.MAXIMUM, period: PERIOD });

/** The functions' own metrics; sums, if nothing else is said. */
function metricsOf({ table }: Watched) {
  return (metricName: string, label: string, statistic: string = Stats.SUM): IMetric =>
    uploaderMetric(table, metricName, { label, statistic, period: PERIOD });
}

function graph(title: string, left: IMetric[], right: IMetric[] = []): GraphWidget {
  return new GraphWidget({ title, left, right, width: WIDTH, height: HEIGHT, leftYAxis: { min: 0 } });
}
