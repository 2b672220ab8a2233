import { counted } from '../../terminal/table.ts';
import type { Paint } from '../../terminal/terminal.ts';
import type { FindReport, FoundDocument } from '../find.ts';
import { head, type Lines, notesIn, row, stateOf } from './lines.ts';

export function findLines(report: FindReport, paint: Paint): Lines {
  const count = report.documents.length;
  const by = report.foundBy === 'nothing' ? '' : `, by ${report.foundBy}`;
  return [
    head(
      `${report.what}: ${count === 0 ? 'nothing found' : counted(count, 'document')}${by}`,
      report.line,
      paint,
    ),
    ...report.documents.flatMap((document) => ['', ...documentLines(document, paint)]),
    report.isCut ? `\nThere are more: add --limit, or name it more closely.` : undefined,
    ...notesIn(report.notes, paint),
  ];
}

function documentLines(document: FoundDocument, paint: Paint): Lines {
  const { mapping, lastFailure } = document;
  const failure =
    lastFailure === null
      ? undefined
      : `${lastFailure.at}  ${lastFailure.code}${lastFailure.httpStatus === undefined ? '' : ` (${lastFailure.httpStatus})`}: ${lastFailure.message}`;
  return [
    `${stateOf(document.state, paint)}  ${paint('bold', document.object)}`,
    row('', document.means),
    row('Version', document.versionId ?? `ETag ${document.eTag}`),
    row('First seen', document.firstSeenAt),
    row('Last changed', document.updatedAt),
    row(
      'Attempts',
      `${document.attempts}; looks ${document.looks}, redrives ${document.redrives}, edition ${document.edition}`,
    ),
    row(
      'Batch, file',
      mapping === null ? undefined : `${mapping.batchId}  ${mapping.fileId}  ${mapping.uploadedAt}`,
    ),
    row('Classification', mapping?.classificationId),
    row('Sent as', mapping?.fileName),
    ...document.mayBeAt.map((pair) =>
      row(
        'May be at',
        `${pair.classificationId} ${pair.batchId === '?' ? 'a batch nobody knows' : pair.batchId}`,
      ),
    ),
    ...document.toBeLookedAt.map((pair) =>
      row('To be looked at', `${pair.classificationId} ${pair.batchId}`),
    ),
    row('Redriven', document.isRedriven ? 'taken up; its send has not begun' : undefined),
    ...document.extraFiles.map((file) => row('Second file', `${file.batchId}  ${file.fileId}`)),
    ...document.earlierFiles.map((file) => row('Earlier file', `${file.batchId}  ${file.fileId}`)),
    ...document.reuploads.map(({ edition, reason, at }) =>
      row('Reuploaded', `${at}  edition ${edition}: ${reason}`),
    ),
    row('Last failure', failure),
    row('Held until', document.heldUntil),
    row('Comes back', document.comesBackAt),
    row('Dead letter', LETTERS[document.letter]),
    ...(document.log ?? []).map(({ at, event, fields }) => row('Log', `${at}  ${event}  ${saying(fields)}`)),
    document.log === null && document.logWhy !== null
      ? paint('dim', `· Attempt by attempt: ${document.logWhy}`)
      : undefined,
  ];
}

const LETTERS: Readonly<Record<FoundDocument['letter'], string | undefined>> = {
  there: 'in the queue',
  gone: 'not in the queue: redrive sends it back from the ledger',
  'not-seen': 'not among those that could be read',
  none: undefined,
};

function saying(fields: Readonly<Record<string, unknown>>): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ');
}
