import { styleText } from 'node:util';
import Table from 'cli-table3';
import type { BackfillReport } from './backfill.ts';
import type { BatchReport } from './batch.ts';
import type { DoctorReport } from './doctor.ts';
import type { ExportReport } from './export.ts';
import type { FailedReport } from './failed.ts';
import type { FindReport, FoundDocument } from './find.ts';
import type { Terminal } from './host.ts';
import type { RedriveReport } from './redrive.ts';
import type { RedrivePlan } from './redrive-plan.ts';
import type { ReuploadPlan, ReuploadReport } from './reupload.ts';
import type { StatusReport } from './status.ts';

/** Every report as a person likes to read it. */
export type Report =
  | StatusReport
  | FindReport
  | BatchReport
  | FailedReport
  | RedrivePlan
  | RedriveReport
  | BackfillReport
  | ReuploadPlan
  | ReuploadReport
  | ExportReport
  | DoctorReport;

/** Colours only on a terminal, and not against NO_COLOR. */
export type Paint = (colour: 'bold' | 'dim' | 'green' | 'red' | 'yellow', text: string) => string;

export function paintFor(stream: Terminal): Paint {
  return (colour, text) => styleText(colour, text, { stream, validateStream: true });
}

const UNSAFE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** Control characters of names and foreign messages must not reach a terminal. */
export function oneLine(text: string): string {
  return text
    .replace(/\s*[\r\n]+\s*/g, ' ')
    .replace(UNSAFE, '\ufffd')
    .trim();
}

/** JSON that a terminal can't obey either: what JSON leaves bare of these is escaped, and means the same. */
export function jsonOf(value: unknown, indent?: number): string {
  const escaped = (unit: string) =>
    unit === '\n' ? unit : `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(value, undefined, indent).replace(UNSAFE, escaped);
}

/** Ends with a line break. */
export function render(report: Report, paint: Paint, columns = 100): string {
  const lines = linesOf(printable(report), paint, columns);
  return `${lines.filter((line) => line !== undefined).join('\n')}\n`;
}

/** Names may hold anything; a terminal would obey some of it. */
function printable<T>(value: T): T {
  if (typeof value === 'string') return value.replace(UNSAFE, '\ufffd') as T;
  if (Array.isArray(value)) return value.map(printable) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [printable(name), printable(each)]),
  ) as T;
}

type Lines = readonly (string | undefined)[];

function linesOf(report: Report, paint: Paint, columns: number): Lines {
  switch (report.verb) {
    case 'status':
      return statusLines(report, paint);
    case 'find':
      return findLines(report, paint);
    case 'batch':
      return batchLines(report, paint, columns);
    case 'failed':
      return failedLines(report, paint, columns);
    case 'redrive':
      return report.dryRun ? redrivePlanLines(report, paint) : redriveLines(report, paint);
    case 'backfill':
      return backfillLines(report, paint);
    case 'reupload':
      return reuploadLines(report, paint);
    case 'doctor':
      return doctorLines(report, paint);
    case 'export':
      return [
        `${counted(report.rows, 'mapping')} of ${counted(report.read, 'document')}${cutShort(report.interrupted)}`,
      ];
  }
}

const NAME_WIDTH = 16;
/** `dead-letter queue retention` */
const CHECK_WIDTH = 27;
const row = (name: string, text: string | undefined | null) =>
  text === undefined || text === null || text === '' ? undefined : `${name.padEnd(NAME_WIDTH)}${text}`;
const head = (title: string, line: string, paint: Paint) => `${paint('bold', title)}  ${paint('dim', line)}`;
const notesIn = (notes: readonly string[], paint: Paint) => notes.map((note) => paint('dim', `· ${note}`));
const cutShort = (interrupted: boolean) => (interrupted ? ', interrupted' : '');

export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

function statusLines(report: StatusReport, paint: Paint): Lines {
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
    row('Sent back', report.sentBack === 0 ? undefined : `${report.sentBack}, not taken up yet`),
    row('Dead letters', `${deadLetters.waiting} visible, ${deadLetters.inFlight} hidden (about)`),
    row(
      'Names',
      report.namesKept ? undefined : paint('red', 'Extracta changes them: lost answers can’t be verified'),
    ),
    ...notesIn(report.notes, paint),
  ];
}

function reasonLines(byReason: Readonly<Record<string, number>>): readonly string[] {
  const inOrder = Object.entries(byReason).sort(([, one], [, other]) => other - one);
  return inOrder.map(([reason, count]) => `${''.padEnd(NAME_WIDTH)}${String(count).padStart(6)}  ${reason}`);
}

function findLines(report: FindReport, paint: Paint): Lines {
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

function stateOf(state: string, paint: Paint): string {
  return paint(state === 'uploaded' ? 'green' : state === 'parked' ? 'red' : 'yellow', state);
}

const NO_LINES = Object.fromEntries(
  ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right']
    .concat(['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid'])
    .map((place) => [place, '']),
);
/** More rows than this nobody reads; the JSON has them all. */
const MOST_ROWS = 200;

function table(
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  paint: Paint,
): readonly string[] {
  if (rows.length === 0) return [];
  const drawn = new Table({
    head: titles.map((title) => paint('dim', title)),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    chars: { ...NO_LINES, middle: '  ' },
  });
  for (const each of rows.slice(0, MOST_ROWS)) drawn.push([...each]);
  const left = rows.length - MOST_ROWS;
  return [
    drawn.toString().replace(/ +$/gm, ''),
    ...(left > 0 ? [`… and ${left} more: --json lists them all`] : []),
  ];
}

/** The end of a name tells more than its beginning. */
function shortened(text: string, width: number): string {
  return text.length <= width ? text : `…${text.slice(text.length - width + 1)}`;
}

function batchLines(report: BatchReport, paint: Paint, columns: number): Lines {
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

function failedLines(report: FailedReport, paint: Paint, columns: number): Lines {
  const rows = report.failed.map((each) => [
    each.parkedAt.slice(0, 16).replace('T', ' '),
    paint('red', each.reason),
    String(each.attempts),
    shortened(each.object ?? '(nobody can read which)', Math.max(30, columns - 55)),
  ]);
  const odd = report.failed.filter(({ disagreement }) => disagreement !== undefined);
  return [
    head(
      report.failed.length === 0
        ? 'Nothing is parked'
        : `${counted(report.failed.length, 'document')} parked`,
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

function redrivePlanLines(plan: RedrivePlan, paint: Paint): Lines {
  return [
    head(`${counted(plan.wouldSend, 'message')} would be sent back`, plan.line, paint),
    ...reasonLines(plan.byReason),
    plan.wouldRemove === 0
      ? undefined
      : `${counted(plan.wouldRemove, 'letter')} of no more use would be removed.`,
    plan.mayDouble === 0
      ? undefined
      : paint(
          'yellow',
          `Of ${plan.mayDouble} of them nobody can tell whether they arrived: each may become a second file, and cost credits again.`,
        ),
    ...notesIn(plan.notes, paint),
  ];
}

function redriveLines(report: RedriveReport, paint: Paint): Lines {
  const { sentBack, fromLedger, refused, removed, left } = report;
  const from = fromLedger === 0 ? '' : `, ${fromLedger} of them from the ledger, without a letter`;
  return [
    head(`${counted(sentBack, 'message')} sent back${from}`, report.line, paint),
    `${counted(removed, 'letter')} removed, ${left} left${cutShort(report.interrupted)}`,
    refused === 0
      ? undefined
      : paint('red', `The queue did not confirm ${refused}; they stay: ${report.refusals.join('; ')}`),
    report.interrupted ? 'Nothing is lost: the same command goes on from here.' : undefined,
  ];
}

function backfillLines(report: BackfillReport, paint: Paint): Lines {
  const { listed, known, queued, archived, unrouted, dryRun } = report;
  return [
    head(
      `${counted(queued, 'object')} ${dryRun ? 'would be queued' : 'queued'}`,
      `${report.line}, ${report.uri}`,
      paint,
    ),
    `${listed} listed${report.isWhole ? '' : ' so far'}, ${known} known to the ledger${cutShort(report.interrupted)}`,
    archived === 0 ? undefined : `${archived} archived (Glacier): restore them first; they were left out.`,
    unrouted === 0 ? undefined : `${unrouted} match no route; they were left out.`,
    report.resumedAfter === null ? undefined : `Went on after ${report.resumedAfter}.`,
    report.stateFile === null ? undefined : 'Not finished: the same command with --resume goes on from here.',
    ...notesIn(report.notes, paint),
  ];
}

function reuploadLines(report: ReuploadPlan | ReuploadReport, paint: Paint): Lines {
  const { standing, fileId } = report;
  const there =
    fileId === null
      ? undefined
      : `The file ${fileId} stays at Extracta; delete it there if it is not wanted.`;
  const will = report.dryRun ? 'would be' : 'is';
  const said = {
    begun: `Edition ${'edition' in standing ? standing.edition : ''} ${will} queued: a further file, which costs credits again.`,
    skipped: `It was skipped, never uploaded: it ${will} queued again.`,
    'begun-before': `Its next edition was written before; its message ${will} sent again.`,
    refused: paint('red', standing.kind === 'refused' ? standing.because : ''),
  }[standing.kind];
  return [head(report.object, report.line, paint), said, standing.kind === 'refused' ? undefined : there];
}

function doctorLines(report: DoctorReport, paint: Paint): Lines {
  const marks = {
    ok: paint('green', 'ok   '),
    wrong: paint('red', 'wrong'),
    unknown: paint('yellow', '?    '),
  };
  const wrongs = report.findings.filter(({ verdict }) => verdict === 'wrong').length;
  const unknowns = report.findings.filter(({ verdict }) => verdict === 'unknown').length;
  const but = unknowns === 0 ? '' : `, ${unknowns} not checked`;
  return [
    head(
      wrongs === 0 ? `Nothing wrong found${but}` : `${counted(wrongs, 'thing')} wrong${but}`,
      report.line,
      paint,
    ),
    ...report.findings.flatMap(({ check, verdict, says, remedy }) => [
      `${marks[verdict]}  ${check.padEnd(CHECK_WIDTH)} ${says}`,
      remedy === null ? undefined : `       ${''.padEnd(CHECK_WIDTH)} ${paint('bold', `-> ${remedy}`)}`,
    ]),
  ];
}
