import Table from 'cli-table3';
import type { Paint } from './terminal.ts';

const NO_LINES = Object.fromEntries(
  ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right']
    .concat(['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid'])
    .map((place) => [place, '']),
);

/** A table without lines, with dim titles; rows are pushed into it. */
export function plainTable(
  titles: readonly string[],
  paint: Paint,
  columns: Pick<Table.TableConstructorOptions, 'colWidths' | 'colAligns'> = {},
): Table.Table {
  return new Table({
    head: titles.map((title) => paint('dim', title)),
    ...columns,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    chars: { ...NO_LINES, middle: '  ' },
  });
}

/** Without the blanks that fill its last column. */
export const drawn = (table: Table.Table): string => table.toString().replace(/ +$/gm, '');

export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
