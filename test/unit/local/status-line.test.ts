import { expect, it } from 'vitest';
import { Expected } from '../../../lib/local/expected.ts';
import { statusLine } from '../../../lib/local/status-line.ts';
import { nameOf } from '../../../lib/local/watch.ts';
import type { DocumentItem } from '../../../lib/pipeline/model.ts';

function item(sort: string, facts: Partial<DocumentItem>): DocumentItem {
  return {
    kind: 'document',
    partition: 'b/k',
    sort,
    rev: 'r',
    state: 'waiting',
    arrival: { bucket: 'b', key: 'k', eTag: sort, eventTimeMs: 1 },
    firstSeenAtMs: 1,
    updatedAtMs: 1,
    attempts: 1,
    looks: 0,
    redrives: 0,
    edition: 1,
    sentTo: [],
    ...facts,
  };
}

it('says how many there are, those to come included, and in words what most of them wait for', () => {
  const failed = (code: string) => ({ lastFailure: { code, message: 'm', atMs: 1 } });
  const items = [
    item('1', { state: 'uploaded' }),
    item('2', failed('extracta.unavailable')),
    item('3', failed('extracta.unavailable')),
    item('4', failed('some.code-without-words')),
    item('5', { state: 'unknown', ...failed('some.code-without-words') }),
  ];
  const expected = new Expected(new Map());
  expected.willPut(5);
  const line = statusLine(new Map(items.map((each) => [nameOf(each), each])), expected);
  expect(line).toBe(
    '[##------------------] 1 of 10 settled, 3 waiting (Extracta answers with 5xx errors), 1 to be verified (some.code-without-words)',
  );
});
