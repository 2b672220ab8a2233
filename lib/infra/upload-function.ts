import { RemovalPolicy } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  Function as Lambda,
  LoggingFormat,
  RecursiveLoop,
  Runtime,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { CONFIG_FILE_NAME, DEFAULT_EXTRACTA_URL, type UploaderConfig } from '../config/uploader-config.ts';
import { bundleWithConfig } from './function-code.ts';
import { type Surroundings, uploadPermissions } from './permissions.ts';
import { BATCH_WINDOW, DELIVERY_SIZE, FUNCTION_TIMEOUT, MAX_CONCURRENCY, MEMORY_MB } from './sizing.ts';

export interface UploadFunctionProps extends Surroundings {
  /** The folder of the bundled handler, `index.mjs`. */
  readonly bundleDirectory: string;
  readonly config: UploaderConfig;
}

/** The function that takes arrivals from the queue and sends documents to Extracta. */
export function uploadFunction(scope: Construct, props: UploadFunctionProps): Lambda {
  const logs = new LogGroup(scope, 'UploadLogs', {
    retention: RetentionDays.THREE_MONTHS,
    // What became of each document is in the ledger, which stays.
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const upload = new Lambda(scope, 'Upload', {
    description: 'Sends documents from the bucket to Extracta, and keeps the ledger',
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    handler: 'index.handler',
    code: bundleWithConfig(props.bundleDirectory, props.config),
    role: uploadRole(scope, props, logs),
    timeout: FUNCTION_TIMEOUT,
    memorySize: MEMORY_MB,
    environment: environment(props),
    logGroup: logs,
    loggingFormat: LoggingFormat.JSON,
    // A look that waits for its time queues itself again, up to a hundred times. Lambda would take that for a runaway
    // loop after sixteen, and stop the function. https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
    recursiveLoop: RecursiveLoop.ALLOW,
  });
  takeArrivals(upload, props);
  return upload;
}

function takeArrivals(upload: Lambda, { queue }: UploadFunctionProps): void {
  upload.addEventSourceMapping('Arrivals', {
    eventSourceArn: queue.queueArn,
    batchSize: DELIVERY_SIZE,
    maxBatchingWindow: BATCH_WINDOW,
    maxConcurrency: MAX_CONCURRENCY,
    // One failed document must not bring nine uploaded ones back.
    reportBatchItemFailures: true,
  });
}

/** A role of its own: the one that CDK makes carries a managed policy that may write every log. */
function uploadRole(scope: Construct, props: UploadFunctionProps, logs: LogGroup): Role {
  const role = new Role(scope, 'UploadRole', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  for (const statement of uploadPermissions(props, logs)) role.addToPolicy(statement);
  return role;
}

function environment(props: UploadFunctionProps): Record<string, string> {
  return {
    UPLOADER_CONFIG_FILE: CONFIG_FILE_NAME,
    UPLOADER_TABLE_NAME: props.table.tableName,
    UPLOADER_QUEUE_URL: props.queue.queueUrl,
    UPLOADER_DEAD_LETTER_QUEUE_URL: props.deadLetterQueue.queueUrl,
    UPLOADER_API_TOKEN_SECRET_ID: props.apiToken.secretArn,
    UPLOADER_EXTRACTA_URL: props.config.extractaUrl ?? DEFAULT_EXTRACTA_URL,
    UPLOADER_RECORD_CONCURRENCY: String(DELIVERY_SIZE),
    POWERTOOLS_SERVICE_NAME: 'extracta-uploader',
    POWERTOOLS_METRICS_NAMESPACE: 'ExtractaUploader',
  };
}
