import { Stack, Validations } from 'aws-cdk-lib';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { IConstruct } from 'constructs';

/**
 * What cdk-nag's AwsSolutions rules find here, and why it is so. Each stands on the resource that it is about and names
 * the finding whole, so that the next one of its kind is still reported.
 */
function acknowledge(on: IConstruct, finding: string, reason: string): void {
  Validations.of(on).acknowledge({ id: `AwsSolutions-${finding}`, reason });
}

/** A bucket that is made here. */
export function acknowledgeNoAccessLogs(bucket: IConstruct): void {
  acknowledge(
    bucket,
    'S1',
    "Who reads and writes documents is for the account's own trail to record: CloudTrail's data events for S3 (the account " +
      'turns them on; the stack makes no trail). S3 delivers access logs on a best-effort basis, and they need a second ' +
      "bucket, which is the account's to own: where it has one, the documents' bucket is made there and handed in as `bucket`.",
  );
}

/** A secret that is made here. */
export function acknowledgeNoRotation(secret: IConstruct): void {
  acknowledge(
    secret,
    'SMG4',
    "Extracta offers no call that makes a new API token, so no function could rotate it: a person does, in Extracta's " +
      'settings. The uploader reads a new one within five minutes, or at once when the old one is refused.',
  );
}

/**
 * A role that reads the documents of a bucket. `patterns` are as `keyPattern` makes them. Said when the app is
 * synthesized: a bucket of another stack gets the name that the finding calls it by only then.
 */
export function acknowledgeObjectsOf(role: IConstruct, bucket: IBucket, patterns: readonly string[]): void {
  const validate = () => {
    acknowledgeObjects(role, bucket, patterns);
    return [];
  };
  role.node.addValidation({ validate });
}

function acknowledgeObjects(role: IConstruct, bucket: IBucket, patterns: readonly string[]): void {
  for (const pattern of patterns) {
    acknowledge(
      role,
      `IAM5[Resource::${flat(Stack.of(role).resolve(bucket.arnForObjects(pattern)))}]`,
      "Objects of one bucket, read only, and only under the prefixes of the routes: the documents' names are not known " +
        'before they land, so the end of the key has to be open.',
    );
  }
}

/** A role of a function that runs in a network. */
export function acknowledgePluggingIn(role: IConstruct): void {
  acknowledge(
    role,
    'IAM5[Resource::*]',
    'Lambda makes and removes the network interfaces of a function in the name of its role: their ids are not known ' +
      'before they are made, and EC2 takes its Describe actions on every resource alone. These six are the actions that ' +
      "the Lambda Developer Guide asks for and that AWS's AWSLambdaVPCAccessExecutionRole allows on every resource. The " +
      "function's own code is denied all six by a second policy, on lambda:SourceFunctionArn.",
  );
}

/** CDK's own function for the notifications of buckets that exist, one a stack. */
export function acknowledgeNotificationsHandler(stack: Stack): void {
  const handler = stack.node.findChild('BucketNotificationsHandler050a0587b7544547bf325f094a3db834');
  if (handler.node.metadata.some(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)) return;
  acknowledge(
    handler,
    'IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]',
    "The function is aws-cdk-lib's, not ours to narrow: it runs in a deployment alone, and the managed policy lets it " +
      'write its log and nothing else. Sources announced by EventBridge come without it.',
  );
}

/** As cdk-nag writes a reference in a finding: `<LogicalId.Arn>/*`. */
function flat(value: unknown): string {
  if (typeof value === 'string') return value.replaceAll('${', '<').replaceAll('}', '>');
  const { 'Fn::Join': join, 'Fn::GetAtt': attribute, Ref } = value as Record<string, [string, unknown[]]>;
  if (join !== undefined) return join[1].map(flat).join(join[0]);
  if (attribute !== undefined) return `<${attribute.map(flat).join('.')}>`;
  return Ref === undefined ? JSON.stringify(value) : `<${Ref}>`;
}
