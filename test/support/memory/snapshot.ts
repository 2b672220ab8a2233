import { heard } from '../leaks/heard.ts';

/**
 * A deep, frozen copy, as JSON would carry it: aliasing cannot hide a bug, and `undefined` fields are gone. The
 * journal, the ledger and the queues in memory keep nothing else, so no secret may pass here.
 */
export function snapshot<T>(value: T): T {
  const json = JSON.stringify(value);
  heard('a memory twin', json);
  return frozen(JSON.parse(json)) as T;
}

function frozen(value: unknown): unknown {
  if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) frozen(part);
    Object.freeze(value);
  }
  return value;
}
