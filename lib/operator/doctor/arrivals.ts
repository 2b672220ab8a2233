import { type Event, GetBucketNotificationConfigurationCommand } from '@aws-sdk/client-s3';
import { type RuleFacts, rulesTo } from '../../aws/event-rules.ts';
import { keyFacts } from '../../aws/queue-key.ts';
import type { OpenLine } from '../open-line.ts';
import { checked, type Finding, ok, unknown, wrong } from './finding.ts';
import { type Announcer, lets } from './policy.ts';

type Attributes = Readonly<Record<string, string>>;

/** Whether what lands in the bucket comes to the queue, and by whom; and whether they may send there. Not of a local run. */
export async function arrivalFindings(
  open: OpenLine,
  bucket: string,
  queue: Attributes | undefined,
): Promise<readonly Finding[]> {
  const queueArn = queue?.['QueueArn'];
  if (queue === undefined || queueArn === undefined)
    return [unknown('notification', 'The queue could not be asked for its ARN.')];
  let announcers: readonly Announcer[] = ['s3', 'events'];
  const notification = await checked('notification', async () => {
    const [finding, by] = await notified(open, bucket, queueArn);
    if (by !== undefined) announcers = [by];
    return finding;
  });
  return [
    ...notification,
    ...(await checked('queue policy', async () => maySend(queue, announcers))),
    ...(await checked('queue key', () => mayEncrypt(queue, announcers))),
  ];
}

const REMEDY =
  'Deploy the stack again (or set the bucket’s notification to s3:ObjectCreated:* -> the queue), then backfill what was put meanwhile.';

type Told = readonly [Finding, Announcer | undefined];

async function notified({ clients }: OpenLine, bucket: string, queueArn: string): Promise<Told> {
  const set = await clients.s3.send(new GetBucketNotificationConfigurationCommand({ Bucket: bucket }));
  const ours = (set.QueueConfigurations ?? []).filter((each) => each.QueueArn === queueArn);
  if (ours.length === 0)
    return byEventBridge(bucket, set.EventBridgeConfiguration !== undefined, await rulesTo(queueArn));
  const events = ours.flatMap(({ Events = [] }) => Events as readonly Event[]);
  const filters = ours
    .flatMap(({ Filter }) => Filter?.Key?.FilterRules ?? [])
    .map(({ Name, Value }) => `${Name}=${Value}`);
  return [byNotification(events, filters), 's3'];
}

function byNotification(events: readonly Event[], filters: readonly string[]): Finding {
  const check = 'notification';
  const whole = events.includes('s3:ObjectCreated:*');
  const large = events.includes('s3:ObjectCreated:CompleteMultipartUpload');
  if (!whole && !large)
    return wrong(
      check,
      `Only ${events.join(', ')} reaches the queue: large files end in CompleteMultipartUpload.`,
      REMEDY,
    );
  const only = filters.length === 0 ? '' : ` (only ${filters.join(', ')})`;
  return ok(check, `Created objects reach the queue${only}.`);
}

function byEventBridge(bucket: string, isTold: boolean, rules: readonly RuleFacts[]): Told {
  const check = 'notification';
  const meant = rules.filter(({ pattern }) => isForArrivals(pattern, bucket));
  const [rule] = meant.filter(({ isEnabled }) => isEnabled);
  const [off] = meant;
  if (!isTold && off === undefined)
    return [
      wrong(check, 'No object that is created in the bucket is announced to the queue.', REMEDY),
      undefined,
    ];
  if (!isTold)
    return [
      wrong(
        check,
        `The rule ${off?.name} waits for the bucket’s events, and the bucket does not tell EventBridge.`,
        'Switch on "Send notifications to Amazon EventBridge" in the bucket’s properties, then backfill what was put meanwhile.',
      ),
      'events',
    ];
  if (off === undefined)
    return [
      wrong(check, 'The bucket tells EventBridge, and no rule brings it to the queue.', REMEDY),
      'events',
    ];
  if (rule === undefined)
    return [
      wrong(
        check,
        `The rule ${off.name}, which brings created objects to the queue, is switched off.`,
        `aws events enable-rule --name ${off.name}, then backfill what was put meanwhile.`,
      ),
      'events',
    ];
  return [ok(check, `Created objects reach the queue by the rule ${rule.name} of EventBridge.`), 'events'];
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html */
function isForArrivals(pattern: string | undefined, bucket: string): boolean {
  if (pattern === undefined) return false;
  const {
    source,
    'detail-type': type,
    detail,
  } = JSON.parse(pattern) as {
    source?: readonly unknown[];
    'detail-type'?: readonly unknown[];
    detail?: { bucket?: { name?: readonly unknown[] } };
  };
  // Without a condition all match; one that is no plain text (a prefix, a wildcard) may.
  const may = (wanted: readonly unknown[] | undefined, what: string) =>
    wanted === undefined || wanted.some((each) => each === what || typeof each === 'object');
  return may(source, 'aws.s3') && may(type, 'Object Created') && may(detail?.bucket?.name, bucket);
}

function maySend(queue: Attributes, by: readonly Announcer[]): Finding {
  return lets(queue['Policy'] ?? '{}', by, ['sqs:SendMessage'])
    ? ok('queue policy', `${called(by)} may send to the queue.`)
    : wrong(
        'queue policy',
        `${called(by)} may not send to the queue: no object is announced.`,
        'Deploy the stack again: it sets the queue’s policy.',
      );
}

const called = ([by, ...others]: readonly Announcer[]) =>
  by === 'events' ? 'EventBridge' : others.length > 0 ? 'S3, or EventBridge,' : 'S3';

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html#compatibility-with-aws-services */
const TO_SEND = ['kms:GenerateDataKey', 'kms:Decrypt'];

async function mayEncrypt(queue: Attributes, by: readonly Announcer[]): Promise<readonly Finding[]> {
  const check = 'queue key';
  const keyId = queue['KmsMasterKeyId'] ?? '';
  if (keyId === '') return [];
  const { arn, state, isAwsManaged, policy } = await keyFacts(keyId);
  if (isAwsManaged)
    return [
      wrong(
        check,
        `The queue is encrypted with AWS’s own key ${keyId}, which ${called(by)} may not use: no object is announced.`,
        'Give the queue a key of yours, or SQS’s own encryption (SSE-SQS): deploy the stack again.',
      ),
    ];
  if (state !== 'Enabled')
    return [
      wrong(
        check,
        `The queue’s key ${arn} is ${state}: nothing can be sent or read.`,
        `aws kms enable-key --key-id ${arn} (one that is to be deleted: cancel-key-deletion first).`,
      ),
    ];
  return [
    lets(policy, by, TO_SEND)
      ? ok(check, `${called(by)} may use the queue’s key.`)
      : wrong(
          check,
          `${called(by)} may not use the queue’s key ${arn}: no object is announced.`,
          'Add the statement in docs/iam.md, section "The key", to the key’s policy; then backfill what was put meanwhile.',
        ),
  ];
}
