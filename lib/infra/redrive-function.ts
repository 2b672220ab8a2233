import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { Construct } from 'constructs';
import { type FunctionOptions, type FunctionParts, functionParts } from './function-shell.ts';
import { countPermissions, redrivePermissions } from './permissions.ts';
import { REDRIVE_EVERY, REDRIVE_MEMORY_MB, REDRIVE_TIMEOUT } from './sizing.ts';

export interface RedriveParts extends FunctionParts {
  readonly schedule: Rule;
}

export interface RedriveFunctionOptions extends FunctionOptions {
  /** Whether it sends back; else it counts what is parked, and may do no more. Default: true. */
  readonly autoRedrive?: boolean | undefined;
}

/** The function that sends back what failed for a reason that passes and counts what waits for a person, and its schedule. */
export function redriveFunction(scope: Construct, options: RedriveFunctionOptions): RedriveParts {
  const { autoRedrive = true } = options;
  const parts = functionParts(scope, 'Redrive', options, {
    bundle: 'redrive',
    description: autoRedrive
      ? 'Sends dead letters back that failed for a reason that passes'
      : 'Counts what the ledger has parked, and sends nothing back',
    timeout: REDRIVE_TIMEOUT,
    memorySize: REDRIVE_MEMORY_MB,
    environment: { UPLOADER_REDRIVE_ONLY_COUNTS: String(!autoRedrive) },
    permissions: (logs) => (autoRedrive ? redrivePermissions : countPermissions)(options, logs),
    // The schedule comes again: a run that failed is not repeated.
    retryAttempts: 0,
  });
  const schedule = new Rule(scope, 'RedriveSchedule', {
    description: autoRedrive ? 'When dead letters are looked through' : 'When parked documents are counted',
    schedule: Schedule.rate(REDRIVE_EVERY),
    targets: [new LambdaFunction(parts.lambda, { retryAttempts: 0 })],
  });
  return { ...parts, schedule };
}
