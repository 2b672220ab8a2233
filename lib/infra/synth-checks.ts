import { type CfnResource, Stack } from 'aws-cdk-lib';
import type { Function as Lambda } from 'aws-cdk-lib/aws-lambda';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { IConstruct } from 'constructs';
import type { UploaderConfig } from '../config/uploader-config.ts';
import { DEFAULT_MAX_DOCUMENT_BYTES } from '../pipeline/settings.ts';
import { inPace, RETENTION, timeoutFor } from './sizing.ts';
import type { Source } from './sources.ts';

/** What is looked at when the app is synthesized, whoever changed it since: an escape hatch, an aspect, a later line. */
export interface Checked {
  readonly queue: Queue;
  readonly deadLetterQueue: Queue;
  readonly uploadFunction: Lambda;
  /** Where the uploader made one. */
  readonly ownBucket: Bucket | undefined;
  /** All that there are when the app is synthesized. */
  readonly sources: readonly Pick<Source, 'rule'>[];
  readonly config: Pick<UploaderConfig, 'maxDocumentBytes'>;
}

/** All that would fail at deploy or lose documents later, each as what is given and what to change. */
export function problemsAtSynth(checked: Checked): string[] {
  return [
    ...endsTooSoon(checked),
    ...hiddenTooShortly(checked),
    ...keptTooShortly(checked.queue, 'queue'),
    ...deadLettersKeptTooShortly(checked),
    ...encryptedAwayFromSenders(checked),
    ...notificationsReplaced(checked.ownBucket),
  ];
}

function endsTooSoon({ uploadFunction, config }: Checked): string[] {
  const { maxDocumentBytes = DEFAULT_MAX_DOCUMENT_BYTES } = config;
  const timeout = number(rendered(uploadFunction)['Timeout'] ?? 3);
  const needed = timeoutFor(maxDocumentBytes).toSeconds();
  if (timeout === undefined || timeout >= needed) return [];
  return [
    `The upload function ends after ${timeout} s, and a document of ${maxDocumentBytes} bytes (maxDocumentBytes) takes ` +
      `${needed} s at ${inPace()}: give it at least ${needed} s, or lower maxDocumentBytes.`,
  ];
}

/** https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html */
function hiddenTooShortly({ queue, uploadFunction }: Checked): string[] {
  const timeout = number(rendered(uploadFunction)['Timeout'] ?? 3);
  const mapping = rendered(uploadFunction.node.findChild('Arrivals'));
  const window = number(mapping['MaximumBatchingWindowInSeconds'] ?? 0);
  const visibility = number(rendered(queue)['VisibilityTimeout'] ?? 30);
  if (timeout === undefined || window === undefined || visibility === undefined) return [];
  const needed = 6 * timeout + window;
  if (visibility >= needed) return [];
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
function encryptedAwayFromSenders({ queue, deadLetterQueue, sources }: Checked): string[] {
  const byRule = sources.some(({ rule }) => rule !== undefined) ? ['EventBridge'] : [];
  const byBucket = sources.some(({ rule }) => rule === undefined) ? ['S3'] : [];
  return [
    ...encryptedAwayFrom([...byBucket, ...byRule], queue, 'queue'),
    // What a rule could not deliver.
    ...encryptedAwayFrom(byRule, deadLetterQueue, 'dead-letter queue'),
  ];
}

function encryptedAwayFrom(senders: readonly string[], queue: Queue, name: string): string[] {
  // An ARN is put together at deploy; its end is there already.
  const key = JSON.stringify(rendered(queue)['KmsMasterKeyId']) ?? '';
  if (senders.length === 0 || !key.includes('alias/aws/sqs"')) return [];
  return [
    `The ${name} is encrypted with alias/aws/sqs (KMS_MANAGED), which ${senders.join(' and ')} may not use: ` +
      'leave the encryption to the construct, or give a key of your own as encryptionKey.',
  ];
}

/** CDK's custom resource sets a bucket's notifications as a whole, and does not know of those in its properties. */
function notificationsReplaced(bucket: Bucket | undefined): string[] {
  const resource = bucket?.node.tryFindChild('Notifications')?.node.tryFindChild('Resource');
  if (bucket === undefined || resource === undefined) return [];
  if (rendered(bucket)['NotificationConfiguration'] === undefined) return [];
  return [
    "The uploader's own bucket was given further notifications, which would replace the uploader's: " +
      "make the bucket yourself and hand it in as bucket, and the uploader's are added to yours.",
  ];
}

/** Undefined where it is known at deploy alone. SQS's own default is 4 days. */
function retentionOf(queue: Queue): number | undefined {
  return number(rendered(queue)['MessageRetentionPeriod'] ?? 345_600);
}

/** The properties as they will stand in the template: what `addPropertyOverride` said is in no property of the construct. */
function rendered(construct: IConstruct): Readonly<Record<string, unknown>> {
  const resource = construct.node.defaultChild as CfnResource;
  const { Resources } = Stack.of(resource).resolve(resource._toCloudFormation());
  const [only] = Object.values<{ Properties?: Readonly<Record<string, unknown>> }>(Resources);
  return only?.Properties ?? {};
}

const number = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);
