import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Topic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import * as v from 'valibot';
import { type ConfigProblem, ConfigProblems, shown } from '../config/problems.ts';
import type { ExtractaUploaderProps } from './extracta-uploader-props.ts';

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

/** Reads every choice; `contextOf` gives what a name was set to. Throws `ConfigProblems`. */
export function stackChoices(contextOf: (name: string) => unknown): StackChoices {
  const given = Object.fromEntries(Object.keys(CHOICES).map((key) => [key, contextOf(key)]));
  const parsed = v.safeParse(Choices, given, { abortPipeEarly: true });
  if (!parsed.success) throw new ConfigProblems('What to deploy', parsed.issues.map(problemOf));
  return parsed.output;
}

function problemOf(issue: v.BaseIssue<unknown>): ConfigProblem {
  const [at] = issue.path ?? [];
  return { where: `-c ${at?.key}`, given: shown(at?.value), change: issue.message };
}

/** The same as props of the construct; what is named is imported into `scope`. */
export function propsOf(scope: Construct, choices: StackChoices): Partial<ExtractaUploaderProps> {
  const { autoRedrive, maxConcurrency, timeoutSeconds, memorySizeMb, logRetentionDays } = choices;
  return {
    ...existing(scope, choices),
    arrivals: arrivals(choices),
    autoRedrive,
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
  const { bucket, apiTokenSecret, encryptionKeyArn, alarmTopicArn } = choices;
  return {
    bucket: bucket ? Bucket.fromBucketName(scope, 'ExistingBucket', bucket) : undefined,
    apiToken: apiTokenSecret ? Secret.fromSecretNameV2(scope, 'ExistingToken', apiTokenSecret) : undefined,
    encryptionKey: encryptionKeyArn ? Key.fromKeyArn(scope, 'ExistingKey', encryptionKeyArn) : undefined,
    alarmTopic: alarmTopicArn ? Topic.fromTopicArn(scope, 'AlarmTopic', alarmTopicArn) : undefined,
  };
}
