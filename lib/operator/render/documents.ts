import { counted } from '../../terminal/table.ts';
import type { Paint } from '../../terminal/terminal.ts';
import type { BatchReport } from '../batch.ts';
import { type FailedReport, isStillParked } from '../failed.ts';
import {
  head,
  type Lines,
  MOST_ROWS,
  notesIn,
  reasonLines,
  shortened,
  stateOf,
  table,
  unmatchedLines,
} from './lines.ts';

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
      (report.parked === 0 ? nothingOf(report) : `${counted(report.parked, 'document')} parked`) +
        (others === 0
          ? ''
          : `, ${others} more ${others === 1 ? 'is' : 'are'} listed that ${others === 1 ? 'is' : 'are'} not`),
      report.line,
      paint,
    ),
    ...unmatchedLines(report.unmatched),
    ...reasonLines(report.byReason),
    ...whyLines(report, paint),
    ...table(['Parked (UTC)', 'Reason', 'Tries', 'Document'], rows, paint),
    odd.length === 0 ? undefined : paint('yellow', '\nLedger and dead-letter queue disagree:'),
    ...odd
      .slice(0, MOST_ROWS)
      .map((each) => `  ${each.object ?? '(nobody can read which)'}: ${each.disagreement?.says}`),
    ...(report.parked === 0 ? [] : ['', NEXT_STEP]),
    ...notesIn(report.notes, paint),
  ];
}

const NEXT_STEP =
  'find DOCUMENT tells one’s whole story. Once a cause is mended: redrive --reason=CODE --dry-run, then without.';

const nothingOf = ({ unmatched }: FailedReport) =>
  unmatched === undefined ? 'Nothing is parked' : 'Nothing that fits is parked';

/** More answers than this are told apart by the JSON. */
const MOST_MESSAGES = 10;

/** Why, in the words of whoever refused it: each once. */
function whyLines({ failed }: FailedReport, paint: Paint): Lines {
  const parked = failed.filter(isStillParked);
  const said = Map.groupBy(parked, ({ reason, httpStatus, message }) =>
    message === '' ? '' : `${reason}${httpStatus === null ? '' : ` (${httpStatus})`}: ${message}`,
  );
  said.delete('');
  const inOrder = [...said].sort(([, one], [, other]) => other.length - one.length);
  const left = inOrder.length - MOST_MESSAGES;
  return [
    ...inOrder
      .slice(0, MOST_MESSAGES)
      .map(([why, { length }]) => `${paint('red', why)}${length === 1 ? '' : ` (${length} times)`}`),
    left > 0 ? `… and ${left} other messages: --json lists them all` : undefined,
  ];
}
