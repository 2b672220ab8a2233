import { RemovalPolicy } from 'aws-cdk-lib';
import { type PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  type FunctionProps,
  Function as Lambda,
  LoggingFormat,
  Runtime,
} from 'aws-cdk-lib/aws-lambda';
import { type ILogGroup, LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { METRICS_NAMESPACE, SERVICE_NAME } from '../aws/journal.ts';
import { NODE_OPTIONS } from '../config/node-options.ts';
import { CONFIG_FILE_NAME, type UploaderConfig } from '../config/uploader-config.ts';
import { acknowledgePluggingIn } from './acknowledgements.ts';
import type { BundleDirectories } from './extracta-uploader-props.ts';
import { bundleWithConfig } from './function-code.ts';
import { denyToCode, type Network, plugIn } from './network.ts';
import type { Surroundings } from './permissions.ts';

/** What both functions are made with. */
export interface FunctionOptions extends Surroundings {
  /** The folders of the bundled handlers. */
  readonly bundles: BundleDirectories;
  readonly config: UploaderConfig;
  readonly network?: Network | undefined;
  /** Default: three months. */
  readonly logRetention?: RetentionDays | undefined;
  /** Of the log groups. Default: RETAIN. */
  readonly removalPolicy?: RemovalPolicy | undefined;
}

/** A function, and what belongs to it alone. */
export interface FunctionParts {
  readonly lambda: Lambda;
  readonly role: Role;
  readonly logs: LogGroup;
}

export interface FunctionKind
  extends Pick<FunctionProps, 'timeout' | 'memorySize' | 'recursiveLoop' | 'retryAttempts'> {
  readonly bundle: keyof BundleDirectories;
  readonly description: string;
  /** Beside those that both are told. */
  readonly environment: Record<string, string>;
  permissions(logs: ILogGroup): readonly PolicyStatement[];
}

/** Node 24 on arm64, a log of its own, and a role with the statements that are written down for it. */
export function functionParts(
  scope: Construct,
  id: string,
  options: FunctionOptions,
  kind: FunctionKind,
): FunctionParts {
  const { bundle, permissions, environment, ...rest } = kind;
  const logs = logGroup(scope, `${id}Logs`, options);
  const role = roleOf(scope, `${id}Role`, permissions(logs), options.network);
  const lambda = new Lambda(scope, id, {
    ...rest,
    ...options.network,
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    handler: 'index.handler',
    code: bundleWithConfig(options.bundles[bundle], options.config),
    role,
    environment: { ...toldToBoth(options), ...environment },
    logGroup: logs,
    loggingFormat: LoggingFormat.JSON,
  });
  if (options.network) denyToCode(scope, `${id}NetworkIsNotForCode`, lambda, role);
  return { lambda, role, logs };
}

/** What led to what the ledger says: it stays with the ledger, until its retention ends it. */
function logGroup(scope: Construct, id: string, options: FunctionOptions): LogGroup {
  const { logRetention: retention = RetentionDays.THREE_MONTHS, encryptionKey } = options;
  const { removalPolicy = RemovalPolicy.RETAIN } = options;
  return new LogGroup(scope, id, { retention, encryptionKey, removalPolicy });
}

/** A role of its own: the one that CDK makes carries a managed policy that may write every log. */
function roleOf(
  scope: Construct,
  id: string,
  statements: readonly PolicyStatement[],
  network: Network | undefined,
): Role {
  const role = new Role(scope, id, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  for (const statement of statements) role.addToPolicy(statement);
  if (network === undefined) return role;
  role.addToPolicy(plugIn());
  acknowledgePluggingIn(role);
  return role;
}

function toldToBoth(options: FunctionOptions): Record<string, string> {
  return {
    NODE_OPTIONS,
    UPLOADER_CONFIG_FILE: CONFIG_FILE_NAME,
    UPLOADER_TABLE_NAME: options.table.tableName,
    UPLOADER_QUEUE_URL: options.queue.queueUrl,
    UPLOADER_DEAD_LETTER_QUEUE_URL: options.deadLetterQueue.queueUrl,
    POWERTOOLS_SERVICE_NAME: SERVICE_NAME,
    POWERTOOLS_METRICS_NAMESPACE: METRICS_NAMESPACE,
  };
}
