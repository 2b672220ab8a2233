import type { DocumentItem } from '../pipeline/model.ts';
import { isSettled } from './report.ts';
import type { Session } from './session.ts';
import { tryIt } from './try-it.ts';
import { type Documents, watchDocuments } from './watch.ts';

/** Tells of every further document as it settles, and lets the schedule redrive, until Ctrl-C. */
export async function stayUp(session: Session, reported: Documents): Promise<void> {
  const { running, opened, screen, interrupted } = session;
  await screen.tell(`\n${tryIt(running.stack, opened.extracta.url, session.consoleUrl)}`);
  const redriving = running.redriveOnSchedule(interrupted);
  let known = reported;
  const tellNews = (documents: Documents) => {
    for (const item of newsIn(documents, known)) void screen.settled(item);
    known = documents;
    return false;
  };
  await watchDocuments(running.queries, tellNews, interrupted).catch((error: unknown) => {
    if (!interrupted.aborted) throw error;
  });
  await redriving;
}

/** What has settled since, or settled otherwise than before. */
export function newsIn(now: Documents, before: Documents): DocumentItem[] {
  return [...now]
    .filter(([name, item]) => isSettled(item) && before.get(name)?.state !== item.state)
    .map(([, item]) => item);
}
