import { Queue, QueueEncryption, type QueueProps } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { MAX_RECEIVES, RETENTION, VISIBILITY } from './sizing.ts';

// Not KMS_MANAGED: S3 cannot send to a queue that AWS's own SQS key encrypts, and says so only at deploy.
const PRIVATE: QueueProps = {
  encryption: QueueEncryption.SQS_MANAGED,
  enforceSSL: true,
  retentionPeriod: RETENTION,
};

/** Arrivals, and what the function queues for itself. A message stays until the ledger says that its document is settled. */
export function arrivalsQueue(scope: Construct, deadLetters: Queue): Queue {
  return new Queue(scope, 'Arrivals', {
    ...PRIVATE,
    visibilityTimeout: VISIBILITY,
    deadLetterQueue: { queue: deadLetters, maxReceiveCount: MAX_RECEIVES },
  });
}

/** What was parked, with its reason, by us; and by SQS what crashed `MAX_RECEIVES` times. */
export function deadLetterQueue(scope: Construct): Queue {
  return new Queue(scope, 'DeadLetters', PRIVATE);
}
