import { oneLine } from './bad-input.ts';

/** A shorter one is a stand-in, and part of many words. */
const LEAST_SECRET = 8;

/** What a person should hear of the function's log: warnings and errors, in a line; undefined for the rest. */
export function heard(line: string, secrets: readonly string[]): string | undefined {
  const said = worthSaying(line);
  if (said === undefined) return undefined;
  const real = secrets.filter((secret) => secret.length >= LEAST_SECRET);
  return real.reduce((text, secret) => text.replaceAll(secret, '[redacted]'), oneLine(said));
}

function worthSaying(line: string): string | undefined {
  const entry = parsed(line);
  if (entry === undefined) return line.trim() === '' ? undefined : line;
  const isDefect = entry['code'] === 'internal.unexpected';
  if (entry['level'] !== 'WARN' && entry['level'] !== 'ERROR' && !isDefect) return undefined;
  // Parked documents are told of in the report, each with its reason.
  if (entry['event'] === 'document.parked') return undefined;
  const { event, message, object, code, because, error } = entry as Partial<Record<string, unknown>>;
  const cause =
    typeof error === 'object' && error !== null ? (error as { message?: unknown }).message : error;
  const parts = [event, object, code, because, message === event ? undefined : message, cause];
  return parts.filter((part) => typeof part === 'string').join('  ');
}

function parsed(line: string): Record<string, unknown> | undefined {
  try {
    const entry: unknown = JSON.parse(line);
    return typeof entry === 'object' && entry !== null ? (entry as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
