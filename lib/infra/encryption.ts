import { Annotations, Aws } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';

// What AWS's services need of the one key is said of this account and not of the resources: a key's policy that names a
// resource which names the key is a cycle.

/**
 * Lets a service put messages into queues that the key encrypts.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html#compatibility-with-aws-services
 */
export function letSend(scope: Construct, key: IKey, service: 's3' | 'events'): void {
  const sid = service === 's3' ? 'S3SendsToTheQueue' : 'EventBridgeSendsToTheQueues';
  const actions = ['kms:Decrypt', 'kms:GenerateDataKey'];
  const conditions = { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } };
  addToPolicy(scope, key, statement(sid, `${service}.amazonaws.com`, actions, conditions));
}

/**
 * Lets CloudWatch Logs encrypt this account's log groups.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
 */
export function letLog(scope: Construct, key: IKey): void {
  const actions = ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'];
  const logGroups = `arn:${Aws.PARTITION}:logs:${Aws.REGION}:${Aws.ACCOUNT_ID}:log-group:*`;
  const conditions = { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': logGroups } };
  addToPolicy(
    scope,
    key,
    statement('LogsAreEncrypted', `logs.${Aws.REGION}.${Aws.URL_SUFFIX}`, actions, conditions),
  );
}

function addToPolicy(scope: Construct, key: IKey, wanted: PolicyStatement): void {
  if (key.addToResourcePolicy(wanted, true).statementAdded) return;
  Annotations.of(scope).addWarningV2(
    'extracta-uploader:keyPolicy',
    "encryptionKey was imported, so its policy can't be changed from here: " +
      "let S3, EventBridge and CloudWatch Logs use it by the statements in docs/iam.md, section 'The key'.",
  );
}

function statement(sid: string, service: string, actions: string[], conditions: object): PolicyStatement {
  const principals = [new ServicePrincipal(service)];
  // In a key's policy `*` is this key.
  const all = { sid, principals, actions, resources: ['*'] };
  return new PolicyStatement({ ...all, conditions: conditions as Record<string, object> });
}
