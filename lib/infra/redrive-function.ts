import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { Construct } from 'constructs';
import { type FunctionOptions, type FunctionParts, functionParts } from './function-shell.ts';
import { redrivePermissions } from './permissions.ts';
import { REDRIVE_EVERY, REDRIVE_MEMORY_MB, REDRIVE_TIMEOUT } from './sizing.ts';

export interface RedriveParts extends FunctionParts {
  readonly schedule: Rule;
}

/** The function that sends back what failed for a reason that passes, and its schedule. */
export function redriveFunction(scope: Construct, options: FunctionOptions): RedriveParts {
  const parts = functionParts(scope, 'Redrive', options, {
    bundle: 'redrive',
    description: 'Sends dead letters back that failed for a reason that passes',
    timeout: REDRIVE_TIMEOUT,
    memorySize: REDRIVE_MEMORY_MB,
    environment: {},
    permissions: (logs) => redrivePermissions(options, logs),
    // The schedule comes again: a run that failed is not repeated.
    retryAttempts: 0,
  });
  const schedule = new Rule(scope, 'RedriveSchedule', {
    description: 'When dead letters are looked through',
    schedule: Schedule.rate(REDRIVE_EVERY),
    targets: [new LambdaFunction(parts.lambda, { retryAttempts: 0 })],
  });
  return { ...parts, schedule };
}
