import { counted } from '../../terminal/table.ts';
import type { Paint } from '../../terminal/terminal.ts';
import type { BackfillReport } from '../backfill.ts';
import type { RedriveReport } from '../redrive.ts';
import type { RedrivePlan } from '../redrive-plan.ts';
import type { ReuploadPlan, ReuploadReport } from '../reupload.ts';
import { cutShort, head, type Lines, notesIn, reasonLines, unmatchedLines } from './lines.ts';

export function redrivePlanLines(plan: RedrivePlan, paint: Paint): Lines {
  return [
    head(`${counted(plan.wouldSend, 'message')} would be sent back`, plan.line, paint),
    ...unmatchedLines(plan.unmatched),
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

export function redriveLines(report: RedriveReport, paint: Paint): Lines {
  const { sentBack, fromLedger, refused, removed, left, cameAgain } = report;
  const from = fromLedger === 0 ? '' : `, ${fromLedger} of them from the ledger, without a letter`;
  return [
    head(`${counted(sentBack, 'message')} sent back${from}`, report.line, paint),
    `${counted(removed, 'letter')} removed, ${left} left${cutShort(report.interrupted)}`,
    ...unmatchedLines(report.unmatched),
    cameAgain === 0
      ? undefined
      : paint('yellow', `${cameAgain} failed again meanwhile, and stayed: failed tells why.`),
    refused === 0
      ? undefined
      : paint('red', `The queue did not confirm ${refused}; they stay: ${report.refusals.join('; ')}`),
    report.interrupted ? 'Nothing is lost: the same command goes on from here.' : undefined,
  ];
}

export function backfillLines(report: BackfillReport, paint: Paint): Lines {
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
    dryRun || report.isWhole ? undefined : `Not finished: ${onwards(report)}`,
    ...notesIn(report.notes, paint),
  ];
}

function onwards({ stateFile }: BackfillReport): string {
  return stateFile === null
    ? 'the same command begins again, and leaves out what the ledger knows by then. What is queued twice is uploaded once.'
    : 'the same command with --resume goes on from here.';
}

export function reuploadLines(report: ReuploadPlan | ReuploadReport, paint: Paint): Lines {
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
