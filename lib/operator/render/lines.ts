import { drawn, plainTable } from '../../terminal/table.ts';
import type { Paint } from '../../terminal/terminal.ts';
import type { Unmatched } from '../unmatched.ts';

/** What the reports' texts are made of. An undefined line is left out. */
export type Lines = readonly (string | undefined)[];

const NAME_WIDTH = 16;

export const row = (name: string, text: string | undefined | null) =>
  text === undefined || text === null || text === '' ? undefined : `${name.padEnd(NAME_WIDTH)}${text}`;
export const head = (title: string, line: string, paint: Paint) =>
  `${paint('bold', title)}  ${paint('dim', line)}`;
export const notesIn = (notes: readonly string[], paint: Paint) =>
  notes.map((note) => paint('dim', `· ${note}`));
export const cutShort = (interrupted: boolean) => (interrupted ? ', interrupted' : '');

export function reasonLines(byReason: Readonly<Record<string, number>>): readonly string[] {
  const inOrder = Object.entries(byReason).sort(([, one], [, other]) => other - one);
  return inOrder.map(([reason, count]) => `${''.padEnd(NAME_WIDTH)}${String(count).padStart(6)}  ${reason}`);
}

/** No all-clear: what is parked, and how to name it. */
export function unmatchedLines(unmatched: Unmatched | undefined): Lines {
  if (unmatched === undefined) return [];
  const { parked, filters, reasons } = unmatched;
  return [
    `None of the ${parked} parked ${parked === 1 ? 'fits' : 'fit'}: ${filters}`,
    `Reasons there are: ${reasons.join(', ')}`,
  ];
}

export function stateOf(state: string, paint: Paint): string {
  return paint(state === 'uploaded' ? 'green' : state === 'parked' ? 'red' : 'yellow', state);
}

/** More rows than this nobody reads; the JSON has them all. */
export const MOST_ROWS = 200;

export function table(
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  paint: Paint,
): readonly string[] {
  if (rows.length === 0) return [];
  const shown = plainTable(titles, paint);
  for (const each of rows.slice(0, MOST_ROWS)) shown.push([...each]);
  const left = rows.length - MOST_ROWS;
  return [drawn(shown), ...(left > 0 ? [`… and ${left} more: --json lists them all`] : [])];
}

/** The bucket goes first, so that what is left is a key that find takes; then the beginning, since the end tells more. */
export function shortened(object: string, width: number): string {
  const text = object.length <= width ? object : object.replace(/^s3:\/\/[^/]*\//, '');
  return text.length <= width ? text : `…${text.slice(text.length - width + 1)}`;
}
