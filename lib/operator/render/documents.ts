import { counted } from '../../terminal/table.ts';
import type { Paint } from '../../terminal/terminal.ts';
import type { BatchReport } from '../batch.ts';
import type { FailedReport } from '../failed.ts';
import { head, type Lines, MOST_ROWS, notesIn, reasonLines, shortened, stateOf, table } from './lines.ts';

export function batchLines(report: BatchReport, paint: Paint, columns: number): Lines {
  const rows = report.documents.map((each) => [
    shortened(each.object, Math.max(30, columns - 50)),
    stateOf(each.state, paint),
    each.fileId ?? '',
    each.atExtracta ?? (report.answer === 'files' && each.fileId !== null ? 'not listed' : ''),
  ]);
  return [
    head(`Batch ${report.batchId}: ${counted(report.documents.length, 'document')}`, report.line, paint),
    ...table(['Document', 'State', 'File', 'At Extracta'], rows, paint),
    ...report.strangers.map(
      ({ fileId, fileName }) =>
        `Extracta lists ${fileId} (${fileName}), and no document is mapped to it: an earlier or second file, or not ours; find tells.`,
    ),
    report.isCut ? 'There are more.' : undefined,
    ...notesIn(report.notes, paint),
  ];
}

export function failedLines(report: FailedReport, paint: Paint, columns: number): Lines {
  const rows = report.failed.map((each) => [
    each.parkedAt.slice(0, 16).replace('T', ' '),
    paint('red', each.reason),
    String(each.attempts),
    shortened(each.object ?? '(nobody can read which)', Math.max(30, columns - 55)),
  ]);
  const odd = report.failed.filter(({ disagreement }) => disagreement !== undefined);
  const others = report.failed.length - report.parked;
  return [
    head(
      (report.parked === 0 ? 'Nothing is parked' : `${counted(report.parked, 'document')} parked`) +
        (others === 0
          ? ''
          : `, ${others} more ${others === 1 ? 'is' : 'are'} listed that ${others === 1 ? 'is' : 'are'} not`),
      report.line,
      paint,
    ),
    ...reasonLines(report.byReason),
    ...table(['Parked (UTC)', 'Reason', 'Tries', 'Document'], rows, paint),
    odd.length === 0 ? undefined : paint('yellow', '\nLedger and dead-letter queue disagree:'),
    ...odd
      .slice(0, MOST_ROWS)
      .map((each) => `  ${each.object ?? '(nobody can read which)'}: ${each.disagreement?.says}`),
    ...notesIn(report.notes, paint),
  ];
}
