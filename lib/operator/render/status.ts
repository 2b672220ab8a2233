import type { Paint } from '../../terminal/terminal.ts';
import type { StatusReport } from '../status.ts';
import { head, type Lines, notesIn, reasonLines, row } from './lines.ts';

export function statusLines(report: StatusReport, paint: Paint): Lines {
  const { queue, deadLetters, documents, breaker } = report;
  const isClosed = breaker.state === 'closed';
  const because = breaker.because === null ? '' : `, because of ${breaker.because}`;
  const until = breaker.until === null ? '' : ` until ${breaker.until}`;
  const oldest = report.oldestUnsettled;
  const uploadedBy = report.uploadedTodayBy === 'metric' ? ', by the metric' : '';
  return [
    head('The line', `${report.line}, ${report.at}`, paint),
    row('Line', isClosed ? paint('green', 'open') : paint('red', `${breaker.state}${until}${because}`)),
    row('Queue', `${queue.waiting} waiting, ${queue.inFlight} in flight, ${queue.delayed} delayed (about)`),
    row(
      'Oldest message',
      report.oldestMessageSeconds === null ? undefined : `${report.oldestMessageSeconds} s`,
    ),
    row(
      'Documents',
      `${documents.waiting} waiting, ${documents.uploading} uploading, ${documents.unknown} to be verified`,
    ),
    row(
      'Oldest document',
      oldest === null ? undefined : `${oldest.object}, first seen ${oldest.firstSeenAt}`,
    ),
    row(
      'Uploaded today',
      report.uploadedToday === null ? undefined : `${report.uploadedToday} since midnight UTC${uploadedBy}`,
    ),
    row('Parked', report.parked === 0 ? paint('green', 'none') : paint('red', String(report.parked))),
    ...reasonLines(report.parkedByReason),
    row('', report.parked === 0 ? undefined : 'failed tells why, find DOCUMENT what happened to one'),
    row('Sent back', report.sentBack === 0 ? undefined : `${report.sentBack}, not taken up yet`),
    row('Dead letters', `${deadLetters.waiting} visible, ${deadLetters.inFlight} hidden (about)`),
    row(
      '',
      report.lettersBeside === 0
        ? undefined
        : paint('red', `${report.lettersBeside} of no parked document: failed tells of what`),
    ),
    row(
      'Names',
      report.namesKept ? undefined : paint('red', 'Extracta changes them: lost answers can’t be verified'),
    ),
    ...notesIn(report.notes, paint),
  ];
}
