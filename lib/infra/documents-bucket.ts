import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { acknowledgeNoAccessLogs } from './acknowledgements.ts';

export interface BucketOptions {
  /** Default: S3's own. */
  readonly encryptionKey?: IKey | undefined;
  /** Default: RETAIN. */
  readonly removalPolicy?: RemovalPolicy | undefined;
}

/** Where people drop documents: private, versioned, TLS only, and kept when the stack goes. */
export function documentsBucket(scope: Construct, { encryptionKey, removalPolicy }: BucketOptions): Bucket {
  const bucket = new Bucket(scope, 'Documents', {
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    encryption: encryptionKey === undefined ? BucketEncryption.S3_MANAGED : BucketEncryption.KMS,
    encryptionKey,
    // One call of KMS for many objects, not one for each.
    bucketKeyEnabled: encryptionKey === undefined ? undefined : true,
    enforceSSL: true,
    // A version is what a document is: without versions an overwritten object is gone before it was read.
    versioned: true,
    lifecycleRules: [{ id: 'AbandonedUploads', abortIncompleteMultipartUploadAfter: Duration.days(7) }],
    removalPolicy: removalPolicy ?? RemovalPolicy.RETAIN,
  });
  acknowledgeNoAccessLogs(bucket);
  return bucket;
}
