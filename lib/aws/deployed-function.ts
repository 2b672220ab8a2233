import { type ContextEntry, IAMClient, paginateSimulatePrincipalPolicy } from '@aws-sdk/client-iam';
import {
  GetFunctionConcurrencyCommand,
  GetFunctionConfigurationCommand,
  LambdaClient,
  paginateListEventSourceMappings,
} from '@aws-sdk/client-lambda';

/** The upload function as it is deployed. */
export interface FunctionFacts {
  readonly state: string | undefined;
  readonly stateReason: string | undefined;
  readonly lastUpdate: string | undefined;
  readonly timeoutSeconds: number;
  readonly roleArn: string;
  readonly environment: Readonly<Record<string, string>>;
  /** 0: it is stopped. */
  readonly reservedConcurrency: number | undefined;
  readonly mappings: readonly MappingFacts[];
}

export interface MappingFacts {
  readonly queueArn: string | undefined;
  readonly state: string | undefined;
  readonly reportsFailures: boolean;
  readonly lastResult: string | undefined;
}

/** Rejects with the SDK's own errors. */
export async function functionFacts(functionName: string): Promise<FunctionFacts> {
  const client = new LambdaClient({ maxAttempts: 3 });
  const named = { FunctionName: functionName };
  try {
    const [configuration, concurrency, mappings] = await Promise.all([
      client.send(new GetFunctionConfigurationCommand(named)),
      client.send(new GetFunctionConcurrencyCommand(named)),
      mappingsOf(client, functionName),
    ]);
    const { State, StateReason, LastUpdateStatus, Timeout = 0, Role = '', Environment } = configuration;
    return {
      state: State,
      stateReason: StateReason,
      lastUpdate: LastUpdateStatus,
      timeoutSeconds: Timeout,
      roleArn: Role,
      environment: Environment?.Variables ?? {},
      reservedConcurrency: concurrency.ReservedConcurrentExecutions,
      mappings,
    };
  } finally {
    client.destroy();
  }
}

/** What it was told; undefined where this person may not ask. */
export async function functionEnvironment(
  functionName: string,
): Promise<FunctionFacts['environment'] | undefined> {
  const client = new LambdaClient({ maxAttempts: 2 });
  try {
    const { Environment } = await client.send(
      new GetFunctionConfigurationCommand({ FunctionName: functionName }),
    );
    return Environment?.Variables ?? {};
  } catch {
    return undefined;
  } finally {
    client.destroy();
  }
}

async function mappingsOf(client: LambdaClient, FunctionName: string): Promise<readonly MappingFacts[]> {
  const found: MappingFacts[] = [];
  for await (const page of paginateListEventSourceMappings({ client }, { FunctionName }))
    for (const mapping of page.EventSourceMappings ?? [])
      found.push({
        queueArn: mapping.EventSourceArn,
        state: mapping.State,
        reportsFailures: mapping.FunctionResponseTypes?.includes('ReportBatchItemFailures') ?? false,
        lastResult: mapping.LastProcessingResult,
      });
  return found;
}

/** One action on one thing. */
export interface WantedRight {
  readonly action: string;
  readonly resource: string;
}

/** Every call of ours is over TLS: without it a policy that demands TLS would look like a right that is missing. */
const OVER_TLS: ContextEntry = {
  ContextKeyName: 'aws:SecureTransport',
  ContextKeyType: 'boolean',
  ContextKeyValues: ['true'],
};

/** Of these rights, those that the role's own policies do not give. Rejects with the SDK's own errors. */
export async function rightsMissing(
  roleArn: string,
  wanted: readonly WantedRight[],
): Promise<readonly WantedRight[]> {
  const client = new IAMClient({ maxAttempts: 3 });
  try {
    const missing: WantedRight[] = [];
    for (const [resource, rights] of Map.groupBy(wanted, (right) => right.resource)) {
      const request = {
        PolicySourceArn: roleArn,
        ActionNames: rights.map(({ action }) => action),
        ResourceArns: [resource],
        ContextEntries: [OVER_TLS],
      };
      for await (const page of paginateSimulatePrincipalPolicy({ client }, request))
        for (const { EvalActionName: action = '', EvalDecision } of page.EvaluationResults ?? [])
          if (EvalDecision !== 'allowed') missing.push({ action, resource });
    }
    return missing;
  } finally {
    client.destroy();
  }
}
