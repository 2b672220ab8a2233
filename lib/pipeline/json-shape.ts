/** What a message's JSON must look like, said so that whoever finds it in the dead-letter queue knows what is wrong. */

export type Json = Readonly<Record<string, unknown>>;

/** Thrown by every check here; its message names what was looked at. */
export class Malformed extends Error {}

export function object(value: unknown, what: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  throw new Malformed(`${what} is no object`);
}

export function text(value: unknown, what: string): string {
  if (typeof value === 'string') return value;
  throw new Malformed(`${what} is no text`);
}

export function nonEmpty(value: unknown, what: string): string {
  const given = text(value, what);
  if (given !== '') return given;
  throw new Malformed(`${what} is empty`);
}

export function optionalText(value: unknown, what: string): string | undefined {
  return value === undefined || value === null ? undefined : text(value, what);
}

export function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** A count, a size or a moment; what is larger could not be stored. */
export function whole(value: unknown, what: string): number {
  if (isSize(value)) return value;
  throw new Malformed(`${what} is no whole number`);
}
