import type { BatchRequest } from './batch.ts';
import type { Asked, Given } from './command.ts';
import type { Filters } from './filters.ts';
import type { FindRequest } from './look-up.ts';
import { Refusal } from './refusal.ts';

/** What was said on the command line, as each verb wants it. */

/** Without what was not given. */
export const withGiven = <T extends object>(values: T) =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };

export function filtersIn({ reason, prefix, olderThan }: Given): Filters {
  return withGiven({ reason, prefix, olderThanMs: olderThan });
}

/** The one thing that a verb is about, in whichever way it was said. */
export function theOne(verb: string, ...said: readonly (string | undefined)[]): string {
  const given = said.filter((each) => each !== undefined && each !== '');
  if (given.length === 1) return given[0] as string;
  const problem = given.length === 0 ? 'needs to be told which one' : 'takes one thing at a time';
  throw new Refusal(`${verb} ${problem}. See \`extracta-uploader ${verb} --help\`.`);
}

export function findRequest({ operand, given }: Asked): FindRequest {
  const { key, file, batch: batchId, limit = 50, log = false, scan = true } = given;
  const what = theOne('find', operand, key, file, batchId);
  const as =
    key !== undefined ? 'key' : file !== undefined ? 'file' : batchId !== undefined ? 'batch' : undefined;
  return { what, limit, withLog: log, mayScan: scan, ...(as === undefined ? {} : { as }) };
}

export function batchRequest({ operand, given }: Asked): BatchRequest {
  const { classificationId, results = false } = given;
  const batchId = theOne('batch', operand, given.batch);
  return { batchId, results, ...withGiven({ classificationId }) };
}
