import { Aws, Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  type Bucket,
  BucketNotificationDestinationType,
  type CfnBucket,
  EventType,
  type IBucket,
  type IBucketNotificationDestination,
} from 'aws-cdk-lib/aws-s3';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { acknowledgeNotificationsHandler } from './acknowledgements.ts';
import type { KeyFilter } from './source-options.ts';

// ObjectCreated:*, not Put alone: a multipart upload ends in CompleteMultipartUpload.
const CREATED = EventType.OBJECT_CREATED;

/**
 * Lets S3 send to the queue, for buckets of this account. The policy can't name the bucket: S3 tries the queue while a
 * bucket is made, so the policy must come first.
 */
export function letS3Send(queue: Queue): void {
  const statement = new PolicyStatement({
    sid: 'S3AnnouncesArrivals',
    principals: [new ServicePrincipal('s3.amazonaws.com')],
    actions: ['sqs:SendMessage'],
    resources: [queue.queueArn],
    conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
  });
  queue.addToResourcePolicy(statement);
}

/**
 * Every object created in a bucket of our own becomes a message in the queue. Said in the bucket's own properties: CDK's
 * way brings a function whose role may set the bucket's notifications.
 */
export function announceOwnBucket(bucket: Bucket, queue: Queue): void {
  const properties = bucket.node.defaultChild as CfnBucket;
  properties.notificationConfiguration = {
    queueConfigurations: [{ event: CREATED, queue: queue.queueArn }],
  };
  bucket.node.addDependency(queue);
}

/** Adds a notification to those that the bucket has; CDK's custom resource keeps what is there. */
export function addNotification(bucket: IBucket, { prefix, suffix }: KeyFilter, queue: Queue): void {
  const filter = { ...(prefix !== '' && { prefix }), ...(suffix !== '' && { suffix }) };
  const filters = prefix === '' && suffix === '' ? [] : [filter];
  bucket.addEventNotification(CREATED, destination(queue), ...filters);
  acknowledgeNotificationsHandler(Stack.of(bucket));
}

/** Not CDK's `SqsDestination`: its policy names the bucket, and with one key for bucket and queue that is a cycle. */
function destination(queue: Queue): IBucketNotificationDestination {
  const policy = queue.node.findChild('Policy');
  const { queueArn: arn } = queue;
  return { bind: () => ({ arn, type: BucketNotificationDestinationType.QUEUE, dependencies: [policy] }) };
}
