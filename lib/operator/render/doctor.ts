import { counted } from '../../terminal/table.ts';
import type { Paint } from '../../terminal/terminal.ts';
import type { DoctorReport } from '../doctor.ts';
import { head, type Lines } from './lines.ts';

/** `dead-letter queue retention` */
const CHECK_WIDTH = 27;

export function doctorLines(report: DoctorReport, paint: Paint): Lines {
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
