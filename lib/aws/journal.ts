import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { Journal } from '../pipeline/ports.ts';
import { redaction } from './redaction.ts';

/** Powertools' logger and metrics: one JSON line an event; metrics in CloudWatch's embedded format. */
export interface Telemetry {
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/**
 * Every metric stands in this CloudWatch namespace, with two dimensions: `service`, and `ledger`, the name of the table,
 * which tells one uploader of an account from another.
 */
export const METRICS_NAMESPACE = 'ExtractaUploader';
export const SERVICE_NAME = 'extracta-uploader';
export const LEDGER_DIMENSION = 'ledger';

/** A measure without `field` counts events; with it, it adds up that field where it is a number. */
interface Measure {
  readonly metric: string;
  readonly unit: (typeof MetricUnit)[keyof typeof MetricUnit];
  readonly field?: string;
}

interface EventRule {
  /** Default: info. */
  readonly level?: 'warn' | 'error';
  readonly measures?: readonly Measure[];
}

const counted = (metric: string): Measure => ({ metric, unit: MetricUnit.Count });
const summed = (metric: string, field: string, unit: Measure['unit'] = MetricUnit.Count): Measure => ({
  metric,
  unit,
  field,
});

/** The events that are more than a line of information: what is logged louder, and what is measured of them. */
export const EVENT_RULES: Readonly<Record<string, EventRule>> = {
  'settings.refused': { level: 'error', measures: [counted('SettingsRefused')] },
  'delivery.answered': {
    measures: [summed('RecordsAcknowledged', 'acknowledged'), summed('RecordsKept', 'kept')],
  },
  'record.failed': { level: 'error', measures: [counted('RecordsFailed')] },
  'visibility.refused': { level: 'warn' },
  'message.deferred': { level: 'warn' },

  'arrival.ignored': { measures: [counted('ArrivalsIgnored')] },
  'arrival.malformed': { level: 'warn', measures: [counted('ArrivalsMalformed')] },
  'document.sent': { measures: [summed('SendTime', 'tookMs', MetricUnit.Milliseconds)] },
  'document.uploaded': {
    measures: [counted('DocumentsUploaded'), summed('BytesUploaded', 'sizeBytes', MetricUnit.Bytes)],
  },
  'document.skipped': { measures: [counted('DocumentsSkipped')] },
  'document.deferred': { measures: [counted('DocumentsDeferred')] },
  'document.parked': { level: 'warn', measures: [counted('DocumentsParked')] },

  'claim.lost': { level: 'warn', measures: [counted('ClaimsLost')] },
  'outcome.lost': { level: 'warn', measures: [counted('OutcomesUnknown')] },
  'file.doubled': { level: 'error', measures: [counted('FilesDoubled')] },
  'look.given-up': { level: 'warn', measures: [counted('LooksGivenUp')] },
  'receipt.queued': { level: 'warn' },
  'answer.unrecorded': { level: 'error' },
  'conclusion.failed': { level: 'warn' },
  'slot.rejected': { level: 'warn' },
  'slot.unopened': { level: 'warn' },
  'slot.unfreed': { level: 'warn' },

  'breaker.opened': { level: 'error', measures: [counted('BreakerOpenings')] },
  'breaker.untold': { level: 'warn' },
  'names.lost': { level: 'error', measures: [counted('NamesLost')] },
  'names.unnoted': { level: 'warn' },
  'redrive.ended': {
    measures: [
      summed('DeadLettersRedriven', 'sentBack'),
      summed('DocumentsParkedNow', 'parked'),
      summed('OutcomesOverdueNow', 'overdue'),
    ],
  },
  'redrive.refused': { level: 'warn' },
  // What SQS itself had moved away: something crashed until it was given up.
  'message.redriven': { level: 'warn' },

  'token.suspected': { level: 'error', measures: [counted('TokensSuspected')] },
};

export function createTelemetry(): Telemetry {
  return {
    logger: new Logger({ serviceName: SERVICE_NAME }),
    metrics: new Metrics({ namespace: METRICS_NAMESPACE, serviceName: SERVICE_NAME }),
  };
}

/** From here on every metric says whose it is. */
export function measureFor({ metrics }: Telemetry, tableName: string): void {
  metrics.setDefaultDimensions({ [LEDGER_DIMENSION]: tableName });
}

/**
 * One JSON line an event: `event` is its name, beside it its fields, after {@link redaction}. A `message` among the
 * fields is the line's message. Metrics wait in `telemetry.metrics` until the invocation's end.
 */
export function createJournal(telemetry: Telemetry, secrets: () => readonly string[]): Journal {
  const redact = redaction(secrets);
  return {
    record(event, fields) {
      const rule = Object.hasOwn(EVENT_RULES, event) ? EVENT_RULES[event] : undefined;
      const { message, ...rest } = redact(fields);
      telemetry.logger[rule?.level ?? 'info']({
        ...rest,
        event,
        message: typeof message === 'string' ? message : event,
      });
      for (const measure of rule?.measures ?? []) add(telemetry.metrics, measure, fields);
    },
  };
}

function add(
  metrics: Metrics,
  { metric, unit, field }: Measure,
  fields: Readonly<Record<string, unknown>>,
): void {
  const value = field === undefined ? 1 : fields[field];
  if (typeof value === 'number' && Number.isFinite(value)) metrics.addMetric(metric, unit, value);
}
