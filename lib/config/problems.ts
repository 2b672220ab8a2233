/** One thing that is wrong with a configuration: where, what was given, and what to change. */
export interface ConfigProblem {
  /** A path such as `routes[1].batch.maxFiles`; empty for the whole. */
  readonly where: string;
  /** What was found there, in words; never the value of a setting that we do not know. */
  readonly given: string;
  readonly change: string;
}

/** Everything that is wrong with a configuration, at once. `message` is fit to be shown as it is. */
export class ConfigProblems extends Error {
  override readonly name = 'ConfigProblems';
  readonly source: string;
  readonly problems: readonly ConfigProblem[];

  /** `source` names the configuration for people: a file, or "the configuration". */
  constructor(source: string, problems: readonly ConfigProblem[]) {
    const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
    super([`${source}: ${count}`, ...problems.map((problem) => `  ${line(problem)}`)].join('\n'));
    this.source = source;
    this.problems = problems;
  }
}

function line({ where, given, change }: ConfigProblem): string {
  return where === '' ? `${given}: ${change}` : `${where}: ${given}: ${change}`;
}

const LONGEST_SHOWN = 80;

/** A given value as people would recognise it, cut to a length that fits a line. */
export function shown(value: unknown): string {
  if (value === undefined) return 'missing';
  const json = JSON.stringify(value) ?? typeof value;
  return `given ${json.length > LONGEST_SHOWN ? `${json.slice(0, LONGEST_SHOWN)}…` : json}`;
}
