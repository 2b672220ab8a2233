import type { DocumentItem } from '../pipeline/model.ts';
import { bar } from '../terminal/bar.ts';
import type { Expected } from './expected.ts';
import type { Documents } from './watch.ts';
import { inWords } from './words.ts';

/** How far a run is, in one line: `[#####---------------] 2 of 8 settled, 3 uploading, 1 waiting (the line is paused)`. */
export function statusLine(documents: Documents, expected: Expected): string {
  const items = [...documents.values()];
  const total = expected.total(documents);
  const settled = total - expected.left(documents);
  const parts = [
    `${settled} of ${total} settled`,
    ...part(items, 'uploading', 'uploading'),
    ...part(items, 'waiting', 'waiting'),
    ...part(items, 'unknown', 'to be verified'),
  ];
  return `${bar(settled, total)} ${parts.join(', ')}`;
}

/** With the reason that is given most. */
function part(items: readonly DocumentItem[], state: DocumentItem['state'], word: string): string[] {
  const those = items.filter((item) => item.state === state);
  if (those.length === 0) return [];
  const reasons = Map.groupBy(those, (item) => item.lastFailure?.code);
  reasons.delete(undefined);
  const [most] = [...reasons].sort(([, a], [, b]) => b.length - a.length);
  return [`${those.length} ${word}${most?.[0] === undefined ? '' : ` (${inWords(most[0])})`}`];
}
