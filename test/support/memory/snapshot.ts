/** A deep, frozen copy, as JSON would carry it: aliasing cannot hide a bug, and `undefined` fields are gone. */
export function snapshot<T>(value: T): T {
  return frozen(JSON.parse(JSON.stringify(value))) as T;
}

function frozen(value: unknown): unknown {
  if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) frozen(part);
    Object.freeze(value);
  }
  return value;
}
