import { vi } from 'vitest';
import { type Answer, type SeenRequest, type StandIn, startStandIn } from '../unit/aws/stand-in.ts';

/** The parts of AWS that no embedded emulator answers, as a healthy stack would; a test changes what it likes. */
export interface CloudFacts {
  stackExists: boolean;
  /** `autoRedrive`. */
  redrives: boolean;
  bucketStatus: number;
  versioning: string;
  notification: string;
  function: Record<string, unknown>;
  redriveFunction: Record<string, unknown>;
  redriveConcurrency: number | undefined;
  reservedConcurrency: number | undefined;
  mapping: Record<string, unknown> | undefined;
  /** Of EventBridge, beside the schedule of the redrive. */
  arrivalRule: { readonly State: string; readonly EventPattern: string } | undefined;
  schedule: { readonly State: string; readonly target: string } | undefined;
  key: { readonly KeyState: string; readonly KeyManager: string; readonly policy: string };
  denied: readonly string[];
  secret: string;
  alarm: Record<string, unknown>;
  subscription: string;
  metrics: Record<string, number>;
  measuredAtSeconds: number;
  log: readonly { readonly timestamp: number; readonly message: string }[];
}

export interface StackParts {
  readonly bucket: string;
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
  readonly tableName: string;
  readonly queueArn: string;
  readonly token: string;
}

export const TOPIC = 'arn:aws:sns:us-east-1:000000000000:alarms';
const SECRET = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:ApiToken';
const ROLE = 'arn:aws:iam::000000000000:role/UploadRole';

export function healthyCloud({ queueArn, tableName, token }: StackParts): CloudFacts {
  return {
    stackExists: true,
    redrives: true,
    bucketStatus: 200,
    versioning: 'Enabled',
    notification: notificationOf(queueArn, 's3:ObjectCreated:*'),
    function: deployed(tableName),
    redriveFunction: deployed(tableName),
    redriveConcurrency: undefined,
    reservedConcurrency: undefined,
    mapping: {
      EventSourceArn: queueArn,
      State: 'Enabled',
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    },
    arrivalRule: undefined,
    schedule: { State: 'ENABLED', target: REDRIVE_ARN },
    key: { KeyState: 'Enabled', KeyManager: 'CUSTOMER', policy: keyPolicyFor('s3.amazonaws.com') },
    denied: [],
    secret: token,
    alarm: { AlarmName: 'DeadLetters', StateValue: 'OK', ActionsEnabled: true, AlarmActions: [TOPIC] },
    subscription: `${TOPIC}:1`,
    metrics: { DocumentsUploaded: 42, ApproximateAgeOfOldestMessage: 7 },
    measuredAtSeconds: 1,
    log: [],
  };
}

const REDRIVE_ARN = 'arn:aws:lambda:us-east-1:000000000000:function:redrive-function';

export const keyPolicyFor = (
  Service: string,
  Action: readonly string[] = ['kms:Decrypt', 'kms:GenerateDataKey*'],
) => JSON.stringify({ Statement: [{ Effect: 'Allow', Principal: { Service }, Action, Resource: '*' }] });

const deployed = (tableName: string) => ({
  State: 'Active',
  LastUpdateStatus: 'Successful',
  Timeout: 100,
  Role: ROLE,
  Environment: { Variables: { UPLOADER_TABLE_NAME: tableName } },
});

export const notificationOf = (queueArn: string, event: string) =>
  `<QueueConfiguration><Queue>${queueArn}</Queue><Event>${event}</Event></QueueConfiguration>`;

export interface StandInCloud extends AsyncDisposable {
  facts: CloudFacts;
  readonly requests: StandIn['requests'];
}

/** Where the SDK's clients look for all but SQS and DynamoDB. */
const SERVICES = [
  'S3',
  'CLOUDFORMATION',
  'LAMBDA',
  'IAM',
  'CLOUDWATCH',
  'CLOUDWATCH_LOGS',
  'EVENTBRIDGE',
  'KMS',
  'SNS',
  'SECRETS_MANAGER',
];

export async function startCloud(parts: StackParts): Promise<StandInCloud> {
  const cloud = { facts: healthyCloud(parts) };
  const standIn = await startStandIn((request) => answer(request, cloud.facts, parts));
  const before = process.env['AWS_ENDPOINT_URL_S3'];
  for (const service of SERVICES) vi.stubEnv(`AWS_ENDPOINT_URL_${service}`, standIn.url);
  return Object.assign(cloud, {
    requests: standIn.requests,
    [Symbol.asyncDispose]: async () => {
      vi.stubEnv('AWS_ENDPOINT_URL_S3', before);
      await standIn.close();
    },
  });
}

const json = (body: unknown): Answer => ({
  status: 200,
  headers: { 'content-type': 'application/x-amz-json-1.0' },
  body: JSON.stringify(body),
});

const xml = (body: string, status = 200): Answer => ({
  status,
  headers: { 'content-type': 'text/xml' },
  body,
});

function answer(request: SeenRequest, facts: CloudFacts, parts: StackParts): Answer {
  const target = String(request.headers['x-amz-target'] ?? '')
    .split('.')
    .at(-1);
  if (target === 'DescribeRule' && request.body.includes('redrive-schedule') && facts.schedule === undefined)
    return { ...json({ __type: 'ResourceNotFoundException', message: 'none' }), status: 400 };
  if (target !== undefined && target !== '') return json(named(target, request, facts));
  const form = new URLSearchParams(request.body);
  const action = form.get('Action');
  if (action !== null) return formAnswer(action, form, facts, parts);
  if (request.path.startsWith('/20')) return json(ofFunction(request.path, facts));
  return s3(request, facts);
}

/** CloudWatch, its logs, Secrets Manager. */
function named(target: string, { body }: SeenRequest, facts: CloudFacts): unknown {
  switch (target) {
    case 'DescribeAlarms':
      return { MetricAlarms: [facts.alarm] };
    case 'ListMetrics':
      return { Metrics: [] };
    case 'GetMetricStatistics': {
      const { MetricName } = JSON.parse(body) as { MetricName: string };
      const value = facts.metrics[MetricName];
      const point = { Timestamp: facts.measuredAtSeconds, Sum: value, Maximum: value, Average: value };
      return { Datapoints: value === undefined ? [] : [point] };
    }
    case 'ListRuleNamesByTarget':
      return { RuleNames: facts.arrivalRule === undefined ? [] : ['arrivals-rule'] };
    case 'DescribeRule':
      return body.includes('redrive-schedule') ? facts.schedule : facts.arrivalRule;
    case 'ListTargetsByRule':
      return { Targets: [{ Id: '0', Arn: facts.schedule?.target }] };
    case 'DescribeKey':
      return { KeyMetadata: { ...facts.key, KeyId: 'k', Arn: 'arn:aws:kms:us-east-1:000000000000:key/k' } };
    case 'GetKeyPolicy':
      return { Policy: facts.key.policy };
    case 'FilterLogEvents':
      return { events: facts.log };
    default:
      return { SecretString: facts.secret };
  }
}

function ofFunction(path: string, facts: CloudFacts): unknown {
  const isRedrive = path.includes('redrive-function');
  if (path.endsWith('/configuration')) return isRedrive ? facts.redriveFunction : facts.function;
  if (path.endsWith('/concurrency'))
    return { ReservedConcurrentExecutions: isRedrive ? facts.redriveConcurrency : facts.reservedConcurrency };
  return { EventSourceMappings: facts.mapping === undefined ? [] : [facts.mapping] };
}

function formAnswer(action: string, form: URLSearchParams, facts: CloudFacts, parts: StackParts): Answer {
  const result = (text: string) =>
    xml(`<${action}Response><${action}Result>${text}</${action}Result></${action}Response>`);
  switch (action) {
    case 'DescribeStacks': {
      if (facts.stackExists)
        return result(`<Stacks><member><Outputs>${outputs(parts)}</Outputs></member></Stacks>`);
      const message = `Stack with id ${form.get('StackName')} does not exist`;
      return xml(
        `<ErrorResponse><Error><Code>ValidationError</Code><Message>${message}</Message></Error></ErrorResponse>`,
        400,
      );
    }
    case 'ListStackResources':
      return result(`<StackResourceSummaries>${resources(parts, facts)}</StackResourceSummaries>`);
    case 'SimulatePrincipalPolicy': {
      const asked = [...form]
        .filter(([name]) => name.startsWith('ActionNames.member.'))
        .map(([, value]) => value);
      const decided = (each: string) => (facts.denied.includes(each) ? 'implicitDeny' : 'allowed');
      const members = asked.map(
        (each) =>
          `<member><EvalActionName>${each}</EvalActionName><EvalDecision>${decided(each)}</EvalDecision></member>`,
      );
      return result(
        `<IsTruncated>false</IsTruncated><EvaluationResults>${members.join('')}</EvaluationResults>`,
      );
    }
    default:
      return result(
        `<Subscriptions><member><SubscriptionArn>${facts.subscription}</SubscriptionArn></member></Subscriptions>`,
      );
  }
}

/** What the stack's outputs tell today; all else is found among its resources. */
const outputs = ({ bucket, tableName, deadLetterQueueUrl }: StackParts) =>
  Object.entries({ Bucket: bucket, Ledger: tableName, DeadLetters: deadLetterQueueUrl })
    .map(
      ([key, value]) => `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`,
    )
    .join('');

const REDRIVE = [
  ['UploaderRedrive12345678', 'AWS::Lambda::Function', 'redrive-function'],
  ['UploaderRedriveSchedule12345678', 'AWS::Events::Rule', 'redrive-schedule'],
] as const;

const resources = ({ queueUrl, deadLetterQueueUrl }: StackParts, { redrives }: CloudFacts) =>
  [
    ['UploaderArrivals12345678', 'AWS::SQS::Queue', queueUrl],
    ['UploaderDeadLetters12345678', 'AWS::SQS::Queue', deadLetterQueueUrl],
    ['UploaderApiToken12345678', 'AWS::SecretsManager::Secret', SECRET],
    ...(redrives ? REDRIVE : []),
    ['UploaderUpload12345678', 'AWS::Lambda::Function', 'upload-function'],
    ['UploaderUploadLogs12345678', 'AWS::Logs::LogGroup', 'upload-logs'],
    ['UploaderAlarmsDeadLetters12345678', 'AWS::CloudWatch::Alarm', 'DeadLetters'],
  ]
    .map(
      ([logical, type, physical]) =>
        `<member><LogicalResourceId>${logical}</LogicalResourceId><ResourceType>${type}</ResourceType><PhysicalResourceId>${physical}</PhysicalResourceId></member>`,
    )
    .join('');

function s3({ query, method }: SeenRequest, facts: CloudFacts): Answer {
  if (method === 'HEAD') return { status: facts.bucketStatus };
  if (query.has('versioning'))
    return xml(`<VersioningConfiguration><Status>${facts.versioning}</Status></VersioningConfiguration>`);
  return xml(`<NotificationConfiguration>${facts.notification}</NotificationConfiguration>`);
}
