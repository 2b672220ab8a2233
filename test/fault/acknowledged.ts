import type { DocumentItem } from '../../lib/pipeline/model.ts';
import type { RecordAtWork } from './delivery.ts';
import { recordedFiles } from './invariants.ts';
import { heldBy } from './messages.ts';
import { itemOf, type World } from './world.ts';

/**
 * Protocol §4: a message is let go only when the ledger says that each document in it is done, or its answer is queued,
 * or a copy of the message is, or another message carries the decision. [V10, V18]
 */
export function checkAcknowledged(world: World, { name, delivery, message }: RecordAtWork): void {
  const others = [world.queue, world.deadLetters]
    .flatMap((queue) => queue.messages())
    .filter(({ messageId }) => messageId !== message.messageId);
  const { documents, fileId } = heldBy(message.body);
  for (const document of documents) {
    const watched = world.documents.get(document);
    const item = watched && itemOf(world, watched.key);
    // Since this process began: another may have woken it again by now.
    const wasDone = (world.doneAtMs.get(document) ?? -1) >= delivery.beganAtMs;
    // A receipt of an earlier edition: its file is on record.
    const isOnRecord = fileId !== undefined && recordedFiles(item).includes(fileId);
    if (wasDone || isOnRecord || isDone(item) || world.letGo.has(document)) continue;
    const isCarried = others.some(({ body }) => body === message.body || carries(body, document, item));
    if (!isCarried)
      world.fail(
        'acknowledged as §4 says',
        `${name} lets ${document} go, which is ${item?.state ?? 'unknown'}`,
      );
  }
}

function isDone(item: DocumentItem | undefined): boolean {
  return item?.state === 'uploaded' || item?.state === 'skipped' || item?.state === 'parked';
}

function carries(body: string, document: string, item: DocumentItem | undefined): boolean {
  const held = heldBy(body);
  if (!held.documents.includes(document)) return false;
  return held.kind === 'receipt' || (item?.decision !== undefined && held.parkId === item.decision);
}
