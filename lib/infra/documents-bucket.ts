import { Aws, Duration, RemovalPolicy } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type CfnBucket,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';

/** Where people drop documents: private, versioned, TLS only, and kept when the stack goes. */
export function documentsBucket(scope: Construct): Bucket {
  return new Bucket(scope, 'Documents', {
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    encryption: BucketEncryption.S3_MANAGED,
    enforceSSL: true,
    // A version is what a document is: without versions an overwritten object is gone before it was read.
    versioned: true,
    lifecycleRules: [{ id: 'AbandonedUploads', abortIncompleteMultipartUploadAfter: Duration.days(7) }],
    removalPolicy: RemovalPolicy.RETAIN,
  });
}

/**
 * Every object created in the bucket becomes a message in the queue. Said in the bucket's own properties: CDK's way
 * brings a function whose role may set the notifications of every bucket. S3 tries the queue while the bucket is made, so
 * the queue's policy must come first and cannot name the bucket: it names this account, which keeps others out.
 */
export function announceArrivals(bucket: Bucket, queue: Queue): void {
  queue.addToResourcePolicy(
    new PolicyStatement({
      sid: 'S3AnnouncesArrivals',
      principals: [new ServicePrincipal('s3.amazonaws.com')],
      actions: ['sqs:SendMessage'],
      resources: [queue.queueArn],
      conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
    }),
  );
  const properties = bucket.node.defaultChild as CfnBucket;
  properties.notificationConfiguration = {
    // ObjectCreated:*, not Put alone: a multipart upload ends in CompleteMultipartUpload.
    queueConfigurations: [{ event: 's3:ObjectCreated:*', queue: queue.queueArn }],
  };
  bucket.node.addDependency(queue);
}
