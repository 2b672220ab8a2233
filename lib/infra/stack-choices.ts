import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Topic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import * as v from 'valibot';
import { type ConfigProblem, ConfigProblems, shown } from '../config/problems.ts';
import { unknownNames } from './context-names.ts';
import type { ExtractaUploaderProps } from './extracta-uploader-props.ts';
import { isRunbookUrl, RUNBOOK_ADVICE } from './refusals.ts';

const name = (what: string) => v.pipe(v.string(what), v.nonEmpty(what));

/** The CLI gives text, cdk.json may give numbers. */
const count = (what: string) =>
  v.pipe(v.union([v.string(), v.number()], what), v.transform(Number), v.integer(what), v.minValue(1, what));

const yesOrNo = v.pipe(
  v.union([v.boolean(), v.picklist(['true', 'false'])], 'give true or false'),
  v.transform((value) => String(value) === 'true'),
);

const arn = (service: string) =>
  v.pipe(
    v.string(`give the ARN, as text`),
    v.regex(new RegExp(`^arn:[^:]+:${service}:`), `give an ARN that begins with arn:aws:${service}:`),
  );

/** Every choice that `-c name=value`, or "context" in cdk.json, may make, with what to give. */
const CHOICES = {
  bucket: v.optional(name('give the name of a bucket that exists')),
  arrivalsPrefix: v.optional(name('give the beginning of the keys that arrive, such as "scans/"')),
  arrivalsSuffix: v.optional(name('give the ending of the keys that arrive, such as ".pdf"')),
  announcedBy: v.optional(v.picklist(['notification', 'event-bridge'], 'give notification or event-bridge')),
  apiTokenSecret: v.optional(name("give the name of the secret that holds Extracta's API token")),
  encryptionKeyArn: v.optional(arn('kms')),
  alarmTopicArn: v.optional(arn('sns')),
  runbookUrl: v.optional(v.pipe(v.string(RUNBOOK_ADVICE), v.check(isRunbookUrl, RUNBOOK_ADVICE))),
  eventBusArn: v.optional(arn('events')),
  autoRedrive: v.optional(yesOrNo),
  maxConcurrency: v.optional(count('give a whole number from 2 to 1000')),
  timeoutSeconds: v.optional(count('give a whole number of seconds')),
  memorySizeMb: v.optional(count('give a whole number of MB')),
  logRetentionDays: v.optional(count('give a number of days that CloudWatch Logs knows, such as 90')),
  removalPolicy: v.optional(v.picklist(['retain', 'destroy'], 'give retain or destroy')),
};

const Choices = v.object(CHOICES);

/** What may be said of the stack without a line of code; all optional. Defaults: those of the construct. */
export type StackChoices = v.InferOutput<typeof Choices>;

/** What may be said beside them: which configuration. */
const WHICH_CONFIG = ['classificationId', 'config'];

/** Every name that may be given. */
export const CHOICE_NAMES: readonly string[] = [...WHICH_CONFIG, ...Object.keys(CHOICES)];

/** Those whose loss would pass unnoticed at the next deployment; without `classificationId` nothing is deployed. */
export const LASTING_CHOICES: readonly string[] = ['config', ...Object.keys(CHOICES)];

/** Reads every choice out of an app's whole context. Throws one `ConfigProblems`, also for names that nobody reads. */
export function stackChoices(context: Readonly<Record<string, unknown>>): StackChoices {
  const parsed = v.safeParse(Choices, context, { abortPipeEarly: true });
  const problems = [
    ...unknownNames(context, CHOICE_NAMES),
    ...(parsed.issues ?? []).map(problemOf),
    ...arrivalsOfNoBucket(context),
  ];
  if (problems.length > 0 || !parsed.success) throw new ConfigProblems('What to deploy', problems);
  return parsed.output;
}

function problemOf(issue: v.BaseIssue<unknown>): ConfigProblem {
  const [at] = issue.path ?? [];
  return { where: `-c ${at?.key}`, given: shown(at?.value), change: issue.message };
}

function arrivalsOfNoBucket(context: Readonly<Record<string, unknown>>): readonly ConfigProblem[] {
  if (context['bucket'] !== undefined) return [];
  const change = 'give -c bucket, or leave it out: in a bucket that is made here every key arrives';
  return ['arrivalsPrefix', 'arrivalsSuffix', 'announcedBy']
    .filter((flag) => context[flag] !== undefined)
    .map((flag) => ({ where: `-c ${flag}`, given: `${shown(context[flag])}, without bucket`, change }));
}

/** The names of props whose choices are called otherwise. */
const FLAGS: Readonly<Record<string, keyof StackChoices>> = {
  timeout: 'timeoutSeconds',
  memorySize: 'memorySizeMb',
  prefix: 'arrivalsPrefix',
  suffix: 'arrivalsSuffix',
};

/** What `build` refuses, by the names of the choices where it was they who said it. */
export function refusedAsChosen<T>(choices: StackChoices, build: () => T): T {
  try {
    return build();
  } catch (error) {
    if (!(error instanceof ConfigProblems)) throw error;
    const problems = error.problems.map((problem) => {
      const flag = FLAGS[problem.where] ?? (problem.where as keyof StackChoices);
      return choices[flag] === undefined ? problem : { ...problem, where: `-c ${flag}` };
    });
    throw new ConfigProblems(error.source, problems);
  }
}

/** The same as props of the construct; what is named is imported into `scope`. */
export function propsOf(scope: Construct, choices: StackChoices): Partial<ExtractaUploaderProps> {
  const { autoRedrive, runbookUrl, maxConcurrency, timeoutSeconds, memorySizeMb, logRetentionDays } = choices;
  return {
    ...existing(scope, choices),
    arrivals: arrivals(choices),
    autoRedrive,
    runbookUrl,
    maxConcurrency,
    timeout: timeoutSeconds === undefined ? undefined : Duration.seconds(timeoutSeconds),
    memorySize: memorySizeMb,
    // CDK's enum is the number of days; any other is refused by CloudFormation's own schema, at synth.
    logRetention: logRetentionDays as RetentionDays | undefined,
    removalPolicy: choices.removalPolicy && POLICIES[choices.removalPolicy],
  };
}

const POLICIES = { retain: RemovalPolicy.RETAIN, destroy: RemovalPolicy.DESTROY };

function arrivals(choices: StackChoices): ExtractaUploaderProps['arrivals'] {
  const { arrivalsPrefix: prefix, arrivalsSuffix: suffix, announcedBy } = choices;
  return (prefix ?? suffix ?? announcedBy) ? { prefix, suffix, announcedBy } : undefined;
}

function existing(scope: Construct, choices: StackChoices): Partial<ExtractaUploaderProps> {
  const { bucket, apiTokenSecret, encryptionKeyArn, alarmTopicArn, eventBusArn } = choices;
  return {
    bucket: bucket ? Bucket.fromBucketName(scope, 'ExistingBucket', bucket) : undefined,
    apiToken: apiTokenSecret ? Secret.fromSecretNameV2(scope, 'ExistingToken', apiTokenSecret) : undefined,
    encryptionKey: encryptionKeyArn ? Key.fromKeyArn(scope, 'ExistingKey', encryptionKeyArn) : undefined,
    alarmTopic: alarmTopicArn ? Topic.fromTopicArn(scope, 'AlarmTopic', alarmTopicArn) : undefined,
    eventBus: eventBusArn ? EventBus.fromEventBusArn(scope, 'EventBus', eventBusArn) : undefined,
  };
}
