import type { Duration } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Queue, QueueEncryption, type QueueProps } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { maxReceivesFor } from './receives.ts';
import { RETENTION, visibilityFor } from './sizing.ts';

export interface QueueOptions {
  /** Default: SQS's own (SSE-SQS), which costs nothing. */
  readonly encryptionKey?: IKey | undefined;
}

// Not KMS_MANAGED: S3 cannot send to a queue that AWS's own SQS key encrypts, and says so only at deploy.
const privately = ({ encryptionKey }: QueueOptions): QueueProps => ({
  encryption: encryptionKey === undefined ? QueueEncryption.SQS_MANAGED : QueueEncryption.KMS,
  encryptionMasterKey: encryptionKey,
  enforceSSL: true,
  retentionPeriod: RETENTION,
});

export interface ArrivalsOptions extends QueueOptions {
  readonly deadLetters: Queue;
  /** Of the function that takes the messages. */
  readonly timeout: Duration;
}

/** Arrivals, and what the function queues for itself. A message stays until the ledger says that its document is settled. */
export function arrivalsQueue(scope: Construct, options: ArrivalsOptions): Queue {
  const visibilityTimeout = visibilityFor(options.timeout);
  return new Queue(scope, 'Arrivals', {
    ...privately(options),
    visibilityTimeout,
    deadLetterQueue: { queue: options.deadLetters, maxReceiveCount: maxReceivesFor(visibilityTimeout) },
  });
}

/** What was parked, with its reason, by us; and by SQS what crashed `MAX_RECEIVES` times. */
export function deadLetterQueue(scope: Construct, options: QueueOptions): Queue {
  return new Queue(scope, 'DeadLetters', privately(options));
}
