import type { Duration } from 'aws-cdk-lib';
import { EventSourceMapping, RecursiveLoop } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { DEFAULT_EXTRACTA_URL } from '../config/uploader-config.ts';
import { type FunctionOptions, type FunctionParts, functionParts } from './function-shell.ts';
import { uploadPermissions } from './permissions.ts';
import { BATCH_WINDOW, DELIVERY_SIZE, MAX_CONCURRENCY, MEMORY_MB } from './sizing.ts';

export interface UploadFunctionOptions extends FunctionOptions {
  readonly timeout: Duration;
  /** Default: `MAX_CONCURRENCY`. */
  readonly maxConcurrency?: number | undefined;
  /** In MB. Default: `MEMORY_MB`. */
  readonly memorySize?: number | undefined;
}

export interface UploadParts extends FunctionParts {
  readonly mapping: EventSourceMapping;
}

/** The function that takes arrivals from the queue and sends documents to Extracta. What it may read, `Sources` adds. */
export function uploadFunction(scope: Construct, options: UploadFunctionOptions): UploadParts {
  const { timeout, apiToken, config } = options;
  const parts = functionParts(scope, 'Upload', options, {
    bundle: 'upload',
    description: 'Sends documents from the bucket to Extracta, and keeps the ledger',
    timeout,
    memorySize: options.memorySize ?? MEMORY_MB,
    environment: {
      UPLOADER_API_TOKEN_SECRET_ID: apiToken.secretArn,
      UPLOADER_EXTRACTA_URL: config.extractaUrl ?? DEFAULT_EXTRACTA_URL,
      UPLOADER_RECORD_CONCURRENCY: String(DELIVERY_SIZE),
    },
    permissions: (logs) => uploadPermissions(options, logs),
    // It queues for itself: receipts, copies, looks, what took an object's place. A receipt goes round every five minutes
    // while the ledger is down, and Lambda stops what has gone round sixteen times. docs/iam.md says what bounds it instead.
    // https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
    recursiveLoop: RecursiveLoop.ALLOW,
  });
  return { ...parts, mapping: arrivalsMapping(parts, options) };
}

function arrivalsMapping({ lambda }: FunctionParts, options: UploadFunctionOptions): EventSourceMapping {
  return new EventSourceMapping(lambda, 'Arrivals', {
    target: lambda,
    eventSourceArn: options.queue.queueArn,
    batchSize: DELIVERY_SIZE,
    maxBatchingWindow: BATCH_WINDOW,
    maxConcurrency: options.maxConcurrency ?? MAX_CONCURRENCY,
    // One failed document must not bring nine uploaded ones back.
    reportBatchItemFailures: true,
  });
}
