import type { ConfigProblem } from '../config/problems.ts';

/**
 * What CDK itself keeps in an app's context: its flags (`@aws-cdk/…`), its switches (`aws:cdk:…`), what it looked up
 * (`vpc-provider:…`, `availability-zones:…`), and these.
 */
const OF_CDK = /^@|:|^(?:acknowledged-issue-numbers|assets-ecr-repository-name|cdk-migrate)$/;

/** Those that are neither CDK's nor among `known`. What they were set to is not shown: it may be a token. */
export function unknownNames(
  context: Readonly<Record<string, unknown>>,
  known: readonly string[],
): readonly ConfigProblem[] {
  return Object.keys(context)
    .filter((name) => !OF_CDK.test(name) && !known.includes(name))
    .map((name) => {
      const near = known.find((one) => isNear(name, one));
      const change =
        near === undefined ? `give one of ${known.join(', ')}, or none` : `did you mean ${near}?`;
      return { where: `-c ${name}`, given: 'there is no such choice', change };
    });
}

/**
 * Names among `lasting` that were given, and that the files which CDK reads (`written`) do not say so: whoever deploys
 * next without the same `-c` takes them back.
 */
export function saidOnlyNow(
  context: Readonly<Record<string, unknown>>,
  written: Readonly<Record<string, unknown>>,
  lasting: readonly string[],
): readonly string[] {
  // The CLI gives text where cdk.json may hold a number.
  return lasting.filter((name) => name in context && String(context[name]) !== String(written[name]));
}

/** Two slips of the fingers, another case, or a part of the name. */
function isNear(given: string, name: string): boolean {
  const [one, other] = [plain(given), plain(name)];
  if (one.length > 3 && (one.startsWith(other) || other.startsWith(one))) return true;
  return distance(one, other) <= 2;
}

const plain = (name: string) => name.toLowerCase().replace(/[-_]/g, '');

/** Letters to add, leave out or change (Levenshtein). */
function distance(one: string, other: string): number {
  let above = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (const [row, letter] of [...one].entries()) {
    const line = [row + 1];
    for (const [at, theirs] of [...other].entries()) {
      const changed = (above[at] ?? 0) + (letter === theirs ? 0 : 1);
      line.push(Math.min((line[at] ?? 0) + 1, (above[at + 1] ?? 0) + 1, changed));
    }
    above = line;
  }
  return above.at(-1) ?? 0;
}
