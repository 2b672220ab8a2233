import { documentKey } from '../../lib/pipeline/identity.ts';
import type { Arrival, ArrivalMessage, DocumentItem } from '../../lib/pipeline/model.ts';
import type { QueuedMessage } from '../support/memory/queue.ts';
import { arrivalEvent } from '../support/memory/s3-event.ts';
import type { Fault } from './faults.ts';
import { heldBy } from './messages.ts';
import { nameOf, type World, watched } from './world.ts';

/** What people and S3 do while the pipeline works: drop, overwrite and delete objects, redrive, change routes. */

const BUCKET = 'bucket';
const MINUTE_MS = 60_000;
const MOMENTS_MS = [0, 1000, 5 * MINUTE_MS, 40 * MINUTE_MS];

export function startPerson(world: World): void {
  void dropDocuments(world);
  const once = (fault: Fault, act: () => Promise<void>) => {
    if (world.faults.drawn(fault)) void act();
  };
  once('settings.changed', () => changeRoutes(world));
  once('extracta.batch-deleted', () => deleteBatch(world));
  once('event.malformed', () => sendMalformed(world));
  once('person.uploads-again', () => uploadAgain(world));
  void redriveNowAndThen(world);
  once('s3.deleted', () => deleteObject(world));
  if (!world.run.isVersioned)
    for (const fault of ['s3.overwritten', 's3.put-again'] as const)
      once(fault, () => overwrite(world, fault));
}

async function moment(world: World, what: string): Promise<void> {
  const waitMs = MOMENTS_MS[world.dice.pick(`when ${what}`, MOMENTS_MS.length)] ?? 0;
  await world.scheduler.gate(world.person, what, world.scheduler.nowMs() + waitMs);
}

async function dropDocuments(world: World): Promise<void> {
  let together: Arrival[] = [];
  for (let number = 1; number <= world.run.documents; number += 1) {
    if (number > 1) await moment(world, 'drops a document');
    const arrival = drop(world, number);
    const merged = !world.run.isVersioned && world.faults.fires('s3.events-merged', arrival.key);
    together.push(arrival);
    if (merged) put(world, arrival.key, `other content ${number}`);
    if (number < world.run.documents && world.dice.chance('two in one message', 0.15)) continue;
    await announce(world, together);
    together = [];
  }
}

function drop(world: World, number: number): Arrival {
  if (world.faults.fires('s3.odd', `document ${number}`)) {
    const names = [
      `in/a/odd${number}.exe`,
      `in/a/empty${number}.pdf`,
      `in/a/large${number}.pdf`,
      `in/a/named${number}.pdf`,
      `elsewhere/${number}.pdf`,
    ];
    const odd = names[world.dice.pick('odd', names.length)] ?? '';
    const content = odd.includes('empty') ? '' : odd.includes('large') ? 'x'.repeat(2000) : 'program';
    return put(world, odd, content, { metadata: { 'extracta-batch-id': 'no id at all' } });
  }
  const keys = [`in/a/doc${number}.pdf`, 'in/a/invoice.pdf', 'in/b/invoice.pdf', `in/a/scan${number}`];
  const key =
    number === 1 ? 'in/a/invoice.pdf' : (keys[world.dice.pick('key', world.run.isVersioned ? 4 : 1)] ?? '');
  return put(world, key, `content ${number}`, { contentType: 'application/pdf' });
}

function put(world: World, key: string, content: string, options = {}): Arrival {
  const arrival = world.source.put(BUCKET, key, content, options);
  watched(world, arrival, false);
  world.tell('person', `puts ${key}@${arrival.versionId ?? arrival.eTag.slice(0, 6)}`);
  return arrival;
}

async function announce(world: World, arrivals: readonly Arrival[]): Promise<void> {
  const { queue, faults, scheduler } = world;
  const body = arrivalEvent(...arrivals);
  const delayMs = faults.fires('event.late', 'an event') ? 20 * MINUTE_MS : 0;
  const id = await queue.send(body, delayMs);
  for (const arrival of arrivals) watched(world, arrival, arrival.key.startsWith('in/'));
  if (faults.fires('event.aged', 'an event')) age(world, id);
  if (faults.fires('event.duplicate', 'an event')) {
    const later = [0, MINUTE_MS, 7 * MINUTE_MS, 2 * 3_600_000][world.dice.pick('how much later', 4)] ?? 0;
    scheduler.at(world.person, 'S3 repeats an event', scheduler.nowMs() + later, () => void queue.send(body));
  }
}

/** As if it had been sent eleven days ago. */
function age(world: World, messageId: string): void {
  const message = world.queue.messages().find((each) => each.messageId === messageId);
  if (message !== undefined) world.queue.accept({ ...message, sentAtMs: message.sentAtMs - 11 * 86_400_000 });
}

async function overwrite(world: World, fault: 's3.overwritten' | 's3.put-again'): Promise<void> {
  await moment(world, 'overwrites');
  if (!world.faults.fires(fault, 'in/a/invoice.pdf')) return;
  await announce(world, [put(world, 'in/a/invoice.pdf', 'other content')]);
  if (fault === 's3.overwritten') return;
  await moment(world, 'puts again');
  await announce(world, [put(world, 'in/a/invoice.pdf', 'content 1')]);
}

async function deleteObject(world: World): Promise<void> {
  await moment(world, 'deletes');
  if (world.documents.size === 0) return;
  const first = [...world.documents.values()][0];
  if (first === undefined || !world.faults.fires('s3.deleted', first.arrival.key)) return;
  if (world.run.isVersioned) world.source.removeVersion(first.arrival);
  else world.source.remove(BUCKET, first.arrival.key);
  world.tell('person', `deletes ${first.arrival.key}`);
}

/** Between HeadObject, or the event, and GetObject. */
export function changeBeforeGet(world: World, arrival: Arrival, where: string): void {
  const { faults, source, run } = world;
  if (faults.fires('s3.gone-before-get', where)) {
    if (run.isVersioned) source.removeVersion(arrival);
    else source.remove(arrival.bucket, arrival.key);
  }
  if (!run.isVersioned && faults.fires('s3.overwritten-before-get', where))
    void announce(world, [put(world, arrival.key, `newer content of ${arrival.key}`)]);
}

async function changeRoutes(world: World): Promise<void> {
  const { scheduler, truth, dice, person } = world;
  const inMs = ([45, 2, 8, 20][dice.pick('when the routes change', 4)] ?? 0) * MINUTE_MS;
  const change = scheduler.openable(person, 'changes the routes', scheduler.nowMs() + inMs);
  // While nobody knows where a document of the old routes is.
  if (dice.chance('in mid-work', 0.6))
    truth.onLost.push({ count: 1 + dice.pick('after which loss', 3), open: change.open });
  await change.passed;
  world.routesChanged = world.faults.fires('settings.changed', 'the settings');
}

async function deleteBatch(world: World): Promise<void> {
  await moment(world, 'deletes a batch');
  let batch: string | undefined;
  for (let tries = 0; tries < 12 && batch === undefined; tries += 1) {
    const made = [...world.truth.batches.keys()].filter((each) => tries > 0 || each !== 'batch-given');
    batch = made[world.dice.pick('which batch', made.length)];
    if (batch === undefined)
      await world.scheduler.gate(world.person, 'looks for a batch', world.scheduler.nowMs() + 5 * MINUTE_MS);
  }
  if (batch === undefined || !world.faults.fires('extracta.batch-deleted', batch)) return;
  world.truth.batches.delete(batch);
  for (const file of world.truth.files) if (file.batchId === batch) file.isDeleted = true;
}

async function sendMalformed(world: World): Promise<void> {
  await moment(world, 'sends what nobody can read');
  if (world.faults.fires('event.malformed', 'the queue')) await world.queue.send('{"uploader":"nonsense"}');
}

/** One conditional write, then an arrival: the operator's deliberate re-upload. */
async function uploadAgain(world: World): Promise<void> {
  await moment(world, 'uploads again');
  let item: DocumentItem | undefined;
  for (let tries = 0; tries < 8 && item === undefined; tries += 1) {
    await world.scheduler.gate(world.person, 'uploads again', world.scheduler.nowMs() + 10 * MINUTE_MS);
    const documents = world.ledger.documents();
    item = documents.find((each) => each.state === 'uploaded' && each.lookAt === undefined);
  }
  if (item?.mapping === undefined || !world.faults.fires('person.uploads-again', nameOf(item))) return;
  const { mapping, openedGeneration: _, ...rest } = item;
  const earlierFiles = [...(item.earlierFiles ?? []), mapping];
  world.ledger.store({
    ...rest,
    state: 'waiting',
    edition: item.edition + 1,
    attempts: 0,
    earlierFiles,
    rev: `person-${item.edition}`,
  } as DocumentItem);
  const message: ArrivalMessage = { uploader: 'arrival', arrival: item.arrival };
  await world.queue.send(JSON.stringify(message));
  world.doneAtMs.set(nameOf(item), world.scheduler.nowMs());
  world.tell('person', `uploads ${nameOf(item)} again`);
}

async function redriveNowAndThen(world: World): Promise<void> {
  for (let times = 0; times < 6; times += 1) {
    await world.scheduler.gate(
      world.person,
      'looks for dead letters',
      world.scheduler.nowMs() + 15 * MINUTE_MS,
    );
    const letters = world.deadLetters.messages().filter(isReadable);
    const letter = letters[world.dice.pick('which letter', letters.length)];
    if (letter === undefined || world.faults.isStopped() || !world.dice.chance('redrives', 0.4)) continue;
    if (world.faults.fires('person.redrives-twice', letter.messageId)) {
      await sendBack(world, letter);
      await world.scheduler.gate(world.person, 'redrives once more');
    }
    await redrive(world, letter);
  }
}

/** Sent, and only when that is confirmed deleted; whoever dies in between leaves it to be redriven once more. */
export async function redrive(world: World, letter: QueuedMessage): Promise<void> {
  const { deadLetters, scheduler, person, faults } = world;
  const remove = async () => {
    const [held] = await deadLetters.receive(1, (all) =>
      all.filter((each) => each.messageId === letter.messageId),
    );
    if (held !== undefined) await deadLetters.acknowledge(held.receiptHandle);
  };
  if (!(await sendBack(world, letter))) return;
  await scheduler.gate(person, 'deletes the dead letter');
  if (!faults.fires('person.dies', letter.messageId)) await remove();
}

async function sendBack(world: World, letter: QueuedMessage): Promise<boolean> {
  if (world.faults.fires('queue.send-refused', 'a redrive')) return false;
  const { documents, parkId } = heldBy(letter.body);
  for (const document of parkId === undefined ? [] : documents) {
    const decided = world.truth.decisions.get(document) ?? new Set();
    world.truth.decisions.set(document, decided.add(parkId as string));
  }
  world.tell('person', `redrives ${letter.messageId} ${letter.body.slice(0, 22)} ${parkId ?? ''}`);
  await world.queue.send(letter.body);
  return true;
}

export function isReadable(letter: QueuedMessage): boolean {
  return heldBy(letter.body).documents.length > 0;
}

/** Moved here by SQS itself: we wrote no reason on it. */
export function isStray({ body, attributes }: QueuedMessage): boolean {
  return attributes['reasonCode'] === undefined && heldBy(body).kind !== 'malformed';
}

/** One more document for every folder: a slot that nobody can open would keep it out. */
export async function dropNewcomers(world: World): Promise<void> {
  for (const folder of ['in/a/', 'in/b/'])
    await announce(world, [put(world, `${folder}newcomer.pdf`, `newcomer ${folder}`)]);
}

export { documentKey };
