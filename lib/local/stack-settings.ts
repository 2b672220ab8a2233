import { LOCAL_ACCESS_KEY_ID } from './s3.ts';
import type { LocalSqs } from './sqs.ts';
import type { LocalStack, LocalStackOptions } from './stack.ts';

export const LOCAL_REGION = 'us-east-1';
export const LEDGER_TABLE = 'uploader-ledger';

/** Six times the function's timeout. https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html */
const VISIBILITY_PER_TIMEOUT = 6;
/** However much the waits are divided: a delivery that is merely slow should not come twice. If it does, it is held. */
const LEAST_VISIBILITY_SECONDS = 30;
/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html */
const MOST_VISIBILITY_SECONDS = 12 * 60 * 60;

/** Divided like the other waits, so that a demonstration sees a killed delivery come back. */
export function visibilitySeconds(functionTimeoutMs: number, waitsDivisor = 1): number {
  const wanted = Math.ceil((VISIBILITY_PER_TIMEOUT * functionTimeoutMs) / 1000 / waitsDivisor);
  return Math.min(MOST_VISIBILITY_SECONDS, Math.max(LEAST_VISIBILITY_SECONDS, wanted));
}

/** What the function is given: where everything is, and what it may do. */
export function functionEnvironment(
  options: LocalStackOptions,
  endpoints: LocalStack['endpoints'],
  { queueUrl, deadLetterQueueUrl }: LocalSqs,
): Record<string, string> {
  return {
    ...options.extraEnvironment,
    AWS_REGION: LOCAL_REGION,
    AWS_ACCESS_KEY_ID: LOCAL_ACCESS_KEY_ID,
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_S3: endpoints.s3,
    AWS_ENDPOINT_URL_SQS: endpoints.sqs,
    AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamodb,
    UPLOADER_CONFIG_FILE: options.configFile,
    UPLOADER_TABLE_NAME: LEDGER_TABLE,
    UPLOADER_QUEUE_URL: queueUrl,
    UPLOADER_DEAD_LETTER_QUEUE_URL: deadLetterQueueUrl,
    UPLOADER_EXTRACTA_URL: options.extractaUrl,
    UPLOADER_API_TOKEN: options.apiToken,
    UPLOADER_WAITS_DIVISOR: String(options.waitsDivisor ?? 1),
    UPLOADER_FORCE_PATH_STYLE: 'true',
  };
}
