import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Match } from 'aws-cdk-lib/assertions';
import { afterAll, describe, expect, it } from 'vitest';
import { LEDGER_INDEXES, ledgerTable } from '../../lib/aws/ledger-table.ts';
import type { UploaderConfig } from '../../lib/config/uploader-config.ts';
import { synthesized } from './synthesized.ts';

const config: UploaderConfig = {
  extractaUrl: 'https://extracta.example/api/v1',
  routes: [
    { prefix: 'invoices/', suffixes: ['.tif'], classificationId: 'c-1' },
    { prefix: 'letters/', classificationId: 'c-2' },
  ],
};
const { template, directory, remove } = synthesized(config);
afterAll(remove);

const FOURTEEN_DAYS_SECONDS = 14 * 24 * 60 * 60;

/** The logical id of the one resource of a type whose properties match. */
function idOf(type: string, properties: object = {}): string {
  const ids = Object.keys(template.findResources(type, { Properties: properties }));
  expect(ids).toHaveLength(1);
  return ids[0] ?? '';
}
const arnOf = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });

const bucket = idOf('AWS::S3::Bucket');
const queue = idOf('AWS::SQS::Queue', { RedrivePolicy: Match.anyValue() });
const deadLetters = idOf('AWS::SQS::Queue', { RedrivePolicy: Match.absent() });
const table = idOf('AWS::DynamoDB::Table');
const secret = idOf('AWS::SecretsManager::Secret');
const lambda = idOf('AWS::Lambda::Function', { Timeout: 300 });
const redrive = idOf('AWS::Lambda::Function', { Timeout: 120 });

const tlsOnly = (action: string) =>
  Match.objectLike({
    Effect: 'Deny',
    Action: action,
    Principal: { AWS: '*' },
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  });

describe('the bucket', () => {
  it('is private, encrypted, versioned, and outlives the stack', () => {
    template.hasResource('AWS::S3::Bucket', {
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: Match.objectLike({
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
        },
        VersioningConfiguration: { Status: 'Enabled' },
      }),
    });
  });

  it('takes TLS only', () => {
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: { Statement: Match.arrayWith([tlsOnly('s3:*')]) },
    });
  });

  it('expires nothing but abandoned uploads', () => {
    template.hasResourceProperties('AWS::S3::Bucket', {
      LifecycleConfiguration: {
        Rules: [
          {
            Id: 'AbandonedUploads',
            Status: 'Enabled',
            AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
          },
        ],
      },
    });
  });

  it('announces every way of creating an object, once the queue lets it', () => {
    template.hasResource('AWS::S3::Bucket', {
      Properties: Match.objectLike({
        NotificationConfiguration: {
          QueueConfigurations: [{ Event: 's3:ObjectCreated:*', Queue: arnOf(queue) }],
        },
      }),
      DependsOn: Match.arrayWith([idOf('AWS::SQS::QueuePolicy', { Queues: [{ Ref: queue }] })]),
    });
  });
});

describe('the queues', () => {
  it('are encrypted with a key that S3 may use, and keep messages for fourteen days', () => {
    const queues = Object.values(template.findResources('AWS::SQS::Queue'));
    expect(queues).toHaveLength(2);
    for (const { Properties } of queues) {
      expect(Properties).toMatchObject({
        SqsManagedSseEnabled: true,
        MessageRetentionPeriod: FOURTEEN_DAYS_SECONDS,
      });
      expect(Properties).not.toHaveProperty('KmsMasterKeyId');
    }
  });

  it.each([
    ['arrivals', queue],
    ['dead letters', deadLetters],
  ])('take TLS only: %s', (_, id) => {
    template.hasResourceProperties('AWS::SQS::QueuePolicy', {
      Queues: [{ Ref: id }],
      PolicyDocument: { Statement: Match.arrayWith([tlsOnly('sqs:*')]) },
    });
  });

  it('hide a message for at least six times the function timeout and the batch window', () => {
    const property = (id: string, name: string) => template.toJSON()['Resources'][id].Properties[name];
    const mapping = idOf('AWS::Lambda::EventSourceMapping');
    const needed =
      6 * property(lambda, 'Timeout') + (property(mapping, 'MaximumBatchingWindowInSeconds') ?? 0);
    expect(property(queue, 'VisibilityTimeout')).toBeGreaterThanOrEqual(needed);
  });

  it('leave parking to us: SQS moves a message only after 480 receives', () => {
    template.hasResourceProperties('AWS::SQS::Queue', {
      RedrivePolicy: { deadLetterTargetArn: arnOf(deadLetters), maxReceiveCount: 480 },
    });
  });

  it("let S3 send arrivals from this account's buckets, and nobody else anything", () => {
    const statements = Object.values(template.findResources('AWS::SQS::QueuePolicy'))
      .flatMap(({ Properties }) => Properties.PolicyDocument.Statement)
      .filter(({ Effect }) => Effect === 'Allow');
    expect(statements).toEqual([
      {
        Sid: 'S3AnnouncesArrivals',
        Effect: 'Allow',
        Principal: { Service: 's3.amazonaws.com' },
        Action: 'sqs:SendMessage',
        Resource: arnOf(queue),
        Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
      },
    ]);
  });
});

describe('the upload function', () => {
  it('runs on Node 24 and arm64, for at most five minutes, may queue for itself, and logs JSON', () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
      Timeout: 300,
      MemorySize: 1024,
      RecursiveLoop: 'Allow',
      LoggingConfig: { LogFormat: 'JSON', LogGroup: { Ref: Match.stringLikeRegexp('UploadLogs') } },
    });
    template.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 90 });
  });

  it('keeps its log when the stack goes, until the retention ends it; so does the redrive', () => {
    template.allResources('AWS::Logs::LogGroup', { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
    const without = synthesized(config, { choices: { removalPolicy: 'destroy' } });
    without.remove();
    without.template.allResources('AWS::Logs::LogGroup', { DeletionPolicy: 'Delete' });
  });

  it('is told everything that it needs by the environment, and no secret', () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: {
        Variables: {
          NODE_OPTIONS: '--max-semi-space-size=8 --expose-gc',
          UPLOADER_CONFIG_FILE: 'uploader.config.json',
          UPLOADER_TABLE_NAME: { Ref: table },
          UPLOADER_QUEUE_URL: { Ref: queue },
          UPLOADER_DEAD_LETTER_QUEUE_URL: { Ref: deadLetters },
          UPLOADER_API_TOKEN_SECRET_ID: { Ref: secret },
          UPLOADER_EXTRACTA_URL: 'https://extracta.example/api/v1',
        },
      },
    });
  });

  it('is deployed as its bundle and, beside it, the configuration', () => {
    const { S3Key } = template.toJSON()['Resources'][lambda].Properties.Code;
    const asset = join(directory, `asset.${S3Key.replace('.zip', '')}`);
    expect(readFileSync(join(asset, 'index.cjs'), 'utf8')).toContain('exports.handler');
    expect(JSON.parse(readFileSync(join(asset, 'uploader.config.json'), 'utf8'))).toEqual(config);
  });

  it('takes deliveries of ten, ten at once, and gives single records back', () => {
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      EventSourceArn: arnOf(queue),
      FunctionName: { Ref: lambda },
      BatchSize: 10,
      ScalingConfig: { MaximumConcurrency: 10 },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
    template.hasResourceProperties('AWS::Lambda::Function', {
      ReservedConcurrentExecutions: Match.absent(),
    });
  });
});

describe('the scheduled redrive', () => {
  it('runs every quarter of an hour, and is not repeated when it fails', () => {
    template.hasResourceProperties('AWS::Events::Rule', {
      ScheduleExpression: 'rate(15 minutes)',
      State: 'ENABLED',
      Targets: [{ Arn: arnOf(redrive), RetryPolicy: { MaximumRetryAttempts: 0 } }],
    });
    template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
      FunctionName: { Ref: redrive },
      MaximumRetryAttempts: 0,
    });
  });

  it('runs on Node 24 and arm64, and logs JSON', () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
      Timeout: 120,
      MemorySize: 256,
      LoggingConfig: { LogFormat: 'JSON', LogGroup: { Ref: Match.stringLikeRegexp('RedriveLogs') } },
    });
  });

  it('is told where the queues and the ledger are, and nothing of Extracta or its token', () => {
    const { Environment, Code } = template.toJSON()['Resources'][redrive].Properties;
    expect(Environment.Variables).toEqual({
      NODE_OPTIONS: '--max-semi-space-size=8 --expose-gc',
      UPLOADER_CONFIG_FILE: 'uploader.config.json',
      UPLOADER_TABLE_NAME: { Ref: table },
      UPLOADER_QUEUE_URL: { Ref: queue },
      UPLOADER_DEAD_LETTER_QUEUE_URL: { Ref: deadLetters },
      UPLOADER_REDRIVE_ONLY_COUNTS: 'false',
      POWERTOOLS_SERVICE_NAME: expect.any(String),
      POWERTOOLS_METRICS_NAMESPACE: expect.any(String),
    });
    const asset = join(directory, `asset.${Code.S3Key.replace('.zip', '')}`);
    expect(JSON.parse(readFileSync(join(asset, 'uploader.config.json'), 'utf8'))).toEqual(config);
  });

  // CloudWatch reads a queue's numbers once a minute: hidden for less than half a period, letters are seen in each.
  it('hides dead letters for less than half of the period in which their alarm looks for one', () => {
    const alarm = idOf('AWS::CloudWatch::Alarm', { MetricName: 'ApproximateNumberOfMessagesVisible' });
    const { Resources } = template.toJSON();
    const periodSeconds = Resources[alarm].Properties.Period;
    expect(2 * Resources[redrive].Properties.Timeout).toBeLessThan(periodSeconds);
  });

  it('without autoRedrive is called as often, and only counts', () => {
    const without = synthesized(config, { autoRedrive: false });
    without.remove();
    without.template.hasResourceProperties('AWS::Events::Rule', { ScheduleExpression: 'rate(15 minutes)' });
    without.template.hasResourceProperties('AWS::Lambda::Function', {
      Description: 'Counts what the ledger has parked, and sends nothing back',
      Environment: { Variables: Match.objectLike({ UPLOADER_REDRIVE_ONLY_COUNTS: 'true' }) },
    });
  });
});

describe('the ledger', () => {
  it('is paid per request, encrypted, restorable to any second, and hard to lose', () => {
    template.hasResource('AWS::DynamoDB::Table', {
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: Match.objectLike({
        BillingMode: 'PAY_PER_REQUEST',
        SSESpecification: { SSEEnabled: true },
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        DeletionProtectionEnabled: true,
      }),
    });
  });

  it('has the keys and the indexes of the table that the tests run against', () => {
    const { KeySchema, GlobalSecondaryIndexes, AttributeDefinitions } = ledgerTable('any');
    expect(GlobalSecondaryIndexes).toHaveLength(Object.keys(LEDGER_INDEXES).length);
    template.hasResourceProperties('AWS::DynamoDB::Table', {
      KeySchema,
      GlobalSecondaryIndexes,
      AttributeDefinitions,
    });
  });
});

describe('the alarms', () => {
  it('ring at the first dead letter, and when a document has waited for an hour', () => {
    const alarm = (metric: string, id: string, threshold: number) =>
      template.hasResourceProperties('AWS::CloudWatch::Alarm', {
        Namespace: 'AWS/SQS',
        MetricName: metric,
        Dimensions: [{ Name: 'QueueName', Value: { 'Fn::GetAtt': [id, 'QueueName'] } }],
        Statistic: 'Maximum',
        ComparisonOperator: 'GreaterThanOrEqualToThreshold',
        Threshold: threshold,
        EvaluationPeriods: 1,
        TreatMissingData: 'notBreaching',
        AlarmDescription: Match.anyValue(),
      });
    alarm('ApproximateNumberOfMessagesVisible', deadLetters, 1);
    alarm('ApproximateAgeOfOldestMessage', queue, 3600);
  });
});

describe('the secret', () => {
  // CloudFormation writes a new version when this property changes: it would replace the token that a person set.
  // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-secretsmanager-secret.html
  it('holds a placeholder that never changes', () => {
    template.hasResourceProperties('AWS::SecretsManager::Secret', {
      SecretString: 'put-your-extracta-api-key-here',
      GenerateSecretString: Match.absent(),
    });
  });
});

describe('the outputs', () => {
  const output = (name: string) => JSON.stringify(template.findOutputs(name)[name]?.['Value']);

  it('say how to set the token, from a file, so that it stands in no list of processes', () => {
    expect(output('Step1SetTheToken')).toContain('aws secretsmanager put-secret-value');
    expect(output('Step1SetTheToken')).toContain('--secret-string file://TOKEN_FILE');
    expect(output('Step1SetTheToken')).toContain(secret);
  });

  it('say how to upload a file to a key that the first route takes', () => {
    expect(output('Step2UploadAFile')).toContain('aws s3 cp');
    expect(output('Step2UploadAFile')).toContain(bucket);
    expect(output('Step2UploadAFile')).toContain('/invoices/invoice.tif');
  });

  it('name what CloudFormation named: an operator asks for it', () => {
    const { Outputs, Resources } = template.toJSON();
    const typeOf = (name: string) => {
      const { Value } = Outputs[name];
      return Resources[Value.Ref].Type;
    };
    expect(
      Object.fromEntries(
        Object.keys(Outputs)
          .filter((name) => !/^Step|^Choices$/.test(name))
          .map((name) => [name, typeOf(name)]),
      ),
    ).toEqual({
      Bucket: 'AWS::S3::Bucket',
      Ledger: 'AWS::DynamoDB::Table',
      Queue: 'AWS::SQS::Queue',
      DeadLetters: 'AWS::SQS::Queue',
      ApiToken: 'AWS::SecretsManager::Secret',
      UploadFunction: 'AWS::Lambda::Function',
      UploadLog: 'AWS::Logs::LogGroup',
      ArrivalsMapping: 'AWS::Lambda::EventSourceMapping',
      RedriveFunction: 'AWS::Lambda::Function',
      RedriveLog: 'AWS::Logs::LogGroup',
      RedriveSchedule: 'AWS::Events::Rule',
    });
    expect([Outputs.UploadFunction.Value.Ref, Outputs.RedriveFunction.Value.Ref]).toEqual([lambda, redrive]);
    expect([Outputs.Queue.Value.Ref, Outputs.DeadLetters.Value.Ref]).toEqual([queue, deadLetters]);
  });

  it('say where the mappings are', () => {
    expect(output('Step3ReadTheMappings')).toContain('aws dynamodb scan');
    expect(output('Step3ReadTheMappings')).toContain(table);
  });
});

describe('the stack', () => {
  it('says what it is for', () => {
    expect(template.toJSON()['Description']).toContain("Extracta's document classification");
  });

  it('brings no custom resource and no function but its own', () => {
    template.resourceCountIs('AWS::Lambda::Function', 2);
    const types = Object.values<{ Type: string }>(template.toJSON()['Resources']).map(({ Type }) => Type);
    expect(types.filter((type) => /^Custom::|CustomResource$/.test(type))).toEqual([]);
  });
});
