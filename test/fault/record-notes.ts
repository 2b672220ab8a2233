import type { BreakerItem, DocumentItem, GateItem, LedgerItem, SlotItem } from '../../lib/pipeline/model.ts';
import { type RecordAtWork, TIMEOUT_MS } from './delivery.ts';
import { recordedFiles } from './invariants.ts';
import { heldBy } from './messages.ts';
import { nameOf, type World } from './world.ts';

/** What a write makes its writer, and whether it may be that: one holder a document, one opener a slot, one probe. */

const probes = new Set<string>();
const holders = new WeakMap<World, Map<string, RecordAtWork>>();

export function noteWrite(
  world: World,
  record: RecordAtWork,
  item: LedgerItem,
  before: LedgerItem | undefined,
): void {
  if (item.kind === 'document') noteDocument(world, record, item, before as DocumentItem | undefined);
  if (item.kind === 'slot') noteSlot(world, record, item, before as SlotItem | undefined);
  if (item.kind === 'breaker') noteBreaker(world, record, item, before as BreakerItem | undefined);
  if (item.kind === 'gate') noteGate(world, record, item, before as GateItem | undefined);
}

function noteDocument(
  world: World,
  record: RecordAtWork,
  item: DocumentItem,
  before: DocumentItem | undefined,
): void {
  world.count(`state ${item.state}`);
  if (item.state === 'parked') world.everParked.set(nameOf(item), item);
  if (item.state === 'skipped') world.everSkipped.add(nameOf(item));
  if (isDone(item) || isDone(before)) world.doneAtMs.set(nameOf(item), world.scheduler.nowMs());
  checkDecision(world, record, item, before);
  if (item.state !== 'uploading' || item.claimToken === undefined) return;
  const attemptsBefore = item.redrives === before?.redrives ? before.attempts : 0;
  if (item.attempts > attemptsBefore) giveUp(world, item);
  const isNew = before?.claimToken !== item.claimToken;
  if (isNew && before?.state === 'uploading')
    refuseIfAlive(world, before.claimToken, 'one live claim', nameOf(item));
  // A look counts itself in an item that a dead holder left: it writes that claim's token, and holds nothing.
  if (!isNew && record.claimed.get(nameOf(item))?.claimToken !== item.claimToken) return;
  record.claimed.set(nameOf(item), item);
  take(world, item.claimToken, record);
}

function isDone(item: DocumentItem | undefined): boolean {
  return item?.state === 'uploaded' || item?.state === 'skipped' || item?.state === 'parked';
}

/** A send begins: whatever earlier answer nobody has written down by now counts as lost. */
function giveUp(world: World, item: DocumentItem): void {
  const recorded = new Set(recordedFiles(item));
  for (const send of world.truth.sends) {
    const isSame = send.document === nameOf(item) && send.edition === item.edition;
    const isRecorded = send.file !== undefined && recorded.has(send.file.fileId);
    if (isSame && send.isKept && !isRecorded && send.file?.isDeleted !== true) send.wasGivenUp = true;
  }
}

/** [V18] A person's decision is used by its bearer alone, or settled. */
function checkDecision(
  world: World,
  record: RecordAtWork,
  item: DocumentItem,
  before: DocumentItem | undefined,
): void {
  if (before?.decision === undefined || item.decision === before.decision) return;
  if (item.state === 'uploaded' || item.state === 'skipped') return;
  if (heldBy(record.message.body).parkId !== before.decision)
    world.fail('a decision is its bearer’s', `${record.name} takes ${before.decision} from ${nameOf(item)}`);
}

function noteSlot(world: World, record: RecordAtWork, item: SlotItem, before: SlotItem | undefined): void {
  world.count(`slot ${item.state}`);
  if (before !== undefined && item.generation < before.generation)
    world.fail('slot generation', `${nameOf(item)} fell from ${before.generation} to ${item.generation}`);
  if (
    before?.state === 'opening' &&
    item.state === 'free' &&
    ![...record.opening.values()].includes(`${nameOf(item)} ${before.generation}`)
  )
    world.fail(
      'a slot is let go by its taker',
      `${record.name} frees ${nameOf(item)} generation ${before.generation}`,
    );
  checkGoneBatch(world, item, before);
  if (item.state !== 'opening' || item.openerToken === undefined) return;
  if (before?.state === 'opening' && before.openerToken !== item.openerToken)
    refuseIfAlive(world, before.openerToken, 'one live opener', nameOf(item));
  if (item.opener !== undefined)
    record.opening.set(nameOf(item.opener), `${nameOf(item)} ${item.generation}`);
  take(world, item.openerToken, record);
}

/** A batch that was rolled over or rejected is not opened again. */
function checkGoneBatch(world: World, item: SlotItem, before: SlotItem | undefined): void {
  const { goneBatches } = world.truth;
  const isOpenWith = item.state === 'open' ? item.batchId : undefined;
  if (before?.state === 'open' && before.batchId !== undefined && before.batchId !== isOpenWith)
    goneBatches.add(before.batchId);
  if (isOpenWith !== undefined && goneBatches.has(isOpenWith))
    world.fail('what was rolled over stays so', `${nameOf(item)} is open with ${isOpenWith} again`);
}

function noteBreaker(
  world: World,
  record: RecordAtWork,
  item: BreakerItem,
  before: BreakerItem | undefined,
): void {
  world.count(`breaker ${item.state}`);
  if (item.state === 'closed') world.pausedSinceMs = undefined;
  else world.pausedSinceMs ??= world.scheduler.nowMs();
  if (item.probeToken === undefined || item.probeToken === before?.probeToken) return;
  world.count('breaker probed');
  refuseIfAlive(world, before?.probeToken, 'one probe', 'the line');
  probes.add(item.probeToken);
  if (probes.size > 10_000) probes.clear();
  take(world, item.probeToken, record);
}

function noteGate(world: World, record: RecordAtWork, item: GateItem, before: GateItem | undefined): void {
  if (item.nextAllowedAtMs === (before?.nextAllowedAtMs ?? 0)) return;
  const nowMs = world.scheduler.nowMs();
  const isPaced = nowMs - world.lastResultsGrantMs >= world.run.settings.waits.resultsGateMs;
  // A clock that is ahead, or a write that takes long, brings two calls nearer: Extracta then answers 429 (docs/proof.md).
  const isExact = !(['process.skew', 'process.slow', 'process.freeze'] as const).some((fault) =>
    world.faults.fired.has(fault),
  );
  if (!isPaced && isExact)
    world.fail(
      'results paced',
      `${record.name} was granted a call ${nowMs - world.lastResultsGrantMs} ms after another`,
    );
  world.lastResultsGrantMs = nowMs;
  record.resultsGrants += 1;
}

function take(world: World, token: string, record: RecordAtWork): void {
  const known = holders.get(world) ?? new Map<string, RecordAtWork>();
  known.set(token, record);
  holders.set(world, known);
}

/** [P6] While the line is paused nobody but its probe speaks to Extracta; what began before may not know it yet. */
export function mustBeLetThrough(world: World, record: RecordAtWork): void {
  const knownSinceMs =
    (world.pausedSinceMs ?? Number.POSITIVE_INFINITY) + world.run.settings.waits.breakerMemoryMs;
  if (record.delivery.beganAtMs < knownSinceMs) return;
  const isProbe = [...(holders.get(world) ?? [])].some(
    ([token, holder]) => holder === record && probes.has(token),
  );
  if (!isProbe)
    world.fail('a paused line is left alone', `${record.name} speaks to Extracta, and is no probe`);
}

/** Taken from a holder that still works within its time. */
function refuseIfAlive(world: World, token: string | undefined, rule: string, what: string): void {
  const holder = token === undefined ? undefined : holders.get(world)?.get(token);
  if (holder === undefined || holder.delivery.isDone || holder.delivery.actor.isFrozen) return;
  const deadlineMs = beganAtMs(holder) + TIMEOUT_MS;
  if (world.scheduler.nowMs() < deadlineMs) world.fail(rule, `${what}: ${holder.name} holds it and lives`);
}

function beganAtMs(record: RecordAtWork): number {
  return record.delivery.beganAtMs;
}
