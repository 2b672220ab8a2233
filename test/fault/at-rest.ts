import type { Fault } from './faults.ts';
import { hasLostItsRoute, isUnnamed, needsNoMessage } from './invariants.ts';
import { itemOf, nameOf, type World } from './world.ts';

/** What must hold once faults have stopped and nothing moves any more. */
export function checkAtRest(world: World): void {
  for (const [name, document] of world.documents) {
    const item = itemOf(world, document.key);
    const isSettled = item !== undefined && ['uploaded', 'skipped', 'parked'].includes(item.state);
    if (document.isAnnounced && !isSettled && !needsNoMessage(world, name))
      world.fail('at rest all is settled', `${name} is ${item?.state ?? 'unknown to the ledger'}`);
    if (item?.decision !== undefined)
      world.fail('at rest no decision is open', `${name} holds ${item.decision}`);
  }
  checkCosts(world);
  checkPresent(world);
  checkRecorded(world);
  if (world.queue.messages().length > 0)
    world.fail('at rest the queue is empty', world.queue.messages()[0]?.body ?? '');
}

/** No slot keeps a document out: whoever comes last is uploaded, unless the batch that its route names is gone. */
export function checkNewcomers(world: World): void {
  if (world.violation !== undefined) return;
  for (const [name, { key, arrival }] of world.documents) {
    const item = itemOf(world, key);
    const code = item?.lastFailure?.code ?? '';
    const isOut = item?.state === 'uploaded' || code.startsWith('batch.');
    if (arrival.key.endsWith('newcomer.pdf') && !isOut && !hasLostItsRoute(world, name))
      world.fail('no slot keeps a newcomer out', `${name} is ${item?.state}: ${code}`);
  }
}

/** What costs a document nothing: no attempt, no dead letter. */
const HARMLESS: readonly Fault[] = [
  'process.skew',
  'ledger.repeated',
  'ledger.no-all-old',
  'event.duplicate',
  'event.late',
  'event.aged',
  'queue.old-handle-deletes',
  'queue.acknowledgement-lost',
  'queue.visibility-refused',
  'queue.visibility-expired',
  'queue.send-answer-lost',
  'results.lag',
];
/** [P6] What is the whole account's costs none either; an outage, one of up to three documents to find out. */
const PROVIDER: readonly Fault[] = [
  'extracta.401',
  'extracta.402',
  'extracta.429',
  'extracta.token-rotated',
  'extracta.no-secret',
  'extracta.out-for-long',
];

function checkCosts(world: World): void {
  const fired = [...world.faults.fired.keys()];
  if (!fired.every((fault) => HARMLESS.includes(fault) || PROVIDER.includes(fault))) return;
  const items = [...world.documents.values()].map(({ key }) => itemOf(world, key));
  const isOutage = world.faults.fired.has('extracta.out-for-long');
  // It takes three failures to open the breaker: who has fewer attempts may be parked before.
  const mayPark = isOutage && world.run.settings.maxAttempts < 3;
  const parked = mayPark ? undefined : items.find((item) => item?.state === 'parked');
  if (parked !== undefined)
    world.fail('P6 no dead letter for it', `${nameOf(parked)}: ${parked.lastFailure?.code}`);
  const spent = items.reduce((sum, item) => sum + Math.max(0, (item?.attempts ?? 1) - 1), 0);
  const allowed = isOutage ? 3 * (1 + world.answersIntoOutage) : 0;
  if (spent > allowed)
    world.fail('P6 no attempt spent on it', `${spent} attempts too many, ${allowed} allowed`);
}

/** [V13] What lies at a key is on its way or done, never skipped or forgotten. */
function checkPresent(world: World): void {
  if (world.run.isVersioned) return;
  for (const document of world.documents.values()) {
    const isThere = world.source.bytesOf(document.arrival) !== undefined;
    const item = itemOf(world, document.key);
    if (!isThere || (item !== undefined && item.state !== 'skipped')) continue;
    const wasSeen = [...world.documents.values()].some(
      (each) => each.arrival.key === document.arrival.key && itemOf(world, each.key)?.state === 'skipped',
    );
    if ((document.isAnnounced || wasSeen) && !hasLostItsRoute(world, nameOf(document.key)))
      world.fail(
        'what lies at a key is uploaded',
        `${nameOf(document.key)} is there, and ${item?.state ?? 'unknown to the ledger'}`,
      );
  }
}

/** Every file that was answered to somebody who lived to write it down is mapped, or on record beside the mapping. */
function checkRecorded(world: World): void {
  for (const file of world.truth.files) {
    if (file.isDeleted || file.send.wasGivenUp || isUnnamed(file)) continue;
    const document = world.documents.get(file.document);
    const item = document && itemOf(world, document.key);
    const recorded = [item?.mapping, ...(item?.extraFiles ?? []), ...(item?.earlierFiles ?? [])];
    const isUnknowable = file.send.batchId === '?' || world.run.settings.fileNames === 'as-is';
    if (item?.state === 'parked' || isUnknowable) continue;
    if (!recorded.some((each) => each?.fileId === file.fileId))
      world.fail(
        'at rest every file is on record',
        `${file.fileId} of ${file.document} in ${file.batchId} is nowhere`,
      );
  }
  checkLateOnes(world);
}

/** A body accepted after verify said no is found by the late look. [V22] */
function checkLateOnes(world: World): void {
  for (const file of world.truth.files) {
    if (!file.send.isTooLate || file.isDeleted || file.send.batchId === '?' || isUnnamed(file)) continue;
    const document = world.documents.get(file.document);
    const item = document && itemOf(world, document.key);
    if (item?.state !== 'uploaded' || world.run.settings.fileNames === 'as-is') continue;
    const recorded = [item.mapping, ...(item.extraFiles ?? []), ...(item.earlierFiles ?? [])];
    if (!recorded.some((each) => each?.fileId === file.fileId))
      world.fail('the late look reports what came late', `${file.fileId} of ${file.document} is nowhere`);
  }
}
