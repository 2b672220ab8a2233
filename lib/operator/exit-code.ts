import type { Report } from './render/render.ts';

/** 1: a person is needed, or what was asked for was not done. */
export function exitCodeOf(report: Report): 0 | 1 {
  return needsAPerson(report) ? 1 : 0;
}

function needsAPerson(report: Report): boolean {
  switch (report.verb) {
    case 'status':
      return (
        report.parked + report.lettersBeside > 0 || report.breaker.state !== 'closed' || !report.namesKept
      );
    case 'find':
      return report.documents.length === 0;
    case 'batch':
      return report.documents.length === 0 || report.answer === 'no-such-batch';
    case 'failed':
      return report.parked > 0;
    case 'redrive':
      return !report.dryRun && report.refused > 0;
    case 'backfill':
      return !report.dryRun && !report.isWhole;
    case 'reupload':
      return report.standing.kind === 'refused';
    case 'doctor':
      return report.findings.some(({ verdict }) => verdict === 'wrong');
    case 'export':
      return false;
  }
}
