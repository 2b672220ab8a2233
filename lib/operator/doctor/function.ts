import {
  type FunctionFacts,
  functionFacts,
  rightsMissing,
  type WantedRight,
} from '../../aws/deployed-function.ts';
import type { OpenLine } from '../open-line.ts';
import { checked, type Finding, ok, unknown, wrong } from './finding.ts';

type Attributes = Readonly<Record<string, string>>;

export interface AskedQueues {
  readonly queue: Attributes | undefined;
  readonly deadLetters: Attributes | undefined;
}

const REDEPLOY = 'Deploy the stack again.';

/** The function, what brings it messages, and what it may do. Only of a deployed stack. */
export async function functionFindings(open: OpenLine, queues: AskedQueues): Promise<readonly Finding[]> {
  const name = open.line.stack?.functionName;
  if (name === undefined)
    return open.line.origin === 'stack'
      ? [unknown('function', 'The stack names no upload function.', REDEPLOY)]
      : [];
  let facts: FunctionFacts | undefined;
  const state = await checked('function', async () => {
    facts = await functionFacts(name);
    return functionState('function', facts, name, open.line.tableName);
  });
  if (facts === undefined) return state;
  const known = facts;
  return [
    ...state,
    delivery(known, queues.queue),
    ...(queues.queue === undefined ? [] : [visibility(known, queues.queue)]),
    ...(await checked('permissions', () => permissions(known, open, queues))),
  ];
}

/** Whether it can be called at all, and keeps this ledger. */
export function functionState(check: string, facts: FunctionFacts, name: string, tableName: string): Finding {
  if (facts.reservedConcurrency === 0)
    return wrong(
      check,
      'The function is stopped: its reserved concurrency is 0.',
      `aws lambda delete-function-concurrency --function-name ${name}`,
    );
  if (facts.state !== 'Active' && facts.state !== 'Inactive')
    return wrong(
      check,
      `The function is ${facts.state}: ${facts.stateReason ?? 'no reason given'}.`,
      REDEPLOY,
    );
  if (facts.lastUpdate === 'Failed') return wrong(check, 'The function’s last update failed.', REDEPLOY);
  const table = facts.environment['UPLOADER_TABLE_NAME'];
  if (table !== undefined && table !== tableName)
    return wrong(
      check,
      `The function keeps another ledger: ${table}.`,
      `Use --table=${table}, or deploy the stack again.`,
    );
  return ok(check, `${name} is ready.`);
}

function delivery({ mappings }: FunctionFacts, queue: Attributes | undefined): Finding {
  const check = 'delivery';
  const mapping = mappings.find(({ queueArn }) => queue !== undefined && queueArn === queue['QueueArn']);
  if (mapping === undefined)
    return wrong(check, 'Nothing brings messages from the queue to the function.', REDEPLOY);
  if (mapping.state !== 'Enabled')
    return wrong(
      check,
      `Messages are not brought to the function: the event source mapping is ${mapping.state}.`,
      'aws lambda update-event-source-mapping --uuid UUID --enabled (list-event-source-mappings tells the UUID).',
    );
  if (!mapping.reportsFailures)
    return wrong(
      check,
      'One failed document brings nine uploaded ones back: ReportBatchItemFailures is off.',
      REDEPLOY,
    );
  return ok(check, 'Messages are brought to the function.');
}

/** https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html */
const VISIBILITY_PER_TIMEOUT = 6;

function visibility({ timeoutSeconds }: FunctionFacts, queue: Attributes): Finding {
  const seconds = Number(queue['VisibilityTimeout']);
  const least = VISIBILITY_PER_TIMEOUT * timeoutSeconds;
  return seconds >= least
    ? ok('visibility', 'Messages stay hidden while they are worked on.')
    : wrong(
        'visibility',
        `Messages show again after ${seconds} s; six times the function’s timeout is ${least} s.`,
        REDEPLOY,
      );
}

async function permissions(
  facts: FunctionFacts,
  { line, table }: OpenLine,
  queues: AskedQueues,
): Promise<Finding> {
  const check = 'permissions';
  const [region = '', account = ''] = (queues.queue?.['QueueArn'] ?? '').split(':').slice(3, 5);
  const partition = facts.roleArn.split(':')[1] ?? 'aws';
  const wanted = wantedRights({
    bucketArn: line.bucket === undefined ? undefined : `arn:${partition}:s3:::${line.bucket}`,
    queueArn: queues.queue?.['QueueArn'],
    deadLetterArn: queues.deadLetters?.['QueueArn'],
    tableArn:
      region === '' ? undefined : `arn:${partition}:dynamodb:${region}:${account}:table/${table.tableName}`,
    secretArn: line.secretId?.startsWith('arn:') ? line.secretId : undefined,
  });
  const missing = await rightsMissing(facts.roleArn, wanted);
  if (missing.length === 0)
    return ok(check, `The function’s role may do all of its ${wanted.length} actions.`);
  const told = missing.map(({ action, resource }) => `${action} on ${resource}`).join('; ');
  return wrong(
    check,
    `The function’s role may not: ${told}.`,
    `${REDEPLOY} A permissions boundary or an organization’s policy may forbid it, too.`,
  );
}

interface Arns {
  readonly bucketArn: string | undefined;
  readonly queueArn: string | undefined;
  readonly deadLetterArn: string | undefined;
  readonly tableArn: string | undefined;
  readonly secretArn: string | undefined;
}

/** As the stack grants them. */
function wantedRights(arns: Arns): readonly WantedRight[] {
  const on = (resource: string | undefined, ...actions: readonly string[]) =>
    resource === undefined ? [] : actions.map((action) => ({ action, resource }));
  return [
    ...on(arns.bucketArn && `${arns.bucketArn}/*`, 's3:GetObject', 's3:GetObjectVersion'),
    ...on(arns.bucketArn, 's3:ListBucket'),
    ...on(
      arns.queueArn,
      'sqs:ReceiveMessage',
      'sqs:DeleteMessage',
      'sqs:ChangeMessageVisibility',
      'sqs:SendMessage',
    ),
    ...on(arns.deadLetterArn, 'sqs:SendMessage'),
    ...on(arns.tableArn, 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'),
    ...on(arns.secretArn, 'secretsmanager:GetSecretValue'),
  ];
}
