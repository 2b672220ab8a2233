import { RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { User } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket, EventType } from 'aws-cdk-lib/aws-s3';
import { SqsDestination } from 'aws-cdk-lib/aws-s3-notifications';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { AwsSolutionsChecks } from 'cdk-nag';
import { afterAll, describe, expect, it } from 'vitest';
import { ExtractaUploader } from '../../lib/infra/extracta-uploader.ts';
import { CONFIGURATIONS } from './configurations.ts';
import { statementsOf } from './statements.ts';
import { type Synthesized, synthesizedIn, workshop } from './synthesized.ts';

const routes = [{ prefix: '', classificationId: 'c' }];
const removals: (() => void)[] = [];
afterAll(() => {
  for (const remove of removals) remove();
});

function kept<S extends Synthesized>(synthesized: S): S {
  removals.push(synthesized.remove);
  return synthesized;
}

const idsOf = ({ template }: Synthesized, type: string) => Object.keys(template.findResources(type));
const propertiesOf = ({ template }: Synthesized, type: string) =>
  Object.values(template.findResources(type)).map(({ Properties }) => Properties);

describe('an existing bucket, by notification,', () => {
  const built = kept(CONFIGURATIONS['existing-bucket-by-notification']());

  it('keeps the notifications that it has: ours are merged into them', () => {
    built.template.hasResource('Custom::S3BucketNotifications', {
      Properties: {
        BucketName: 'theirs',
        Managed: false,
        NotificationConfiguration: {
          QueueConfigurations: [
            {
              Events: ['s3:ObjectCreated:*'],
              Filter: {
                Key: {
                  FilterRules: [
                    { Name: 'suffix', Value: '.pdf' },
                    { Name: 'prefix', Value: 'invoices/' },
                  ],
                },
              },
              QueueArn: Match.anyValue(),
            },
          ],
        },
      },
      // S3 tries the queue at once.
      DependsOn: Match.arrayWith([Match.stringLikeRegexp('ArrivalsPolicy')]),
    });
  });

  it('is the only one: no bucket and no secret is made where there are some', () => {
    expect(idsOf(built, 'AWS::S3::Bucket')).toEqual([]);
    expect(idsOf(built, 'AWS::SecretsManager::Secret')).toEqual([]);
  });

  it("made by the same app keeps the app's own notifications too", () => {
    const { template } = kept(
      synthesizedIn((stack) => {
        const bucket = new Bucket(stack, 'Bucket');
        const destination = new SqsDestination(new Queue(stack, 'Other'));
        bucket.addEventNotification(EventType.OBJECT_REMOVED, destination);
        return { routes, bucket };
      }),
    );
    template.hasResourceProperties('Custom::S3BucketNotifications', {
      NotificationConfiguration: {
        QueueConfigurations: [
          Match.objectLike({ Events: ['s3:ObjectRemoved:*'] }),
          Match.objectLike({ Events: ['s3:ObjectCreated:*'] }),
        ],
      },
    });
  });
});

describe('an existing bucket, by EventBridge,', () => {
  const built = kept(CONFIGURATIONS['existing-bucket-by-event-bridge']());

  it('is not touched: a rule takes its events, and keeps those that the queue refuses', () => {
    expect(idsOf(built, 'Custom::S3BucketNotifications')).toEqual([]);
    const rules = propertiesOf(built, 'AWS::Events::Rule').filter(({ EventPattern }) => EventPattern);
    expect(rules).toEqual([
      expect.objectContaining({
        EventPattern: {
          source: ['aws.s3'],
          'detail-type': ['Object Created'],
          detail: { bucket: { name: ['theirs'] }, object: { key: [{ wildcard: 'in?/*.pdf' }] } },
        },
        Targets: [
          {
            Id: 'Target0',
            Arn: { 'Fn::GetAtt': [expect.stringContaining('Arrivals'), 'Arn'] },
            DeadLetterConfig: { Arn: { 'Fn::GetAtt': [expect.stringContaining('DeadLetters'), 'Arn'] } },
          },
        ],
      }),
    ]);
  });

  it('of another stack is acknowledged by the name that it has there', () => {
    const { app, bundleDirectories, remove } = workshop();
    removals.push(remove);
    const bucket = new Bucket(new Stack(app, 'Storage'), 'Bucket');
    const theirs = new Stack(app, 'Theirs');
    const arrivals = { announcedBy: 'event-bridge' } as const;
    new ExtractaUploader(theirs, 'Uploader', { routes, bundleDirectories, bucket, arrivals });
    app.synth();
    expect(new AwsSolutionsChecks().validateScope(theirs).violations).toEqual([]);
  });
});

describe('one key for all', () => {
  const built = kept(CONFIGURATIONS['own-key']());
  const arn = { 'Fn::GetAtt': [idsOf(built, 'AWS::KMS::Key')[0], 'Arn'] };

  it('encrypts the bucket, both queues, the ledger, the secret and the logs', () => {
    const [bucket] = propertiesOf(built, 'AWS::S3::Bucket');
    expect(bucket.BucketEncryption.ServerSideEncryptionConfiguration).toEqual([
      {
        BucketKeyEnabled: true,
        ServerSideEncryptionByDefault: { KMSMasterKeyID: arn, SSEAlgorithm: 'aws:kms' },
      },
    ]);
    expect(propertiesOf(built, 'AWS::SQS::Queue').map((queue) => queue.KmsMasterKeyId)).toEqual([arn, arn]);
    expect(propertiesOf(built, 'AWS::DynamoDB::Table')[0].SSESpecification).toMatchObject({
      KMSMasterKeyId: arn,
      SSEType: 'KMS',
    });
    expect(propertiesOf(built, 'AWS::SecretsManager::Secret')[0].KmsKeyId).toEqual(arn);
    expect(propertiesOf(built, 'AWS::Logs::LogGroup').map((logs) => logs.KmsKeyId)).toEqual([arn, arn]);
  });

  it('is used by EventBridge only where EventBridge announces arrivals', () => {
    const announced = kept(CONFIGURATIONS['own-key-by-event-bridge']());
    const services = (of: Synthesized) =>
      (statementsOf(of.template)['Key'] ?? [])
        .map((line) => line.split(' ')[0])
        .filter((who) => /^(s3|ev)/.test(who ?? ''));
    expect(services(announced)).toEqual(['events.amazonaws.com']);
    expect(services(built)).toEqual(['s3.amazonaws.com']);
  });

  it('that was imported is a warning: what its policy needs can only be said', () => {
    const arnOfKey = 'arn:aws:kms:eu-west-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef';
    const { stack } = kept(
      synthesizedIn((scope) => ({ routes, encryptionKey: Key.fromKeyArn(scope, 'Key', arnOfKey) })),
    );
    Annotations.fromStack(stack).hasWarning('/Theirs/Uploader', Match.stringLikeRegexp('docs/iam.md'));
  });
});

describe('a network', () => {
  const built = kept(CONFIGURATIONS.vpc());

  it('holds both functions, and lets nothing in, and out only to the ports that are needed', () => {
    const groups = idsOf(built, 'AWS::EC2::SecurityGroup');
    expect(groups).toHaveLength(1);
    const [group] = propertiesOf(built, 'AWS::EC2::SecurityGroup');
    expect(group.SecurityGroupIngress).toBeUndefined();
    const out = group.SecurityGroupEgress.map((rule: Record<string, unknown>) => [
      rule['IpProtocol'],
      rule['FromPort'],
      rule['ToPort'],
    ]);
    expect(out).toEqual([
      ['tcp', 443, 443],
      ['tcp', 8443, 8443],
    ]);
    for (const { VpcConfig } of propertiesOf(built, 'AWS::Lambda::Function')) {
      expect(VpcConfig).toEqual({
        SecurityGroupIds: [{ 'Fn::GetAtt': [groups[0], 'GroupId'] }],
        SubnetIds: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
      });
    }
  });
});

describe('what is chosen', () => {
  const built = kept(CONFIGURATIONS['several-routes-and-buckets']());

  it('stands in the function, its mapping, and the visibility that follows from it', () => {
    built.template.hasResourceProperties('AWS::Lambda::Function', { Timeout: 900, MemorySize: 2048 });
    built.template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      ScalingConfig: { MaximumConcurrency: 2 },
    });
    built.template.hasResourceProperties('AWS::SQS::Queue', { VisibilityTimeout: 5400 });
  });

  it('is told of every alarm, and of its end', () => {
    const topic = ['arn:aws:sns:eu-west-1:123456789012:alarms'];
    const alarms = propertiesOf(built, 'AWS::CloudWatch::Alarm');
    expect(alarms.length).toBeGreaterThan(0);
    for (const { AlarmActions, OKActions } of alarms) {
      expect([AlarmActions, OKActions]).toEqual([topic, topic]);
    }
  });

  it('goes away with the stack only if that is said', () => {
    const { template } = kept(synthesizedIn(() => ({ routes, removalPolicy: RemovalPolicy.DESTROY })));
    template.hasResource('AWS::S3::Bucket', { DeletionPolicy: 'Delete' });
    template.hasResource('AWS::DynamoDB::Table', {
      DeletionPolicy: 'Delete',
      Properties: Match.objectLike({ DeletionProtectionEnabled: false }),
    });
  });
});

describe('grants', () => {
  const built = kept(
    synthesizedIn(
      (stack) => ({ routes, encryptionKey: new Key(stack, 'Key') }),
      (uploader) => {
        const user = new User(uploader, 'Operator');
        uploader.grantReadLedger(user);
        uploader.grantReadDeadLetters(user);
      },
    ),
  );

  it('let someone read the ledger and dead letters, decrypted, and nothing else', () => {
    const policies = built.template.findResources('AWS::IAM::Policy', {
      Properties: { Users: Match.anyValue() },
    });
    const actions = Object.values(policies).flatMap(({ Properties }) =>
      Properties.PolicyDocument.Statement.map(({ Action }: { readonly Action: unknown }) =>
        [Action].flat().join(' '),
      ),
    );
    expect(actions).toEqual([
      'kms:Decrypt',
      'dynamodb:GetItem dynamodb:Query dynamodb:Scan',
      'sqs:ChangeMessageVisibility sqs:GetQueueAttributes sqs:ReceiveMessage',
    ]);
  });
});

describe('cdk-nag, as a plugin of the app,', () => {
  const checked = (change: (stack: Stack) => void) => {
    const { app, bundleDirectories, remove } = workshop();
    removals.push(remove);
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    const stack = new Stack(app, 'Theirs');
    new ExtractaUploader(stack, 'Uploader', { routes, bundleDirectories });
    change(stack);
    return () => app.synth();
  };

  it('lets the uploader through', () => {
    expect(checked(() => {})).not.toThrow();
  });

  it('still finds what others put beside it', () => {
    expect(checked((stack) => new Queue(stack, 'Open'))).toThrow(/AwsSolutions-SQS/);
  });
});

describe('metrics', () => {
  const { uploader, stack } = kept(synthesizedIn(() => ({ routes })));

  it("are the functions' own, by name", () => {
    const { namespace, metricName, dimensions } = uploader.metricDocumentsUploaded();
    expect(stack.resolve({ namespace, metricName, dimensions })).toEqual({
      namespace: 'ExtractaUploader',
      metricName: 'DocumentsUploaded',
      dimensions: {
        service: 'extracta-uploader',
        ledger: { Ref: expect.stringContaining('Ledger') },
      },
    });
    expect(uploader.metric('ClaimsLost').metricName).toBe('ClaimsLost');
  });

  it('of the queues are those of SQS', () => {
    expect(stack.resolve(uploader.metricDeadLetters().dimensions)).toEqual({
      QueueName: { 'Fn::GetAtt': [expect.stringContaining('DeadLetters'), 'QueueName'] },
    });
  });
});
