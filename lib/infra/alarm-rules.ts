import { Duration } from 'aws-cdk-lib';
import { type Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { Watched } from './alarms.ts';
import { FUNCTION_TIMEOUT, REDRIVE_EVERY, visibilityFor } from './sizing.ts';
import { uploaderMetric } from './uploader-metrics.ts';

/** One alarm: what is measured, from where on it rings, and what it says. */
export interface AlarmRule {
  /** Also the name of its section in the runbook, there in words. */
  readonly id: string;
  readonly metric: Metric;
  readonly threshold: number;
  /** Told only now and then: in between, the alarm stays as it is. */
  readonly isGauge?: boolean;
  readonly says: string;
}

const SOON = Duration.minutes(5);
/** A document's own waits end after 15 minutes; what nobody has taken up for an hour waits for something else. */
const TOO_OLD = Duration.hours(1);
/** The longest pause of the line is 15 to 19 minutes: while it opens again and again the alarm does not end. */
const WHILE_PAUSED = Duration.minutes(30);

/** `ParkedDocuments` -> `parked-documents`. */
export function anchorOf(id: string): string {
  return id.replace(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase();
}

/** In data order: what waits, what goes wrong on the way, what was given up, what went wrong in ourselves. */
export function alarmRules(watched: Watched): readonly AlarmRule[] {
  return [oldestArrival(watched), ...onTheWay(watched), ...givenUp(watched), ...ourselves(watched)];
}

function oldestArrival({ queue }: Watched): AlarmRule {
  return {
    id: 'OldestArrival',
    // A message that was received three times no longer counts for its age: what waits for Extracta is told by BreakerOpen.
    // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
    metric: queue.metricApproximateAgeOfOldestMessage({ statistic: Stats.MAXIMUM, period: SOON }),
    threshold: TOO_OLD.toSeconds(),
    says: 'Documents have waited for an hour to be taken up: is the function throttled or failing?',
  };
}

function onTheWay({ table }: Watched): readonly AlarmRule[] {
  const counted = (metricName: string, period = SOON) =>
    uploaderMetric(table, metricName, { statistic: Stats.SUM, period });
  return [
    {
      id: 'BreakerOpen',
      metric: counted('BreakerOpenings', WHILE_PAUSED),
      threshold: 1,
      says: 'The line to Extracta is paused and tries again by itself: is the API token set, has the account credits, is Extracta up?',
    },
    {
      id: 'TokenSuspected',
      metric: counted('TokensSuspected'),
      threshold: 1,
      says: "The API token sees neither a batch nor its classification: is it another account's?",
    },
    {
      id: 'NamesLost',
      metric: counted('NamesLost'),
      threshold: 1,
      says: 'Extracta changed the names of files: lost answers can no longer be verified (fileNames).',
    },
    {
      id: 'ClaimLost',
      metric: counted('ClaimsLost'),
      threshold: 1,
      says: 'A delivery outlived its claim on a document: another may have sent it too.',
    },
    {
      id: 'FileDoubled',
      metric: counted('FilesDoubled'),
      threshold: 1,
      says: 'Extracta holds a second file of a document; the ledger item names it (extraFiles).',
    },
  ];
}

function givenUp({ table, deadLetterQueue, redriveFunction }: Watched): readonly AlarmRule[] {
  const now = (metricName: string) =>
    uploaderMetric(table, metricName, { statistic: Stats.MAXIMUM, period: REDRIVE_EVERY });
  const deadLetters: AlarmRule = {
    id: 'DeadLetters',
    // Visible, not sent: what SQS itself moves there is never counted as sent.
    metric: deadLetterQueue.metricApproximateNumberOfMessagesVisible({
      statistic: Stats.MAXIMUM,
      period: SOON,
    }),
    threshold: 1,
    says: 'Documents were parked; each dead letter says why.',
  };
  if (redriveFunction === undefined) return [deadLetters, parkedJustNow(table)];
  return [
    deadLetters,
    {
      id: 'ParkedDocuments',
      // The ledger's own count: whoever consumes the dead-letter queue, and letters that expire, keep DeadLetters silent.
      metric: now('DocumentsParkedNow'),
      isGauge: true,
      threshold: 1,
      says: 'The ledger has parked documents, with or without a dead letter; lastFailure says why.',
    },
    {
      id: 'UnknownOutcomes',
      metric: now('OutcomesOverdueNow'),
      isGauge: true,
      threshold: 1,
      says: 'For an hour nobody has been able to tell whether Extracta has a document.',
    },
  ];
}

/** Where nobody counts: what is parked now. */
function parkedJustNow(table: Watched['table']): AlarmRule {
  return {
    id: 'ParkedDocuments',
    metric: uploaderMetric(table, 'DocumentsParked', { statistic: Stats.SUM, period: SOON }),
    threshold: 1,
    says: 'Documents were parked; lastFailure in the ledger says why.',
  };
}

/** So long that one message, alone in the queue, is received three times: what kills the function shows again only so late. */
function threeReceives({ timeout = FUNCTION_TIMEOUT }: Watched['uploadFunction']): Duration {
  // An alarm's period is whole minutes.
  return Duration.minutes(Math.ceil((3 * visibilityFor(timeout).toSeconds()) / 60));
}

function ourselves({ table, uploadFunction, redriveFunction }: Watched): readonly AlarmRule[] {
  const failed: AlarmRule = {
    id: 'RecordFailed',
    metric: uploaderMetric(table, 'RecordsFailed', { statistic: Stats.SUM, period: SOON }),
    threshold: 1,
    says: 'A message ended in a defect of the uploader; it stays in the queue. See the log.',
  };
  const upload: AlarmRule = {
    id: 'UploadErrors',
    // One crash is repeated by the queue; three are no accident.
    metric: uploadFunction.metricErrors({ statistic: Stats.SUM, period: threeReceives(uploadFunction) }),
    threshold: 3,
    says: 'The upload function fails as a whole: settings, memory or time. See the log.',
  };
  if (redriveFunction === undefined) return [failed, upload];
  const redrive: AlarmRule = {
    id: 'RedriveErrors',
    // The next run goes on where one failed; a whole hour without one is too much.
    metric: redriveFunction.metricErrors({ statistic: Stats.SUM, period: Duration.hours(1) }),
    threshold: 4,
    says: 'The scheduled redrive fails: nothing comes back by itself, and nobody counts what is parked. See the log.',
  };
  return [failed, upload, redrive];
}
