import { Duration } from 'aws-cdk-lib';
import { type Alarm, type Metric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

const PERIOD = Duration.minutes(5);
/** An unknown outcome is quiet for 15 min and looked at again; what is older than four of those waits for something else. */
const TOO_OLD = Duration.hours(1);

/** The alarms that say that a person is needed. */
export class UploaderAlarms extends Construct {
  readonly deadLetters: Alarm;
  readonly oldestArrival: Alarm;

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
    const why =
      'Documents have waited for an hour: is the API token set, has the account credits, is Extracta up?';
    this.oldestArrival = this.reached('OldestArrival', age, TOO_OLD.toSeconds(), why);
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

const atMost = () => ({ statistic: Stats.MAXIMUM, period: PERIOD });
