import { access } from 'node:fs/promises';
import type { Progress } from '../terminal/progress.ts';
import type { Given } from './command.ts';
import { alarmFindings } from './doctor/alarms.ts';
import { extractaFindings } from './doctor/extracta.ts';
import { type Finding, wrong } from './doctor/finding.ts';
import { functionFindings } from './doctor/function.ts';
import { queueFindings } from './doctor/queues.ts';
import { redriveFindings } from './doctor/redrive.ts';
import { storageFindings } from './doctor/storage.ts';
import type { OperatorHost } from './host.ts';
import { findLine, type LineInUse } from './line-in-use.ts';
import { openLine } from './open-line.ts';
import { Refusal } from './refusal.ts';

export interface DoctorReport {
  readonly verb: 'doctor';
  readonly line: string;
  readonly findings: readonly Finding[];
}

/** Is everything right? Asks all parts of the line; changes nothing, and uploads nothing. */
export async function doctor(given: Given, host: OperatorHost, progress: Progress): Promise<DoctorReport> {
  const line = await lineOr(given, host);
  if ('check' in line) return { verb: 'doctor', line: 'none', findings: [line] };
  using open = openLine(line, host, progress);
  const queues = await queueFindings(open);
  const findings = [
    ...(await storageFindings(open, queues.queue)),
    ...queues.findings,
    ...(await functionFindings(open, queues)),
    ...(await redriveFindings(open)),
    ...(await extractaFindings(open, classificationsIn(line, given))),
    ...(await alarmFindings(open)),
  ];
  return { verb: 'doctor', line: line.title, findings };
}

/** A line that is not to be found is a finding, too. */
async function lineOr(given: Given, host: OperatorHost): Promise<LineInUse | Finding> {
  const config = given.config ?? (await projectConfig(given, host));
  try {
    return await findLine(
      { ...given, ...(config === undefined ? {} : { config }) },
      { runningFolder: host.runningFolder },
    );
  } catch (error) {
    if (error instanceof Refusal) return wrong('line', error.message, 'See extracta-uploader doctor --help.');
    throw error;
  }
}

/** In a clone, what was deployed last lies beside; a local run names its own. */
async function projectConfig({ local, run, classificationId }: Given, { projectConfigFile }: OperatorHost) {
  if (local === true || run !== undefined || classificationId !== undefined) return undefined;
  return access(projectConfigFile).then(
    () => projectConfigFile,
    () => undefined,
  );
}

function classificationsIn({ settings }: LineInUse, { classificationId }: Given): readonly string[] {
  if (classificationId !== undefined) return [classificationId];
  return [...new Set(settings?.routes.map((route) => route.classificationId))];
}
