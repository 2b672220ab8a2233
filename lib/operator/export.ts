import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { stringify } from 'csv-stringify';
import type { DocumentItem } from '../pipeline/model.ts';
import { jsonOf, printableThroughout } from '../terminal/printable.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { OpenLine } from './open-line.ts';
import { iso } from './story.ts';

export interface ExportRequest {
  readonly format: 'csv' | 'jsonl';
  readonly sinceMs?: number;
  /** CSV cell by cell as it is, for programs: nothing keeps a spreadsheet from taking a cell for a formula. */
  readonly isExact: boolean;
}

/** One mapping. */
export interface ExportedRow {
  readonly bucket: string;
  readonly key: string;
  readonly versionId: string;
  readonly eTag: string;
  readonly sizeBytes: number | '';
  readonly classificationId: string;
  readonly batchId: string;
  readonly fileId: string;
  readonly fileName: string;
  readonly numberOfPages: number | '';
  readonly uploadedAt: string;
  readonly edition: number;
}

export interface ExportReport {
  readonly verb: 'export';
  readonly line: string;
  readonly rows: number;
  readonly read: number;
  readonly interrupted: boolean;
}

const COLUMNS: readonly (keyof ExportedRow)[] = [
  'bucket',
  'key',
  'versionId',
  'eTag',
  'sizeBytes',
  'classificationId',
  'batchId',
  'fileId',
  'fileName',
  'numberOfPages',
  'uploadedAt',
  'edition',
];

/**
 * Writes the mappings to `stdout` as the ledger is read, in no order, in flat memory. A CSV is for spreadsheets: a cell that
 * one could take for a formula gets an apostrophe before it, ids that begin with `-` too, and controls are written out. JSON lines hold all as it is.
 */
export async function exportMappings(
  open: OpenLine,
  request: ExportRequest,
  stdout: Terminal,
): Promise<ExportReport> {
  const counts = { rows: 0, read: 0 };
  const rows = Readable.from(shownOn(stdout, request, mappings(open, request, counts)));
  const text = request.format === 'csv' ? csv(request) : lines;
  try {
    await pipeline(rows, text, stdout, { end: false });
  } catch (error) {
    // A reader that has gone (`| head`) has seen enough.
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
  } finally {
    open.progress.clear();
  }
  return { verb: 'export', line: open.line.title, ...counts, interrupted: open.host.interrupted.aborted };
}

async function* mappings(
  { queries, host, progress }: OpenLine,
  { sinceMs = 0 }: ExportRequest,
  counts: { rows: number; read: number },
): AsyncGenerator<ExportedRow> {
  for await (const item of queries.documents()) {
    if (host.interrupted.aborted) return;
    counts.read += 1;
    if (counts.read % 1000 === 0) progress.show(`Reading the ledger: ${counts.read} documents`);
    const { mapping } = item;
    if (mapping === undefined || mapping.uploadedAtMs < sinceMs) continue;
    counts.rows += 1;
    yield rowOf(item, mapping);
  }
}

function rowOf(
  { arrival, edition }: DocumentItem,
  mapping: NonNullable<DocumentItem['mapping']>,
): ExportedRow {
  return {
    bucket: arrival.bucket,
    key: arrival.key,
    versionId: arrival.versionId ?? '',
    eTag: arrival.eTag,
    sizeBytes: arrival.sizeBytes ?? '',
    classificationId: mapping.classificationId,
    batchId: mapping.batchId,
    fileId: mapping.fileId,
    fileName: mapping.fileName,
    numberOfPages: mapping.numberOfPages ?? '',
    uploadedAt: iso(mapping.uploadedAtMs),
    edition,
  };
}

/** A program gets every name as it is; a terminal, or whoever looks at a sheet, would obey some. JSON lines are safe as they are. */
async function* shownOn(
  { isTTY }: Terminal,
  { format, isExact }: ExportRequest,
  rows: AsyncIterable<ExportedRow>,
): AsyncGenerator<ExportedRow> {
  const isForPeople = isTTY === true || (format === 'csv' && !isExact);
  for await (const row of rows) yield isForPeople ? printableThroughout(row) : row;
}

function csv({ isExact }: ExportRequest) {
  return stringify({
    header: true,
    columns: [...COLUMNS],
    record_delimiter: '\r\n',
    escape_formulas: !isExact,
  });
}

async function* lines(rows: AsyncIterable<ExportedRow>): AsyncGenerator<string> {
  for await (const row of rows) yield `${jsonOf(row)}\n`;
}
