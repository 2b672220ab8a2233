import type { StartCommand } from './command.ts';
import type { Expected } from './expected.ts';
import { reportOf } from './report.ts';
import type { Session } from './session.ts';
import { readDocuments } from './watch.ts';

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
