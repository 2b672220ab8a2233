import { Duration } from 'aws-cdk-lib';
import { type Alarm, Metric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { METRICS_NAMESPACE, SERVICE_NAME } from '../aws/journal.ts';

const PERIOD = Duration.minutes(5);
/** An unknown outcome is quiet for 15 min and looked at again; what is older than four of those waits for something else. */
const TOO_OLD = Duration.hours(1);

/** The alarms that say that a person is needed. */
export class UploaderAlarms extends Construct {
  readonly deadLetters: Alarm;
  readonly oldestArrival: Alarm;
  /** By the function's own metric. */
  readonly counted: Readonly<Record<string, Alarm>>;

  constructor(scope: Construct, id: string, queue: Queue, deadLetterQueue: Queue) {
    super(scope, id);
    // Visible, not sent: what SQS itself moves there is never counted as sent.
    const visible = deadLetterQueue.metricApproximateNumberOfMessagesVisible(atMost());
    this.deadLetters = this.reached(
      'DeadLetters',
      visible,
      1,
      'Documents were parked; each dead letter says why.',
    );
    const age = queue.metricApproximateAgeOfOldestMessage(atMost());
    // A message that was received three times no longer counts for its age: what waits for Extracta is told by the breaker.
    // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
    const why = 'Documents have waited for an hour to be taken up: is the function throttled or failing?';
    this.oldestArrival = this.reached('OldestArrival', age, TOO_OLD.toSeconds(), why);
    this.counted = Object.fromEntries(
      Object.entries(WHAT_COUNTS).map(([metricName, says]) => [
        metricName,
        this.reached(metricName, ownMetric(metricName), 1, says),
      ]),
    );
  }

  private reached(id: string, metric: Metric, threshold: number, alarmDescription: string): Alarm {
    return metric.createAlarm(this, id, {
      threshold,
      evaluationPeriods: 1,
      alarmDescription,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
  }
}

/** The function's metrics of which one is too many. */
const WHAT_COUNTS: Readonly<Record<string, string>> = {
  BreakerOpenings:
    'The line to Extracta is paused and tries again by itself: is the API token set, has the account credits, is Extracta up?',
  DocumentsParked: 'Documents were parked; each dead letter says why.',
  FilesDoubled: 'Extracta holds a second file of a document; the ledger item names it (extraFiles).',
  NamesLost: 'Extracta changed the names of files: lost answers can no longer be verified (fileNames).',
  TokensSuspected: "The API token sees neither a batch nor its classification: is it another account's?",
  RecordsFailed: 'A message ended in a defect of the uploader; it stays in the queue. See the log.',
};

function ownMetric(metricName: string): Metric {
  const dimensionsMap = { service: SERVICE_NAME };
  return new Metric({
    namespace: METRICS_NAMESPACE,
    metricName,
    dimensionsMap,
    statistic: Stats.SUM,
    period: PERIOD,
  });
}

const atMost = () => ({ statistic: Stats.MAXIMUM, period: PERIOD });
