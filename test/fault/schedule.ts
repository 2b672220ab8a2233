import { redriveDeadLetters } from '../../lib/pipeline/redrive-dead-letters.ts';
import { comebackOf, isMissed } from '../../lib/pipeline/redrive-rules.ts';
import { beginsOn, finished, recordOf, settingsOf } from './delivery.ts';
import { heldBy } from './messages.ts';
import { isStray } from './person.ts';
import { redrivePorts } from './redrive-ports.ts';
import type { World } from './world.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const TIMEOUT_MS = 2 * MINUTE_MS;
const GAPS_MS = [80 * MINUTE_MS, 10 * MINUTE_MS, 80 * MINUTE_MS, 7 * HOUR_MS];
const RUNS = [0, 2, 3, 5];
const NO_MESSAGE = {
  messageId: '',
  body: '{}',
  attributes: {},
  sentAtMs: 0,
  firstReceivedAtMs: 0,
  receiveCount: 1,
  receiptHandle: '',
};

/** The schedule's function comes now and then, sometimes twice at once, while everything else goes on. */
export async function startSchedule(world: World): Promise<void> {
  const { dice, scheduler, platform } = world;
  const runs = RUNS[dice.pick('runs of the schedule', RUNS.length)] ?? 0;
  for (let run = 0; run < runs; run += 1) {
    const gapMs = GAPS_MS[dice.pick('when the schedule comes', GAPS_MS.length)] ?? 0;
    await scheduler.gate(platform, 'the schedule', scheduler.nowMs() + gapMs);
    beginRedrive(world);
    if (dice.chance('the schedule comes twice', 0.2)) beginRedrive(world);
  }
}

/** In a day everything that the schedule may send back is due, or waits for its second or third time. */
export function comeInADay(world: World): void {
  const { scheduler, platform } = world;
  scheduler.at(platform, 'the schedule', scheduler.nowMs() + 25 * HOUR_MS, () => beginRedrive(world));
}

/** One run of the real redrive in a process of its own. */
export function beginRedrive(world: World): void {
  const host = world.redrivers.find(({ delivery }) => delivery === undefined);
  if (host === undefined) return;
  expireLetters(world);
  world.redriveRuns += 1;
  world.count('redrive begun');
  const nowMs = world.scheduler.nowMs();
  const delivery = beginsOn(world, host, `R${world.redriveRuns}`, TIMEOUT_MS);
  world.tell(
    delivery.actor.name,
    () => `begins on ${host.name}: ${world.deadLetters.messages().length} letters`,
  );
  const ended = redriveDeadLetters({
    ports: redrivePorts(world, recordOf(delivery.actor.name, delivery, NO_MESSAGE)),
    settings: settingsOf(world),
    deadlineMs: nowMs + host.skewMs + TIMEOUT_MS,
    signal: delivery.closing.signal,
  });
  const tell = (what: unknown) => {
    world.tell(
      delivery.actor.name,
      () => `=> ${what instanceof Error ? what.message : JSON.stringify(what)}`,
    );
    finished(world, delivery);
  };
  void ended.then((tally) => {
    for (const [what, times] of Object.entries(tally)) if (times > 0) world.count(`redrive ${what}`);
    tell(tally);
  }, tell);
}

/** A letter that nobody saw to for 14 days is gone; what it carried is in the ledger. */
function expireLetters(world: World): void {
  for (const letter of world.deadLetters.messages()) {
    const { parkId } = heldBy(letter.body);
    if (parkId === undefined || isStray(letter)) continue;
    if (!world.faults.fires('queue.letter-expired', letter.messageId)) continue;
    world.expiredLetters.add(parkId);
    world.deadLetters.accept({ ...letter, sentAtMs: letter.sentAtMs - 15 * 24 * HOUR_MS });
    world.changes += 1;
  }
}

/** Parked for a reason that passes, and not sent back as often as the schedule does. */
export function awaitsSchedule(world: World): boolean {
  return world.ledger.documents().some((item) => comebackOf(item, termsOf(world)) !== undefined);
}

/** What the schedule has left undone for as long again as it had to wait. */
export function checkSchedule(world: World): void {
  const missed = world.ledger.documents().find((item) => isMissed(item, termsOf(world)));
  if (missed !== undefined)
    world.fail('the schedule sends back what is due', `${missed.partition} ${missed.parkId} was left`);
}

function termsOf(world: World) {
  const { waits, onUnknownOutcome } = settingsOf(world);
  return { nowMs: world.scheduler.nowMs(), gapsMs: waits.redriveGapsMs, onUnknownOutcome };
}
