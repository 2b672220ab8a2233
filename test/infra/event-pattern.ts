/**
 * EventBridge's patterns, as far as ours go: a field matches if it is there and one of the list's entries matches it; an
 * entry is a value, or `anything-but`. Whatever is missing matches nothing, `anything-but` included.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 */
export function matches(pattern: unknown, event: unknown): boolean {
  if (Array.isArray(pattern))
    return event !== undefined && pattern.some((entry) => entryMatches(entry, event));
  if (typeof event !== 'object' || event === null) return false;
  return Object.entries(pattern as object).every(([name, below]) =>
    matches(below, (event as Readonly<Record<string, unknown>>)[name]),
  );
}

function entryMatches(entry: unknown, value: unknown): boolean {
  if (typeof entry !== 'object' || entry === null) return entry === value;
  const { 'anything-but': excluded, ...unknown } = entry as Readonly<Record<string, unknown>>;
  if (!Array.isArray(excluded) || Object.keys(unknown).length > 0) {
    throw new Error(`This evaluator does not know ${JSON.stringify(entry)}`);
  }
  return !excluded.includes(value);
}

/** Pipes' input template over one record. Throws where a path leads nowhere. */
export function filledIn(template: string, record: unknown): unknown {
  return JSON.parse(
    template.replace(/<\$\.([^>]+)>/g, (_, path: string) => {
      const value = path
        .split('.')
        .reduce<unknown>((at, name) => (at as Readonly<Record<string, unknown>> | undefined)?.[name], record);
      if (value === undefined) throw new Error(`$.${path} leads nowhere`);
      return JSON.stringify(value);
    }),
  );
}
