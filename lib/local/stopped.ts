import { counted } from '../terminal/table.ts';
import type { StartCommand } from './command.ts';
import type { Expected } from './expected.ts';
import { isSettled, reportOf } from './report.ts';
import type { Session } from './session.ts';
import { readDocuments } from './watch.ts';

/** Ctrl-C ended a run that stayed up: what it leaves behind. */
export async function tellEnded({ running, screen }: Session): Promise<0 | 1 | 130> {
  const documents = [...(await readDocuments(running.queries)).values()];
  const parked = documents.filter(({ state }) => state === 'parked').length;
  const left = documents.filter((item) => !isSettled(item)).length;
  await screen.tell(
    `Stopped: ${counted(documents.length, 'document')}, ${parked} parked, ${left} not settled.\n`,
  );
  if (left > 0) return 130;
  return parked > 0 ? 1 : 0;
}

/** Ctrl-C came before all had settled: where all stands, and what to do about the rest. */
export async function tellStopped(
  { running, opened, screen }: Session,
  command: StartCommand,
  expected: Expected,
  tookMs: number,
): Promise<void> {
  const documents = await readDocuments(running.queries);
  await screen.report(reportOf([...documents.values()], tookMs));
  const counts = `Stopped: ${expected.left(documents)} of ${expected.total(documents)} not settled.`;
  await screen.tell(`${counts} ${whatToDo(command, opened.extracta.isEmbedded)}\n`);
}

function whatToDo({ data }: StartCommand, isEmbedded: boolean): string {
  if (data !== undefined) return 'Start again with the same --data to go on.';
  if (isEmbedded) return 'Without --data all of it is forgotten, with the embedded Extracta: start again.';
  return 'Without --data it is forgotten what was sent: the same documents, given again, are sent and paid for again.';
}
