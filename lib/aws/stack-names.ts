import {
  CloudFormationClient,
  DescribeStacksCommand,
  paginateListStackResources,
  type StackResourceSummary,
} from '@aws-sdk/client-cloudformation';

/** The names of a deployed line's parts; what the stack has not is undefined. */
export interface StackNames {
  readonly region: string;
  readonly bucket: string | undefined;
  readonly queueUrl: string | undefined;
  readonly deadLetterQueueUrl: string | undefined;
  readonly tableName: string | undefined;
  readonly secretId: string | undefined;
  readonly functionName: string | undefined;
  /** Undefined: the stack has no scheduled redrive. */
  readonly redrive: { readonly functionName: string; readonly ruleName: string | undefined } | undefined;
  readonly logGroups: readonly string[];
  readonly alarms: readonly string[];
}

/** Undefined: there is no such stack. Rejects with the SDK's own errors. Reads the standard AWS variables. */
export async function stackNames(stackName: string): Promise<StackNames | undefined> {
  const client = new CloudFormationClient({ maxAttempts: 3 });
  try {
    const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName: stackName }));
    const outputs = new Map(
      Stacks[0]?.Outputs?.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]),
    );
    const resources: StackResourceSummary[] = [];
    for await (const page of paginateListStackResources({ client }, { StackName: stackName }))
      resources.push(...(page.StackResourceSummaries ?? []));
    return named(await client.config.region(), outputs, resources);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  } finally {
    client.destroy();
  }
}

type Outputs = ReadonlyMap<string | undefined, string | undefined>;

/** Outputs first; what they do not name is found among the resources, whose physical ids are the names. */
function named(region: string, outputs: Outputs, resources: readonly StackResourceSummary[]): StackNames {
  const all = (type: string, logicalId = /./) =>
    resources
      .filter((each) => each.ResourceType === type && logicalId.test(each.LogicalResourceId ?? ''))
      .flatMap(({ PhysicalResourceId }) => PhysicalResourceId ?? []);
  const one = (output: string, type: string, logicalId?: RegExp) =>
    outputs.get(output) ?? all(type, logicalId)[0];
  const [redriveFunction] = all('AWS::Lambda::Function', /Redrive/);
  const [ruleName] = all('AWS::Events::Rule', /RedriveSchedule/);
  return {
    region,
    bucket: one('Bucket', 'AWS::S3::Bucket'),
    queueUrl: one('Queue', 'AWS::SQS::Queue', /Arrivals/),
    deadLetterQueueUrl: one('DeadLetters', 'AWS::SQS::Queue', /DeadLetters/),
    tableName: one('Ledger', 'AWS::DynamoDB::Table'),
    secretId: one('ApiToken', 'AWS::SecretsManager::Secret'),
    functionName: one('Function', 'AWS::Lambda::Function', /Upload(?!erRedrive)/),
    redrive: redriveFunction === undefined ? undefined : { functionName: redriveFunction, ruleName },
    logGroups: all('AWS::Logs::LogGroup'),
    alarms: all('AWS::CloudWatch::Alarm'),
  };
}

/** CloudFormation says `ValidationError: Stack with id X does not exist`. */
function isMissing(error: unknown): boolean {
  return error instanceof Error && error.name === 'ValidationError' && /does not exist/.test(error.message);
}
