import { Stack, Token } from 'aws-cdk-lib';
import type { CfnEventSourceMapping, CfnFunction, Function as Lambda } from 'aws-cdk-lib/aws-lambda';
import type { Bucket, CfnBucket } from 'aws-cdk-lib/aws-s3';
import type { CfnQueue, Queue } from 'aws-cdk-lib/aws-sqs';
import { RETENTION } from './sizing.ts';

/** What is looked at when the app is synthesized, whoever changed it since: an escape hatch, an aspect, a later line. */
export interface Checked {
  readonly queue: Queue;
  readonly deadLetterQueue: Queue;
  readonly uploadFunction: Lambda;
  /** Where the uploader made one. */
  readonly ownBucket: Bucket | undefined;
}

/** All that would fail at deploy or lose documents later, each as what is given and what to change. */
export function problemsAtSynth(checked: Checked): string[] {
  return [
    ...hiddenTooShortly(checked),
    ...keptTooShortly(checked.queue, 'queue'),
    ...deadLettersKeptTooShortly(checked),
    ...encryptedAwayFromS3(checked.queue),
    ...notificationsReplaced(checked.ownBucket),
  ];
}

/** https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html */
function hiddenTooShortly({ queue, uploadFunction }: Checked): string[] {
  const timeout = number((uploadFunction.node.defaultChild as CfnFunction).timeout) ?? 3;
  const mapping = uploadFunction.node.tryFindChild('Arrivals')?.node.defaultChild as CfnEventSourceMapping;
  const needed = 6 * timeout + (number(mapping.maximumBatchingWindowInSeconds) ?? 0);
  const visibility = (queueOf(queue).visibilityTimeout as number | undefined) ?? 30;
  if (Token.isUnresolved(visibility) || visibility >= needed) return [];
  return [
    `The queue hides a message for ${visibility} s, less than 6 × the function's timeout of ${timeout} s: ` +
      `give visibilityTimeout at least ${needed} s, or shorten the timeout.`,
  ];
}

function keptTooShortly(queue: Queue, name: string): string[] {
  const kept = retentionOf(queue);
  const needed = RETENTION.toSeconds();
  if (kept === undefined || kept >= needed) return [];
  return [
    `The ${name} keeps messages for ${kept} s, and documents wait there while Extracta is away: ` +
      `give messageRetentionPeriod ${needed} s (14 days).`,
  ];
}

/** A message that SQS moves keeps its first enqueue time: it could be dropped on arrival. */
function deadLettersKeptTooShortly({ queue, deadLetterQueue }: Checked): string[] {
  const kept = retentionOf(deadLetterQueue);
  const queueKeeps = retentionOf(queue);
  if (kept === undefined || queueKeeps === undefined || kept >= queueKeeps) return [];
  return [
    `The dead-letter queue keeps messages for ${kept} s, the queue for ${queueKeeps} s, and SQS counts both from the ` +
      `first enqueuing: give the dead-letter queue messageRetentionPeriod at least ${queueKeeps} s.`,
  ];
}

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html#compatibility-with-aws-services */
function encryptedAwayFromS3(queue: Queue): string[] {
  const key = Stack.of(queue).resolve(queueOf(queue).kmsMasterKeyId);
  if (typeof key !== 'string' || !key.endsWith('alias/aws/sqs')) return [];
  return [
    `The queue is encrypted with ${key} (KMS_MANAGED), which S3 may not use: ` +
      'leave the encryption to the construct, or give a key of your own as encryptionKey.',
  ];
}

/** CDK's custom resource sets a bucket's notifications as a whole, and does not know of those in its properties. */
function notificationsReplaced(bucket: Bucket | undefined): string[] {
  const resource = bucket?.node.tryFindChild('Notifications')?.node.tryFindChild('Resource');
  const said = (bucket?.node.defaultChild as CfnBucket | undefined)?.notificationConfiguration;
  if (resource === undefined || said === undefined) return [];
  return [
    "The uploader's own bucket was given further notifications, which would replace the uploader's: " +
      "make the bucket yourself and hand it in as bucket, and the uploader's are added to yours.",
  ];
}

const queueOf = (queue: Queue) => queue.node.defaultChild as CfnQueue;

/** Undefined where it is known at deploy alone. SQS's own default is 4 days. */
function retentionOf(queue: Queue): number | undefined {
  return number(queueOf(queue).messageRetentionPeriod ?? 345_600);
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' && !Token.isUnresolved(value) ? value : undefined;
}
