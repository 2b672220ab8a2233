/** Which keys of a bucket arrive, and how S3 announces them. */
export interface SourceOptions {
  /** Only keys that begin so. Default: every key; what no route takes is acknowledged and counted. */
  readonly prefix?: string | undefined;
  /** Only keys that end so, in exactly this case. Default: any ending. */
  readonly suffix?: string | undefined;
  /**
   * `notification`: an S3 event notification is added to those that the bucket has, by CDK's own custom resource.
   * `event-bridge`: a rule on the default event bus; the bucket is not touched, and must have been told to send its
   * events there. Default: `notification`.
   */
  readonly announcedBy?: 'notification' | 'event-bridge' | undefined;
}

/** The keys of one source: those that begin and end so. */
export interface KeyFilter {
  readonly prefix: string;
  readonly suffix: string;
}

export const keyFilter = ({ prefix = '', suffix = '' }: SourceOptions): KeyFilter => ({ prefix, suffix });

/** Whether some key could pass both. S3 refuses two notifications of a bucket of which that is true. */
export function filtersOverlap(one: KeyFilter, other: KeyFilter): boolean {
  const prefixes = one.prefix.startsWith(other.prefix) || other.prefix.startsWith(one.prefix);
  return prefixes && (one.suffix.endsWith(other.suffix) || other.suffix.endsWith(one.suffix));
}

/**
 * The fewest prefixes that hold every key that passes `filter` and belongs to a route. Suffixes are left to the routes:
 * theirs hold in any case, and IAM knows no such thing.
 */
export function reachOf(
  routes: readonly { readonly prefix: string }[],
  { prefix }: KeyFilter,
): readonly string[] {
  const both = routes.flatMap((route) => {
    if (route.prefix.startsWith(prefix)) return [route.prefix];
    return prefix.startsWith(route.prefix) ? [prefix] : [];
  });
  const distinct = [...new Set(both)].sort();
  const fewest = distinct.filter((one) => !distinct.some((other) => other !== one && one.startsWith(other)));
  return fewest.length <= MOST_PREFIXES ? fewest : [commonBeginning(fewest)];
}

/**
 * A role's policies hold 10,240 characters, and an object's ARN takes about a hundred: more prefixes of a source than
 * these become the one that they share. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */
const MOST_PREFIXES = 20;

/** Of a sorted list: what the first and the last share, all share. */
function commonBeginning(sorted: readonly string[]): string {
  const [first = '', last = ''] = [sorted[0], sorted.at(-1)];
  const differs = [...first].findIndex((letter, index) => letter !== [...last][index]);
  return [...first].slice(0, differs === -1 ? undefined : differs).join('');
}

/** Every key that begins so, for the `Resource` of an IAM statement. */
export function keyPattern(prefix: string): string {
  // A policy is Latin-1 alone (PutRolePolicy, PolicyDocument): beyond that the pattern widens.
  // https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html
  const latin = /^[\u0020-\u00ff]*/.exec(prefix)?.[0] ?? '';
  // These would be wildcards and policy variables.
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-specialchars
  return `${latin.replace(/[*?$]/g, (sign) => `\${${sign}}`)}*`;
}

/** The keys as EventBridge's patterns write them. Several matchers of one field are alternatives, so it must be one. */
export function eventKeyPattern({ prefix, suffix }: KeyFilter): readonly object[] | undefined {
  if (prefix === '' && suffix === '') return undefined;
  if (suffix === '') return [{ prefix }];
  if (prefix === '') return [{ suffix }];
  // https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html#eb-filtering-wildcard-matching-considerations
  const plain = (text: string) => text.replace(/[\\*]/g, (sign) => `\\${sign}`);
  return [{ wildcard: `${plain(prefix)}*${plain(suffix)}` }];
}
