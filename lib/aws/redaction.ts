/** Fields of these names are left out, whatever they hold. A file `url` of Extracta's is a bearer capability. */
const SECRET_NAME = /authorization|cookie|credential|password|secret|signature|token|url|api[-_]?key/i;
/** A link's query may be its signature. */
const LINK_WITH_QUERY = /\b(https?:\/\/[^\s"'<>?]+)\?[^\s"'<>]*/gi;
const MASK = '[redacted]';
const MAX_STRING_LENGTH = 2048;
const MAX_DEPTH = 6;
const MAX_CAUSES = 8;

export interface ReducedError {
  readonly name: string;
  readonly code?: string;
  readonly message: string;
  readonly causes?: readonly ReducedError[];
}

export type Redaction = (fields: Readonly<Record<string, unknown>>) => Record<string, unknown>;

/**
 * Makes anything fit for a log line: fields named like secrets are dropped, the values in `secrets()` are masked in
 * every string, links lose their query, errors become {@link ReducedError}, and what is too deep or too long is cut.
 * The result is plain data of its own. Never throws.
 */
export function redaction(secrets: () => readonly string[]): Redaction {
  return (fields) => {
    try {
      return redactedFields(fields, masked(secrets()), 0);
    } catch {
      return { unreadable: true };
    }
  };
}

type Mask = (text: string) => string;

function masked(secrets: readonly string[]): Mask {
  const spellings = new Set(secrets.flatMap((secret) => [secret, encodeURIComponent(secret)]));
  spellings.delete('');
  return (text) => {
    let result = text.replace(LINK_WITH_QUERY, `$1?${MASK}`);
    for (const spelling of spellings) result = result.replaceAll(spelling, MASK);
    return result.length > MAX_STRING_LENGTH ? `${result.slice(0, MAX_STRING_LENGTH)}…` : result;
  };
}

function redactedFields(fields: object, mask: Mask, depth: number): Record<string, unknown> {
  const kept = Object.entries(fields).filter(([name]) => !SECRET_NAME.test(name));
  return Object.fromEntries(kept.map(([name, value]) => [name, redacted(value, mask, depth + 1)]));
}

function redacted(value: unknown, mask: Mask, depth: number): unknown {
  if (typeof value === 'string') return mask(value);
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'function' || typeof value === 'symbol') return undefined;
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Error) return reducedError(value, mask);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.toISOString();
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (depth >= MAX_DEPTH) return '[too deep]';
  if (Array.isArray(value) || value instanceof Set) {
    return Array.from(value, (entry) => redacted(entry, mask, depth + 1));
  }
  return redactedFields(value instanceof Map ? Object.fromEntries(value) : value, mask, depth);
}

function reducedError(error: Error, mask: Mask): ReducedError {
  const causes = causesOf(error).map((cause) => named(cause, mask));
  return { ...named(error, mask), ...(causes.length > 0 && { causes }) };
}

function named(error: unknown, mask: Mask): ReducedError {
  if (!(error instanceof Error))
    return { name: typeof error, message: typeof error === 'string' ? mask(error) : '' };
  const code = 'code' in error && error.code !== undefined ? { code: mask(String(error.code)) } : {};
  return { name: mask(error.name), ...code, message: mask(error.message) };
}

/** Every cause, and every error that an AggregateError holds, nearest first; each once. */
function causesOf(error: Error): unknown[] {
  const found = new Set<unknown>([error]);
  for (const each of found) {
    if (!(each instanceof Error) || found.size > MAX_CAUSES) continue;
    if (each.cause !== undefined && each.cause !== null) found.add(each.cause);
    if (each instanceof AggregateError) for (const inner of each.errors) found.add(inner);
  }
  found.delete(error);
  return [...found].slice(0, MAX_CAUSES);
}
