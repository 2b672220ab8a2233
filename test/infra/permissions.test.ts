import { afterAll, describe, expect, it } from 'vitest';
import { CONFIGURATIONS } from './configurations.ts';
import { statementsOf, written } from './statements.ts';
import type { Synthesized } from './synthesized.ts';

type Statements = Readonly<Record<string, readonly string[]>>;

// A new statement must be written down here, and in docs/iam.md with its reason.
const LAMBDA = 'lambda.amazonaws.com sts:AssumeRole';
const tlsOnly = (service: string, ...resources: readonly string[]) =>
  `deny * ${service}:* on ${resources.join(' and ')} if aws:SecureTransport Bool false`;

const upload = (token = 'ApiToken') => [
  LAMBDA,
  'sqs:ChangeMessageVisibility sqs:DeleteMessage sqs:GetQueueAttributes sqs:ReceiveMessage on Arrivals.Arn',
  'sqs:SendMessage on Arrivals.Arn',
  'sqs:SendMessage on DeadLetters.Arn',
  'dynamodb:GetItem dynamodb:PutItem dynamodb:UpdateItem on Ledger.Arn',
  `secretsmanager:GetSecretValue on ${token}`,
  'logs:CreateLogStream logs:PutLogEvents on UploadLogs.Arn',
];

const redrive = [
  LAMBDA,
  'sqs:ChangeMessageVisibility sqs:DeleteMessage sqs:ReceiveMessage on DeadLetters.Arn',
  'sqs:SendMessage on Arrivals.Arn',
  'dynamodb:GetItem dynamodb:PutItem on Ledger.Arn',
  'dynamodb:Query on Ledger.Arn/index/byUnsettled',
  'logs:CreateLogStream logs:PutLogEvents on RedriveLogs.Arn',
];

const count = [
  LAMBDA,
  'dynamodb:Query on Ledger.Arn/index/byUnsettled',
  'logs:CreateLogStream logs:PutLogEvents on RedriveLogs.Arn',
];

const documents = (bucket: string, ...keys: readonly string[]) => [
  `s3:GetObject s3:GetObjectVersion on ${keys.map((key) => `${bucket}/${key}`).join(' and ')}`,
  `s3:ListBucket on ${bucket}`,
];

const s3Announces =
  's3.amazonaws.com sqs:SendMessage on Arrivals.Arn if aws:SourceAccount StringEquals AccountId';
const ruleAnnounces = (queue: string, rule: string) =>
  `events.amazonaws.com sqs:SendMessage on ${queue}.Arn if aws:SourceArn ArnEquals ${rule}.Arn`;

const bucketPolicy = { Documents: [tlsOnly('s3', 'Documents.Arn', 'Documents.Arn/*')] };
const queues = {
  Arrivals: [tlsOnly('sqs', 'Arrivals.Arn'), s3Announces],
  DeadLetters: [tlsOnly('sqs', 'DeadLetters.Arn')],
};

const existing = (bucket: string) => `arn:Partition:s3:::${bucket}`;
const notificationsOf = (bucket: string) => ({
  BucketNotificationsHandler050a0587b7544547bf325f094a3db834Role: [
    `s3:GetBucketNotification s3:PutBucketNotification on ${existing(bucket)}`,
    'managed policy arn:Partition:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole',
    LAMBDA,
  ],
});

const via = (...services: readonly string[]) =>
  `if kms:ViaService StringLike ${services.map((service) => `${service}.Region.amazonaws.com*`).join(' or ')}`;
const useTheKey =
  'kms:Decrypt kms:DescribeKey kms:Encrypt kms:GenerateDataKey kms:ReEncryptFrom kms:ReEncryptTo on Key.Arn';
const logsContext =
  'if kms:EncryptionContext:aws:logs:arn ArnLike arn:Partition:logs:Region:AccountId:log-group:*';

/** The key's own policy, whoever announces. */
const key = [
  'arn:Partition:iam::AccountId:root kms:* on *',
  `logs.Region.URLSuffix kms:Decrypt kms:DescribeKey kms:Encrypt kms:GenerateDataKey* kms:ReEncrypt* on * ${logsContext}`,
  'arn:Partition:iam::AccountId:root kms:CreateGrant kms:Decrypt kms:DescribeKey kms:Encrypt kms:GenerateDataKey* kms:ReEncrypt* on * ' +
    'if kms:ViaService StringEquals secretsmanager.Region.amazonaws.com',
];
const serviceSends = (service: string) =>
  `${service}.amazonaws.com kms:Decrypt kms:GenerateDataKey on * if aws:SourceAccount StringEquals AccountId`;

const network =
  'ec2:AssignPrivateIpAddresses ec2:CreateNetworkInterface ec2:DeleteNetworkInterface ' +
  'ec2:DescribeNetworkInterfaces ec2:DescribeSubnets ec2:UnassignPrivateIpAddresses on *';
const onlyLambdaItself = (lambda: string) => [
  network,
  `deny ${network} if lambda:SourceFunctionArn ArnEquals ${lambda}.Arn`,
];

const pipes = [
  'pipes.amazonaws.com sts:AssumeRole if aws:SourceAccount StringEquals AccountId',
  'dynamodb:DescribeStream dynamodb:GetRecords dynamodb:GetShardIterator dynamodb:ListStreams on Ledger.StreamArn',
  'events:PutEvents on arn:Partition:events:Region:AccountId:event-bus/documents',
];

const third = [
  ...documents(existing('third'), 'customers/*', 'daily/*'),
  `kms:Decrypt on arn:aws:kms:eu-west-1:123456789012:key/third ${via('s3')}`,
];

const ALLOWED: Readonly<Record<keyof typeof CONFIGURATIONS, Statements>> = {
  default: {
    ...bucketPolicy,
    ...queues,
    UploadRole: [...upload(), ...documents('Documents.Arn', '*')],
    RedriveRole: redrive,
  },

  'existing-bucket-by-notification': {
    ...queues,
    UploadRole: [
      ...upload('arn:Partition:secretsmanager:Region:AccountId:secret:extracta/token-??????'),
      // Of two routes, letters/ lies beyond the notification's filter.
      ...documents(existing('theirs'), 'invoices/*'),
    ],
    RedriveRole: redrive,
    ...notificationsOf('theirs'),
  },

  'existing-bucket-by-event-bridge': {
    Arrivals: [tlsOnly('sqs', 'Arrivals.Arn'), ruleAnnounces('Arrivals', 'Source')],
    DeadLetters: [tlsOnly('sqs', 'DeadLetters.Arn'), ruleAnnounces('DeadLetters', 'Source')],
    // The question mark is one, not any character.
    UploadRole: [...upload(), ...documents(existing('theirs'), `in\${?}/*`)],
    RedriveRole: count,
  },

  'own-key': {
    ...bucketPolicy,
    ...queues,
    Key: [...key, serviceSends('s3')],
    UploadRole: [
      ...upload(),
      `${useTheKey} ${via('dynamodb', 's3', 'secretsmanager', 'sqs')}`,
      ...documents('Documents.Arn', '*'),
    ],
    RedriveRole: [...redrive, `${useTheKey} ${via('dynamodb', 'sqs')}`],
    EventsPipesRole: [...pipes, 'kms:Decrypt on Key.Arn'],
  },

  'own-key-by-event-bridge': {
    Arrivals: [tlsOnly('sqs', 'Arrivals.Arn'), ruleAnnounces('Arrivals', 'Source')],
    DeadLetters: [tlsOnly('sqs', 'DeadLetters.Arn'), ruleAnnounces('DeadLetters', 'Source')],
    Key: [...key, serviceSends('events')],
    UploadRole: [
      ...upload(),
      `${useTheKey} ${via('dynamodb', 's3', 'secretsmanager', 'sqs')}`,
      ...documents(existing('theirs'), '*'),
    ],
    RedriveRole: [...count, `kms:Decrypt kms:DescribeKey on Key.Arn ${via('dynamodb')}`],
    EventsPipesRole: [...pipes, 'kms:Decrypt on Key.Arn'],
  },

  vpc: {
    ...bucketPolicy,
    ...queues,
    UploadRole: [...upload(), ...onlyLambdaItself('Upload'), ...documents('Documents.Arn', '*')],
    RedriveRole: [...redrive, ...onlyLambdaItself('Redrive')],
  },

  'several-routes-and-buckets': {
    ...bucketPolicy,
    Arrivals: [
      tlsOnly('sqs', 'Arrivals.Arn'),
      s3Announces,
      ruleAnnounces('Arrivals', 'Source3'),
      ruleAnnounces('Arrivals', 'Source4'),
    ],
    DeadLetters: [
      tlsOnly('sqs', 'DeadLetters.Arn'),
      ruleAnnounces('DeadLetters', 'Source3'),
      ruleAnnounces('DeadLetters', 'Source4'),
    ],
    UploadRole: [
      ...upload('arn:aws:secretsmanager:eu-west-1:123456789012:secret:extracta/token-AbCdEf'),
      `kms:Decrypt on arn:aws:kms:eu-west-1:123456789012:key/token ${via('secretsmanager')}`,
      // The nested route adds nothing; of daily/請求書/ only Latin-1 can stand in a policy.
      ...documents('Documents.Arn', 'customers/*', 'daily/*'),
      ...documents(existing('second'), 'customers/*'),
      ...third,
      ...third,
    ],
    RedriveRole: redrive,
    EventsPipesRole: pipes,
    ...notificationsOf('second'),
  },
};

describe.each(Object.entries(CONFIGURATIONS))('in the configuration %s', (name, build: () => Synthesized) => {
  const { template, remove } = build();
  afterAll(remove);

  it('everyone may do what is written down, and nothing else', () => {
    const sorted = (statements: Statements) =>
      Object.fromEntries(Object.entries(statements).map(([who, lines]) => [who, [...lines].sort()]));
    expect(sorted(statementsOf(template))).toEqual(sorted(ALLOWED[name as keyof typeof ALLOWED]));
  });

  it('the schedule, and nobody else, may call the redrive, and nobody the upload', () => {
    const permissions = Object.values(template.findResources('AWS::Lambda::Permission'));
    const withNames = permissions.map(({ Properties }) =>
      Object.values(Properties as Record<string, unknown>).map(written),
    );
    const schedule = ['lambda:InvokeFunction', 'Redrive.Arn', 'events.amazonaws.com', 'RedriveSchedule.Arn'];
    expect(withNames).toEqual([schedule]);
  });
});
