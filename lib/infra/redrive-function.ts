import { RemovalPolicy } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Function as Lambda, LoggingFormat, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { CONFIG_FILE_NAME, type UploaderConfig } from '../config/uploader-config.ts';
import { bundleWithConfig } from './function-code.ts';
import { type RedriveSurroundings, redrivePermissions } from './permissions.ts';
import { REDRIVE_EVERY, REDRIVE_MEMORY_MB, REDRIVE_TIMEOUT } from './sizing.ts';

export interface RedriveFunctionProps extends RedriveSurroundings {
  /** The folder of the bundled handler, `index.mjs`. */
  readonly bundleDirectory: string;
  readonly config: UploaderConfig;
}

/** The function that sends back what failed for a reason that passes, and its schedule. */
export function redriveFunction(scope: Construct, props: RedriveFunctionProps): Lambda {
  const logs = new LogGroup(scope, 'RedriveLogs', {
    retention: RetentionDays.THREE_MONTHS,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const redrive = new Lambda(scope, 'Redrive', {
    description: 'Sends dead letters back that failed for a reason that passes',
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    handler: 'index.handler',
    code: bundleWithConfig(props.bundleDirectory, props.config),
    role: redriveRole(scope, props, logs),
    timeout: REDRIVE_TIMEOUT,
    memorySize: REDRIVE_MEMORY_MB,
    environment: environment(props),
    logGroup: logs,
    loggingFormat: LoggingFormat.JSON,
    // The schedule comes again: a run that failed is not repeated.
    retryAttempts: 0,
  });
  new Rule(scope, 'RedriveSchedule', {
    description: 'When dead letters are looked through',
    schedule: Schedule.rate(REDRIVE_EVERY),
    targets: [new LambdaFunction(redrive, { retryAttempts: 0 })],
  });
  return redrive;
}

function redriveRole(scope: Construct, props: RedriveFunctionProps, logs: LogGroup): Role {
  const role = new Role(scope, 'RedriveRole', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  for (const statement of redrivePermissions(props, logs)) role.addToPolicy(statement);
  return role;
}

function environment(props: RedriveFunctionProps): Record<string, string> {
  return {
    UPLOADER_CONFIG_FILE: CONFIG_FILE_NAME,
    UPLOADER_TABLE_NAME: props.table.tableName,
    UPLOADER_QUEUE_URL: props.queue.queueUrl,
    UPLOADER_DEAD_LETTER_QUEUE_URL: props.deadLetterQueue.queueUrl,
    POWERTOOLS_SERVICE_NAME: 'extracta-uploader',
    POWERTOOLS_METRICS_NAMESPACE: 'ExtractaUploader',
  };
}
