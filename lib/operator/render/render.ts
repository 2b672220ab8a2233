import { printableThroughout } from '../../terminal/printable.ts';
import { counted } from '../../terminal/table.ts';
import type { Paint } from '../../terminal/terminal.ts';
import type { BackfillReport } from '../backfill.ts';
import type { BatchReport } from '../batch.ts';
import type { DoctorReport } from '../doctor.ts';
import type { ExportReport } from '../export.ts';
import type { FailedReport } from '../failed.ts';
import type { FindReport } from '../find.ts';
import type { RedriveReport } from '../redrive.ts';
import type { RedrivePlan } from '../redrive-plan.ts';
import type { ReuploadPlan, ReuploadReport } from '../reupload.ts';
import type { StatusReport } from '../status.ts';
import { backfillLines, redriveLines, redrivePlanLines, reuploadLines } from './actions.ts';
import { doctorLines } from './doctor.ts';
import { batchLines, failedLines } from './documents.ts';
import { findLines } from './find.ts';
import { cutShort, type Lines } from './lines.ts';
import { statusLines } from './status.ts';

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

/** Ends with a line break. Names may hold anything; a terminal would obey some of it. */
export function render(report: Report, paint: Paint, columns = 100): string {
  const lines = linesOf(printableThroughout(report), paint, columns);
  return `${lines.filter((line) => line !== undefined).join('\n')}\n`;
}

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
