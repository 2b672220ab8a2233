import type Table from 'cli-table3';
import { printable } from '../terminal/printable.ts';
import { counted, drawn, plainTable } from '../terminal/table.ts';
import type { Paint } from '../terminal/terminal.ts';
import type { Report, ReportedDocument, ReportSummary } from './report.ts';
import { indented, widthOf } from './wrap.ts';

/** More rows than this nobody reads; the JSON has them all. */
const MOST_ROWS = 500;
/** State, pages, size and file. */
const OTHER_WIDTHS = [9, 5, 9, 20];
/** With the gaps between them, and one to spare. */
const OTHER_COLUMNS = OTHER_WIDTHS.reduce((sum, width) => sum + width + 2, 1);
/** What a cell over all columns has of theirs: the table counts one for each gap. */
const SPANNED = OTHER_WIDTHS.reduce((sum, width) => sum + width + 1, 0);
const [LEAST_NAME, MOST_NAME] = [20, 70];

/** The report as a person likes to read it: a table by folder and batch, then what it comes to. */
export function renderReport(report: Report, columns: number, paint: Paint): string {
  const { documents, summary } = report;
  if (documents.length === 0) return 'No documents.\n';
  const nameWidth = nameWidthOf(documents, columns);
  const table = plainTable(['Document', 'State', 'Pages', 'Size', 'File at Extracta'], paint, {
    colWidths: [nameWidth, ...OTHER_WIDTHS],
    colAligns: ['left', 'left', 'right', 'right', 'left'],
  });
  for (const [heading, group] of groupsOf(documents.slice(0, MOST_ROWS))) {
    table.push([{ colSpan: 5, content: `\n${paint('bold', heading)}` }]);
    for (const document of group)
      table.push(...rowsOf(document, paint, Math.min(columns, nameWidth + SPANNED)));
  }
  const left = documents.length - MOST_ROWS;
  return `${drawn(table)}\n${left > 0 ? `… and ${left} more: --json lists them all\n` : ''}\n${summaryLines(summary)}\n`;
}

/** One document that settled, in a line. */
export function renderLine(document: ReportedDocument, paint: Paint): string {
  const { object, batchId, fileId, sizeBytes } = document;
  const what =
    document.state === 'uploaded'
      ? printable(`batch ${batchId}, file ${fileId}, ${bytes(sizeBytes)}`)
      : (whyOf(document) ?? '');
  return `${stateOf(document, paint)} ${printable(object)}  ${what}`;
}

export function bytes(count: number | null): string {
  if (count === null) return '';
  if (count < 1000) return `${count} B`;
  const [unit, size] = count < 1e6 ? ['kB', 1e3] : count < 1e9 ? ['MB', 1e6] : ['GB', 1e9];
  return `${(count / Number(size)).toFixed(1)} ${unit}`;
}

export function summaryLines(summary: ReportSummary): string {
  const { documents, uploaded, skipped, parked, unsettled, batches, uploadedBytes, seconds } = summary;
  const parts = [
    `${uploaded} of ${documents} uploaded`,
    ...[[skipped, 'skipped'] as const, [parked, 'parked'] as const, [unsettled, 'not settled yet'] as const]
      .filter(([count]) => count > 0)
      .map(([count, word]) => `${count} ${word}`),
  ];
  const line = `${parts.join(', ')}: ${bytes(uploadedBytes)} in ${counted(batches, 'batch', 'batches')}, ${seconds} s`;
  const { scheduledRedrives } = summary;
  return scheduledRedrives === 0
    ? line
    : `${line}\n${counted(scheduledRedrives, 'parked document', 'parked documents')} would be sent back by the scheduled redrive.`;
}

/** Documents of one folder and one batch stand together, under a heading that names both. */
function groupsOf(documents: readonly ReportedDocument[]): Map<string, ReportedDocument[]> {
  return Map.groupBy(documents, ({ object, batchId }) => {
    const folder = printable(folderOf(object));
    return batchId === null ? folder : `${folder}  batch ${printable(batchId)}`;
  });
}

function rowsOf(document: ReportedDocument, paint: Paint, width: number): Table.HorizontalTableRow[] {
  const name = `  ${nameOf(document)}`;
  const why = whyOf(document);
  const row = [
    name,
    stateOf(document, paint),
    document.numberOfPages ?? '',
    bytes(document.sizeBytes),
    printable(document.fileId ?? ''),
  ];
  return why === undefined ? [row] : [row, [{ colSpan: 5, content: paint('dim', indented(why, width)) }]];
}

function whyOf({ reason, message }: ReportedDocument): string | undefined {
  if (reason === undefined) return undefined;
  return printable(message === undefined ? reason : `${reason}: ${message}`);
}

function stateOf({ state }: ReportedDocument, paint: Paint): string {
  return paint(state === 'uploaded' ? 'green' : state === 'parked' ? 'red' : 'yellow', state);
}

/** `s3://bucket/folder/`, with the slash. */
function folderOf(object: string): string {
  return object.slice(0, object.lastIndexOf('/') + 1);
}

function nameWidthOf(documents: readonly ReportedDocument[], columns: number): number {
  const longest = Math.max(...documents.map((document) => widthOf(nameOf(document)))) + 4;
  const room = Math.max(LEAST_NAME, columns - OTHER_COLUMNS);
  return Math.min(Math.max(LEAST_NAME, longest), room, MOST_NAME);
}

function nameOf({ object }: ReportedDocument): string {
  return printable(object.slice(folderOf(object).length));
}
