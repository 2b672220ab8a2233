import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, Metric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { Watched } from './alarms.ts';
import { DETAIL_TYPES, EVENT_KINDS } from './event-kinds.ts';
import { FUNCTION_TIMEOUT, REDRIVE_EVERY, visibilityFor } from './sizing.ts';
import { uploaderMetric } from './uploader-metrics.ts';

/** One alarm: what is measured, from where on it rings, and what it says. */
export interface AlarmRule {
  readonly id: string;
  /** The name of its section in the runbook, there in words. Default: `id`. */
  readonly section?: string;
  readonly metric: Metric;
  readonly threshold: number;
  /** Default: a sum or a maximum that is as high as the threshold in one period; nothing told is nothing wrong. */
  readonly rings?: {
    readonly comparisonOperator?: ComparisonOperator;
    /** Periods one after the other. */
    readonly evaluationPeriods?: number;
    readonly treatMissingData: TreatMissingData;
  };
  readonly says: string;
}

/** Told only now and then: in between, the alarm stays as it is. */
const GAUGE = { treatMissingData: TreatMissingData.IGNORE };

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
  return [
    oldestArrival(watched),
    ...onTheWay(watched),
    ...givenUp(watched),
    ...ourselves(watched),
    ...pipesFailed(watched),
  ];
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

function givenUp({ table, deadLetterQueue }: Watched): readonly AlarmRule[] {
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
  return [
    deadLetters,
    {
      id: 'ParkedDocuments',
      // The ledger's own count: whoever consumes the dead-letter queue, and letters that expire, keep DeadLetters silent.
      metric: now('DocumentsParkedNow'),
      rings: GAUGE,
      threshold: 1,
      says: 'The ledger has parked documents, with or without a dead letter; lastFailure says why.',
    },
    {
      id: 'UnknownOutcomes',
      metric: now('OutcomesOverdueNow'),
      rings: GAUGE,
      threshold: 1,
      says: 'For an hour nobody has been able to tell whether Extracta has a document.',
    },
  ];
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
  return [failed, upload, ...redrive(redriveFunction)];
}

function redrive(lambda: Watched['redriveFunction']): readonly AlarmRule[] {
  return [
    {
      id: 'RedriveErrors',
      // The next run goes on where one failed; a whole hour without one is too much.
      metric: lambda.metricErrors({ statistic: Stats.SUM, period: Duration.hours(1) }),
      threshold: 4,
      says: 'The scheduled redrive fails: nothing comes back by itself, and nobody counts what is parked. See the log.',
    },
    {
      id: 'RedriveStopped',
      // A function that nobody calls tells no errors, and no zero either.
      metric: lambda.metricInvocations({ statistic: Stats.SUM, period: REDRIVE_EVERY }),
      threshold: 1,
      rings: {
        comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
        // A period that begins between two runs may hold none of them; three in a row may not.
        evaluationPeriods: 3,
        treatMissingData: TreatMissingData.BREACHING,
      },
      says: 'The scheduled redrive has not run for three of its periods: nothing comes back by itself, and nobody counts what is parked.',
    },
  ];
}

/** A pipe tries a record again until the stream drops it, after 24 hours: one failure is no accident yet. */
const PIPE_RETRIES = Duration.minutes(30);

/** One for each pipe: a pipe that has nothing to tell has no figures, and a sum over several would have none either. */
function pipesFailed({ pipes = {} }: Watched): readonly AlarmRule[] {
  return EVENT_KINDS.flatMap((kind) => {
    const pipe = pipes[kind];
    if (pipe === undefined) return [];
    const id = `${DETAIL_TYPES[kind].replace(' ', '')}Untold`;
    const metric = new Metric({
      // https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-monitoring.html
      namespace: 'AWS/EventBridge/Pipes',
      metricName: 'ExecutionFailed',
      dimensionsMap: { PipeName: pipe.ref },
      statistic: Stats.SUM,
      period: PIPE_RETRIES,
    });
    const says = `The pipe that tells '${DETAIL_TYPES[kind]}' fails: events wait for at most 24 hours, then they are lost.`;
    return [{ id, section: 'EventsUntold', metric, threshold: 3, says }];
  });
}
