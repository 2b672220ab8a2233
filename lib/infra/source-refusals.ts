import { Resource, Stack, Token } from 'aws-cdk-lib';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { type ConfigProblem, ConfigProblems, shown } from '../config/problems.ts';
import { filtersOverlap, type KeyFilter, reachOf, type SourceOptions } from './source-options.ts';

interface Wanted {
  readonly bucket: IBucket;
  readonly filter: KeyFilter;
  readonly options: SourceOptions;
}

type Present = Pick<Wanted, 'bucket' | 'filter'>;

/** Throws one `ConfigProblems` with all that is wrong with a source. */
export function refuseSource(
  scope: Construct,
  wanted: Wanted,
  present: readonly Present[],
  routes: readonly { readonly prefix: string }[],
): void {
  const problems = [
    ...elsewhere(Stack.of(scope), wanted),
    ...unusableFilter(wanted.filter),
    ...overlapping(wanted, present),
    ...withoutRoute(wanted.filter, routes),
  ];
  if (problems.length > 0) throw new ConfigProblems(scope.node.path, problems);
}

function elsewhere(stack: Stack, { bucket, options }: Wanted): readonly ConfigProblem[] {
  const differs = (what: 'region' | 'account') =>
    areKnown(bucket.env[what], stack[what]) && bucket.env[what] !== stack[what];
  const problem = (what: 'region' | 'account', change: string): readonly ConfigProblem[] => [
    { where: 'bucket', given: `${what} ${bucket.env[what]}, and the stack is in ${stack[what]}`, change },
  ];
  if (differs('account')) return problem('account', "deploy the stack into the bucket's account");
  if (differs('region')) {
    return problem('region', "deploy the stack in the bucket's region: S3 announces only to queues there");
  }
  return ofAnotherStack(stack, bucket, options);
}

const areKnown = (...values: readonly string[]) => !values.some((value) => Token.isUnresolved(value));

/** The bucket's stack would need the queue, and this one the bucket. */
function ofAnotherStack(stack: Stack, bucket: IBucket, options: SourceOptions): readonly ConfigProblem[] {
  if (options.announcedBy === 'event-bridge' || !Resource.isOwnedResource(bucket)) return [];
  if (Stack.of(bucket) === stack) return [];
  const change =
    "give announcedBy: 'event-bridge', or name the bucket: Bucket.fromBucketName(this, 'Documents', 'its-name')";
  const given = `made by the stack ${Stack.of(bucket).stackName}, which would have to wait for this one, and this one for it`;
  return [{ where: 'bucket', given, change }];
}

function unusableFilter(filter: KeyFilter): readonly ConfigProblem[] {
  return (['prefix', 'suffix'] as const)
    .filter((name) => filter[name].includes('*'))
    .map((name) => ({
      where: name,
      given: shown(filter[name]),
      change: `leave the * out: every key that ${name === 'prefix' ? 'begins' : 'ends'} so is meant`,
    }));
}

function overlapping({ bucket, filter }: Wanted, present: readonly Present[]): readonly ConfigProblem[] {
  return present
    .filter((other) => isSame(bucket, other.bucket) && filtersOverlap(filter, other.filter))
    .map((other) => ({
      where: 'prefix and suffix',
      given: `${inWords(filter)}, and the same bucket already sends ${inWords(other.filter)}: some keys would arrive twice`,
      change: 'give prefixes or suffixes that no key shares, or one source for both',
    }));
}

function isSame(one: IBucket, other: IBucket): boolean {
  if (one === other) return true;
  return areKnown(one.bucketName, other.bucketName)
    ? one.bucketName === other.bucketName
    : JSON.stringify(Stack.of(one).resolve(one.bucketName)) ===
        JSON.stringify(Stack.of(other).resolve(other.bucketName)) && Stack.of(one) === Stack.of(other);
}

function inWords({ prefix, suffix }: KeyFilter): string {
  if (prefix === '' && suffix === '') return 'every key';
  const begins = prefix === '' ? '' : ` beginning with ${JSON.stringify(prefix)}`;
  const ends = suffix === '' ? '' : ` ending in ${JSON.stringify(suffix)}`;
  return `keys${begins}${begins && ends && ' and'}${ends}`;
}

function withoutRoute(
  filter: KeyFilter,
  routes: readonly { readonly prefix: string }[],
): readonly ConfigProblem[] {
  if (reachOf(routes, filter).length > 0) return [];
  const prefixes = routes.map(({ prefix }) => JSON.stringify(prefix)).join(', ');
  const given = `${shown(filter.prefix)}, and every route takes other keys (${prefixes})`;
  return [{ where: 'prefix', given, change: 'give a prefix that a route takes, or add a route for it' }];
}
