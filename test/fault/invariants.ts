import type { DocumentItem, SlotItem } from '../../lib/pipeline/model.ts';
import { heldBy } from './messages.ts';
import type { TrueFile } from './truth.ts';
import { itemOf, nameOf, type WatchedDocument, type World } from './world.ts';

/** What must hold after every single step. The first breach ends the run. */
export function checkAfterStep(world: World): void {
  const messages = messagesOf(world);
  for (const [name, document] of world.documents) {
    const item = itemOf(world, document.key);
    checkCarried(world, name, document, item, messages);
    if (item === undefined) continue;
    checkFiles(world, name, item);
    checkItem(world, name, item);
  }
  checkSlots(world);
}

interface Messages {
  readonly documents: ReadonlySet<string>;
  readonly parkIds: ReadonlySet<string>;
  /** Documents whose answer is a message of its own. */
  readonly receipts: ReadonlySet<string>;
}

function messagesOf(world: World): Messages {
  const documents = new Set<string>();
  const parkIds = new Set<string>();
  const receipts = new Set<string>();
  for (const queue of [world.queue, world.deadLetters]) {
    for (const { body } of queue.messages()) {
      const held = heldBy(body);
      for (const document of held.documents) {
        documents.add(document);
        if (held.kind === 'receipt') receipts.add(document);
      }
      if (held.parkId !== undefined) parkIds.add(held.parkId);
    }
  }
  return { documents, parkIds, receipts };
}

/** P1: what is not settled is carried by a message, a receipt or a dead letter. */
function checkCarried(
  world: World,
  name: string,
  { isAnnounced }: WatchedDocument,
  item: DocumentItem | undefined,
  { documents, parkIds, receipts }: Messages,
): void {
  if (item?.state === 'uploaded' || item?.state === 'skipped') return;
  if (item?.state === 'parked') {
    // Woken, found by a look, and the ledger down: its receipt carries it then.
    const isHeld = (item.parkId !== undefined && parkIds.has(item.parkId)) || receipts.has(name);
    const isExpired = world.expiredLetters.has(item.parkId ?? '');
    if (!isHeld && !isExpired && world.scheduler.nowMs() < item.updatedAtMs + 13 * 86_400_000)
      world.fail('P1 parked has its dead letter', `${name} is parked, and nothing carries ${item.parkId}`);
  } else if (isAnnounced && !documents.has(name) && !needsNoMessage(world, name))
    world.fail(
      'P1 nothing lost',
      `${name} is ${item?.state ?? 'unknown to the ledger'}, and no message carries it`,
    );
}

export function needsNoMessage(world: World, name: string): boolean {
  return hasLostItsRoute(world, name) || isGoneAgain(world, name);
}

/** Skipped as gone, its message deleted, and woken by an earlier delivery of that message which then died: still gone. */
function isGoneAgain(world: World, name: string): boolean {
  const document = world.documents.get(name);
  return (
    world.everSkipped.has(name) &&
    document !== undefined &&
    world.source.bytesOf(document.arrival) === undefined
  );
}

/** A route was taken away, and a container that knew it no more counted the document and let it go. */
export function hasLostItsRoute(world: World, name: string): boolean {
  return world.routesChanged && world.letGo.has(name);
}

function checkFiles(world: World, name: string, item: DocumentItem): void {
  const { files } = world.truth;
  for (const file of [item.mapping, ...(item.extraFiles ?? []), ...(item.earlierFiles ?? [])]) {
    const truth = file && files.find((each) => each.fileId === file.fileId);
    if (file !== undefined && truth?.document !== name)
      world.fail(
        'a file is its own document’s',
        `${name} has ${file.fileId}, which is ${truth?.document ?? 'nobody'}'s`,
      );
  }
  checkStaysOnRecord(world, name, item);
  checkOpenedGeneration(world, name, item);
  const mine = files.filter((file) => file.document === name && !file.isDeleted);
  if (mine.length === 0) return;
  if (
    item.state === 'skipped' &&
    mine.some((file) => !file.send.isTooLate && !isUnnamed(file) && file.edition === item.edition)
  )
    world.fail('skipped → no file', `${name} is skipped, and Extracta holds ${mine[0]?.fileId}`);
  const editions = new Set(mine.map((file) => file.edition));
  for (const edition of editions)
    checkDoubles(
      world,
      name,
      mine.filter((file) => file.edition === edition),
    );
  checkSentTo(world, name, item, mine);
}

/** [V9] What was once written down of a file is not lost again. */
function checkStaysOnRecord(world: World, name: string, item: DocumentItem): void {
  const onRecord = new Set(recordedFiles(item));
  for (const file of world.truth.files) {
    if (file.document !== name) continue;
    if (onRecord.has(file.fileId)) file.isRecorded = true;
    else if (file.isRecorded) world.fail('what is on record stays', `${name} forgot ${file.fileId}`);
  }
}

/** [V15, V20] A settled document speaks for the generation that its own file's send opened, and for no other. */
function checkOpenedGeneration(world: World, name: string, item: DocumentItem): void {
  if (item.state !== 'uploaded' || item.openedGeneration === undefined) return;
  const file = world.truth.files.find(({ fileId }) => fileId === item.mapping?.fileId);
  if (file?.send.opening?.endsWith(` ${item.openedGeneration}`) !== true)
    world.fail(
      'an answer speaks for its own generation',
      `${name} says ${item.openedGeneration}, its file opened ${file?.send.opening}`,
    );
}

export function recordedFiles(item: DocumentItem | undefined): readonly (string | undefined)[] {
  return [item?.mapping, ...(item?.extraFiles ?? []), ...(item?.earlierFiles ?? [])].map(
    (file) => file?.fileId,
  );
}

/** P2 and P3: one file an edition, and one more only for each answer that nobody could look for. */
function checkDoubles(world: World, name: string, files: readonly TrueFile[]): void {
  const { settings } = world.run;
  const namesLost = world.faults.fired.has('extracta.names-lost');
  const excused = files.filter(
    ({ send }) => send.isTooLate || (send.wasGivenUp && (send.batchId === '?' || namesLost)),
  );
  const allowed =
    settings.onUnknownOutcome === 'park' && !namesLost ? decidedFor(world, name, excused) : excused.length;
  if (files.length <= 1 + Math.min(excused.length, allowed)) return;
  const list = files.map(
    ({ fileId, batchId, send }) =>
      `${fileId} in ${batchId} (send ${send.number} by ${send.by} to ${send.batchId})`,
  );
  const rule = files.every(({ send }) => send.batchId !== '?')
    ? 'P2 one file'
    : 'P2/P3 one file, and one for each lost answer';
  world.fail(
    rule,
    `${name} has ${files.length} files: ${list.join(', ')}; allowed are ${1 + Math.min(excused.length, allowed)}`,
  );
}

function decidedFor(world: World, name: string, excused: readonly TrueFile[]): number {
  const late = excused.filter(({ send }) => send.isTooLate).length;
  return (world.truth.decisions.get(name)?.size ?? 0) + late;
}

/** Extracta lost the name that it was sent under: nobody can tell whose it is. */
export function isUnnamed(file: TrueFile): boolean {
  return file.fileName.startsWith('renamed');
}

/** Where the file may be is on record until it is settled. */
function checkSentTo(world: World, name: string, item: DocumentItem, mine: readonly TrueFile[]): void {
  if (item.state === 'uploaded' || item.state === 'skipped') return;
  for (const file of mine) {
    const { send, edition, fileId } = file;
    if (edition !== item.edition || send.isTooLate || isUnnamed(file)) continue;
    const isOnRecord = item.sentTo.some(
      (pair) => pair.batchId === send.batchId && pair.classificationId === send.classificationId,
    );
    if (!isOnRecord)
      world.fail(
        'sentTo holds what may be there',
        `${name} (${item.state}) forgot ${send.batchId}, which holds ${fileId}`,
      );
  }
}

function checkItem(world: World, name: string, item: DocumentItem): void {
  const { fired } = world.faults;
  // What came between a count and its use costs one more: a parking, or a write whose answer was lost (docs/proof.md).
  const interruptions = [
    'process.crash',
    'process.dies-after-sending',
    'process.defect',
    'ledger.answer-lost',
  ] as const;
  const interrupted = interruptions.reduce((sum, fault) => sum + (fired.get(fault) ?? 0), world.parkings);
  if (item.attempts > world.run.settings.maxAttempts + interrupted)
    world.fail('attempts ≤ max', `${name} has ${item.attempts} attempts`);
  if (item.attempts < 0) world.fail('attempts ≥ 0', name);
}

/** An open slot's batch was made by an opener of its generation, and holds no more than its places. */
function checkSlots(world: World): void {
  for (const slot of world.ledger.items()) {
    if (slot.kind !== 'slot' || slot.state !== 'open' || slot.batchId === undefined) continue;
    const made = world.truth.batchMadeBy.get(slot.batchId);
    if (made !== `${nameOf(slot)} ${slot.generation}`)
      world.fail(
        'an open slot’s batch is its generation’s',
        `${nameOf(slot)} generation ${slot.generation} has ${slot.batchId}, made by ${made}`,
      );
    checkPlaces(world, slot);
  }
}

function checkPlaces(world: World, slot: SlotItem): void {
  const route = world.run.settings.routes[0];
  const maxFiles = route !== undefined && 'by' in route.batch ? route.batch.maxFiles : undefined;
  if (maxFiles === undefined || world.routesChanged) return;
  const files = world.truth.files.filter((file) => file.batchId === slot.batchId);
  if (files.length > maxFiles) world.fail('maxFiles', `${slot.batchId} holds ${files.length} of ${maxFiles}`);
}
