import { type Duration, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { type ConfigProblem, ConfigProblems, shown } from '../config/problems.ts';
import { parseUploaderConfig, type UploaderConfig } from '../config/uploader-config.ts';
import { DEFAULT_MAX_DOCUMENT_BYTES, DEFAULT_WAITS } from '../pipeline/settings.ts';
import { EVENT_KINDS } from './event-kinds.ts';
import type { ExtractaUploaderProps } from './extracta-uploader-props.ts';
import { longestReplaceAfterMs, maxReceivesFor, receivesNeeded } from './receives.ts';
import {
  CONCURRENCY_LIMITS,
  FUNCTION_TIMEOUT,
  inPace,
  LONGEST_TIMEOUT,
  MEMORY_LIMITS_MB,
  timeoutFor,
  visibilityFor,
} from './sizing.ts';

/** The configuration among the props, checked. Throws `ConfigProblems`. */
export function configAmong(scope: Construct, props: ExtractaUploaderProps): UploaderConfig {
  const { $schema, extractaUrl, routes, onUnknownOutcome, fileNames, fileTypes } = props;
  const { maxDocumentBytes, maxAttempts, waits } = props;
  const all = { $schema, extractaUrl, routes, onUnknownOutcome, fileNames, fileTypes };
  return parseUploaderConfig({ ...all, maxDocumentBytes, maxAttempts, waits }, scope.node.path);
}

/** Throws one `ConfigProblems` with all that is wrong with the other props. */
export function refuseProps(scope: Construct, props: ExtractaUploaderProps, config: UploaderConfig): void {
  const problems = [
    ...concurrency(props),
    ...timeoutTooShort(props, config),
    ...timeoutTooLong(props),
    ...tooFewReceives(props),
    ...memory(props),
    ...withoutVpc(props),
    ...withoutWayOut(props),
    ...arrivalsOfOwnBucket(props),
    ...eventKinds(props),
    ...runbook(props),
  ];
  if (problems.length > 0) throw new ConfigProblems(scope.node.path, problems);
}

function concurrency({ maxConcurrency }: ExtractaUploaderProps): readonly ConfigProblem[] {
  const { min, max } = CONCURRENCY_LIMITS;
  if (maxConcurrency === undefined) return [];
  if (Number.isInteger(maxConcurrency) && maxConcurrency >= min && maxConcurrency <= max) return [];
  const change = `give a whole number from ${min} to ${max}: an event source mapping takes no other`;
  return [{ where: 'maxConcurrency', given: shown(maxConcurrency), change }];
}

function timeoutTooShort(
  { timeout = FUNCTION_TIMEOUT }: ExtractaUploaderProps,
  { maxDocumentBytes = DEFAULT_MAX_DOCUMENT_BYTES }: UploaderConfig,
): readonly ConfigProblem[] {
  const needed = timeoutFor(maxDocumentBytes);
  if (timeout.toSeconds() >= needed.toSeconds()) return [];
  const given = `${inWords(timeout)}, and a document of ${maxDocumentBytes} bytes (maxDocumentBytes) takes ${inWords(needed)} at ${inPace()}`;
  const change =
    needed.toSeconds() <= LONGEST_TIMEOUT.toSeconds()
      ? `give at least ${inWords(needed)}, or lower maxDocumentBytes`
      : `lower maxDocumentBytes: no function runs for longer than ${inWords(LONGEST_TIMEOUT)}`;
  return [{ where: 'timeout', given, change }];
}

function timeoutTooLong({ timeout }: ExtractaUploaderProps): readonly ConfigProblem[] {
  if (timeout === undefined || timeout.toSeconds() <= LONGEST_TIMEOUT.toSeconds()) return [];
  const change = `give at most ${inWords(LONGEST_TIMEOUT)}, the longest that a function may run`;
  return [{ where: 'timeout', given: inWords(timeout), change }];
}

/** A long timeout makes a long visibility, and that leaves a message fewer receives. */
function tooFewReceives({
  timeout = FUNCTION_TIMEOUT,
  waits = {},
}: ExtractaUploaderProps): readonly ConfigProblem[] {
  const replaceAfterMs = waits.replaceAfterMs ?? DEFAULT_WAITS.replaceAfterMs;
  const longDeferralMs = waits.longDeferralMs ?? DEFAULT_WAITS.longDeferralMs;
  const receives = maxReceivesFor(visibilityFor(timeout));
  const needed = receivesNeeded({ replaceAfterMs, longDeferralMs });
  if (receives >= needed) return [];
  const given = `${inWords(timeout)}, which leaves a message ${receives} receives, and it may need ${needed} while Extracta is away`;
  const longest = longestReplaceAfterMs(receives, longDeferralMs);
  return [
    { where: 'timeout', given, change: `give waits.replaceAfterMs at most ${longest}, or a shorter timeout` },
  ];
}

function memory({ memorySize }: ExtractaUploaderProps): readonly ConfigProblem[] {
  const { min, max } = MEMORY_LIMITS_MB;
  if (memorySize === undefined || Token.isUnresolved(memorySize)) return [];
  if (Number.isInteger(memorySize) && memorySize >= min && memorySize <= max) return [];
  const change = `give ${min} to ${max} MB: ten documents at once need ${min}, and Lambda has no more than ${max}`;
  return [{ where: 'memorySize', given: `${shown(memorySize)} MB`, change }];
}

export const RUNBOOK_ADVICE =
  'give the https URL of the page that holds docs/runbook.md, without a #section: each alarm adds its own';

/** Also what is known at deploy alone. */
export function isRunbookUrl(url: string): boolean {
  return Token.isUnresolved(url) || (URL.canParse(url) && /^https:\/\/[^#\s]+$/.test(url));
}

function runbook({ runbookUrl }: ExtractaUploaderProps): readonly ConfigProblem[] {
  if (runbookUrl === undefined || isRunbookUrl(runbookUrl)) return [];
  return [{ where: 'runbookUrl', given: shown(runbookUrl), change: RUNBOOK_ADVICE }];
}

const inWords = (duration: Duration) => `${duration.toSeconds()} s`;

function withoutVpc({ vpc, vpcSubnets, securityGroups }: ExtractaUploaderProps): readonly ConfigProblem[] {
  if (vpc !== undefined) return [];
  return Object.entries({ vpcSubnets, securityGroups })
    .filter(([, value]) => value !== undefined)
    .map(([where]) => ({ where, given: 'given without vpc', change: 'give the vpc too, or leave it out' }));
}

function eventKinds({ eventBus, eventKinds: kinds }: ExtractaUploaderProps): readonly ConfigProblem[] {
  if (kinds === undefined) return [];
  const problem = (given: string, change: string) => [{ where: 'eventKinds', given, change }];
  if (eventBus === undefined) return problem('given without eventBus', 'give the bus too, or leave it out');
  const isGood = kinds.length > 0 && new Set(kinds).size === kinds.length;
  return isGood
    ? []
    : problem(shown(kinds), `give some of ${EVENT_KINDS.join(', ')}, each once, or leave it out`);
}

/** CDK would take isolated subnets in silence. One that was chosen may have a way out that CDK can't see. */
function withoutWayOut({ vpc, vpcSubnets }: ExtractaUploaderProps): readonly ConfigProblem[] {
  if (vpc === undefined || vpcSubnets !== undefined) return [];
  if (vpc.privateSubnets.length > 0 || vpc.isolatedSubnets.length === 0) return [];
  const given = 'its private subnets have no way out, and Extracta is on the Internet';
  const change = 'give the vpc a NAT gateway, or the subnets by vpcSubnets if they have another way out';
  return [{ where: 'vpc', given, change }];
}

function arrivalsOfOwnBucket({ bucket, arrivals }: ExtractaUploaderProps): readonly ConfigProblem[] {
  if (bucket !== undefined || arrivals === undefined) return [];
  const change =
    'give the bucket that they are of, or leave it out: in a bucket that is made here every key arrives';
  return [{ where: 'arrivals', given: 'given without bucket', change }];
}
