import { Duration } from 'aws-cdk-lib';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { Key } from 'aws-cdk-lib/aws-kms';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { type Synthesized, synthesized, synthesizedIn } from './synthesized.ts';

const everything = [{ prefix: '', classificationId: 'c-1' }];

/** The configurations that are tested whole: rules, permissions, and the template itself. */
export const CONFIGURATIONS = {
  default: () => synthesized({ routes: everything }),

  'existing-bucket-by-notification': () =>
    synthesizedIn((stack) => ({
      routes: [
        { prefix: 'invoices/', classificationId: 'c-1' },
        { prefix: 'letters/', classificationId: 'c-2' },
      ],
      bucket: Bucket.fromBucketName(stack, 'Theirs', 'theirs'),
      arrivals: { prefix: 'invoices/', suffix: '.pdf' },
      apiToken: Secret.fromSecretNameV2(stack, 'Token', 'extracta/token'),
    })),

  'existing-bucket-by-event-bridge': () =>
    synthesizedIn((stack) => ({
      routes: [{ prefix: 'in?/', classificationId: 'c-1' }],
      bucket: Bucket.fromBucketName(stack, 'Theirs', 'theirs'),
      arrivals: { prefix: 'in?/', suffix: '.pdf', announcedBy: 'event-bridge' },
      autoRedrive: false,
    })),

  'own-key': () =>
    synthesizedIn((stack) => ({
      routes: everything,
      encryptionKey: new Key(stack, 'Key', { enableKeyRotation: true }),
      logRetention: RetentionDays.TEN_YEARS,
      eventBus: EventBus.fromEventBusName(stack, 'Bus', 'documents'),
    })),

  'own-key-by-event-bridge': () =>
    synthesizedIn((stack) => ({
      routes: everything,
      encryptionKey: new Key(stack, 'Key', { enableKeyRotation: true }),
      bucket: Bucket.fromBucketName(stack, 'Theirs', 'theirs'),
      arrivals: { announcedBy: 'event-bridge' },
      autoRedrive: false,
      eventBus: EventBus.fromEventBusName(stack, 'Bus', 'documents'),
      eventKinds: ['parked'],
    })),

  vpc: () =>
    synthesizedIn((stack) => ({
      routes: everything,
      extractaUrl: 'https://extracta.example:8443/api/v1',
      vpc: Vpc.fromVpcAttributes(stack, 'Network', {
        vpcId: 'vpc-0123456789abcdef0',
        availabilityZones: ['one', 'two'],
        privateSubnetRouteTableIds: ['rtb-0123456789abcdef0', 'rtb-0123456789abcdef1'],
        privateSubnetIds: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
      }),
    })),

  'several-routes-and-buckets': () =>
    synthesizedIn(
      (stack) => ({
        routes: [
          { prefix: 'customers/', classificationId: 'c-1' },
          { prefix: 'customers/urgent/', classificationId: 'c-2', batch: { by: 'object' } },
          { prefix: 'daily/請求書/', classificationId: 'c-3', batch: { by: 'day', maxFiles: 500 } },
        ],
        onUnknownOutcome: 'park',
        maxConcurrency: 2,
        timeout: Duration.minutes(15),
        waits: { replaceAfterMs: 20 * 60 * 60_000 },
        memorySize: 2048,
        apiToken: Secret.fromSecretAttributes(stack, 'Token', {
          secretCompleteArn: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:extracta/token-AbCdEf',
          encryptionKey: Key.fromKeyArn(stack, 'TokenKey', 'arn:aws:kms:eu-west-1:123456789012:key/token'),
        }),
        eventBus: EventBus.fromEventBusName(stack, 'Bus', 'documents'),
        alarmTopic: Topic.fromTopicArn(stack, 'Topic', 'arn:aws:sns:eu-west-1:123456789012:alarms'),
      }),
      (uploader) => {
        const { stack } = uploader.bucket;
        uploader.addSource(Bucket.fromBucketName(stack, 'Second', 'second'), { prefix: 'customers/' });
        const third = Bucket.fromBucketAttributes(stack, 'Third', {
          bucketName: 'third',
          encryptionKey: Key.fromKeyArn(stack, 'ThirdKey', 'arn:aws:kms:eu-west-1:123456789012:key/third'),
        });
        uploader.addSource(third, { suffix: '.tif', announcedBy: 'event-bridge' });
        uploader.addSource(third, { suffix: '.pdf', announcedBy: 'event-bridge' });
      },
    ),
} as const satisfies Record<string, () => Synthesized>;
