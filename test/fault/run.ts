import type { DocumentItem } from '../../lib/pipeline/model.ts';
import { checkAtRest, checkNewcomers } from './at-rest.ts';
import { deliver, kill } from './delivery.ts';
import type { Dice } from './dice.ts';
import { AWAITS_ANSWER } from './extracta.ts';
import type { Fault } from './faults.ts';
import { checkAfterStep } from './invariants.ts';
import { dropNewcomers, isReadable, isStray, redrive, startPerson } from './person.ts';
import { awaitsSchedule, checkSchedule, comeInADay, startSchedule } from './schedule.ts';
import { type Actor, chosenGate, type Gate } from './scheduler.ts';
import type { Without } from './without.ts';
import { createWorld, type Host, type Violation, type World } from './world.ts';

export interface RunResult {
  readonly violation: Violation | undefined;
  readonly fired: ReadonlyMap<string, number>;
  readonly seen: ReadonlyMap<string, number>;
  readonly choices: ReadonlyMap<string, number>;
  readonly trace: readonly string[];
  readonly steps: number;
  /** Deliveries for each document from the last fault until all was settled. */
  readonly deliveriesToRest: number;
  /** As the ledger says in the end. */
  readonly documents: readonly DocumentItem[];
}

export interface RunOptions {
  readonly seed: number;
  readonly dice: Dice;
  readonly without?: Without | undefined;
  readonly traced?: boolean;
  readonly only?: readonly Fault[] | undefined;
}

/** Faults stop when they are used up and nothing moves, or in the midst of it. */
const STEPS_WITH_FAULTS = [4000, 40, 120, 400, 1500, 1500];
const STEPS_TO_REST = 8000;
/** With faults stopped, everything settles within so many deliveries for each document. */
export const DELIVERIES_TO_REST = 30;

/** One run: faults until they are used up, then calm until nothing moves. */
export async function runOnce(options: RunOptions): Promise<RunResult> {
  const restore = options.without?.apply?.();
  const world = createWorld(options);
  try {
    return await ran(world);
  } finally {
    restore?.();
  }
}

async function ran(world: World): Promise<RunResult> {
  startPerson(world);
  void startSchedule(world);
  const faulty = STEPS_WITH_FAULTS[world.dice.pick('when faults stop', STEPS_WITH_FAULTS.length)] ?? 0;
  let steps = await play(world, faulty);
  world.tell('=====', 'no more faults');
  world.faults.stop();
  thawAll(world);
  const before = world.deliveries;
  steps += await settle(world);
  const deliveriesToRest = Math.ceil((world.deliveries - before) / Math.max(1, world.documents.size));
  if (deliveriesToRest > DELIVERIES_TO_REST)
    world.fail('settles in time', `${deliveriesToRest} deliveries for each document`);
  steps += await waitForSchedule(world);
  if (world.violation === undefined) {
    world.tell('=====', 'newcomers, and every dead letter redriven');
    await dropNewcomers(world);
    for (const letter of world.deadLetters.messages().filter(isReadable)) void redrive(world, letter);
    steps += await settle(world);
    checkNewcomers(world);
  }
  return {
    violation: world.violation,
    fired: world.faults.fired,
    seen: world.seen,
    choices: world.dice.choices,
    trace: world.trace,
    steps,
    deliveriesToRest,
    documents: world.ledger.documents(),
  };
}

/** Days in which the schedule sends back by itself what failed for a reason that has passed. */
async function waitForSchedule(world: World): Promise<number> {
  let steps = 0;
  for (let day = 0; day < 4 && world.violation === undefined && awaitsSchedule(world); day += 1) {
    comeInADay(world);
    steps += await settle(world);
  }
  if (world.violation === undefined) checkSchedule(world);
  return steps;
}

/** What SQS moved away by itself comes back first: the schedule sends it back, and what it does not a person. */
async function settle(world: World): Promise<number> {
  let steps = 0;
  for (let round = 0; round < 5; round += 1) {
    steps += await play(world, STEPS_TO_REST);
    const strays = world.deadLetters.messages().filter(isStray);
    if (strays.length === 0 || world.violation !== undefined) break;
    if (round < 2) comeInADay(world);
    else for (const letter of strays) void redrive(world, letter);
  }
  if (world.violation === undefined && steps < STEPS_TO_REST) checkAtRest(world);
  if (steps >= STEPS_TO_REST) world.fail('comes to rest', `still moving after ${steps} steps`);
  return steps;
}

/** Until nothing moves, or so many steps. */
async function play(world: World, maxSteps: number): Promise<number> {
  // What was begun before is under way before time passes.
  await new Promise<void>((resolve) => setImmediate(resolve));
  for (let steps = 0; steps < maxSteps; steps += 1) {
    const before = world.changes;
    if (world.violation !== undefined || !(await stepOnce(world))) return steps;
    if (world.changes !== before) checkAfterStep(world);
  }
  return maxSteps;
}

async function stepOnce(world: World): Promise<boolean> {
  const { scheduler, dice, run } = world;
  thawSome(world);
  const gates = scheduler.runnable();
  const hosts = world.hosts.filter((each) => each.delivery === undefined);
  const mayDeliver = hosts.length > 0 && world.queue.visible().length > 0;
  if (gates.length === 0 && !mayDeliver) return passTime(world);
  const early = mayDeliver && gates.length > 0 && dice.chance('delivers meanwhile', run.disorder + 0.05);
  const gate = early ? undefined : chosenGate(gates, dice, run.disorder);
  if (gate === undefined) await receive(world, hosts[dice.pick('which host', hosts.length)] as Host);
  else await letPass(world, gate);
  return true;
}

async function passTime(world: World): Promise<boolean> {
  const { scheduler, queue } = world;
  const moments = [scheduler.nextReadyAtMs(), queue.nextVisibleAtMs()].filter((ms) => ms !== undefined);
  if (moments.length === 0) return false;
  world.changes += 1;
  await scheduler.advanceTo(Math.max(scheduler.nowMs(), Math.min(...moments)));
  return true;
}

async function receive(world: World, host: Host): Promise<void> {
  const { queue, faults, dice, run } = world;
  for (const { messageId } of queue.visible()) {
    if (faults.fires('queue.dead-lettered', messageId)) world.changes += 1;
    else continue;
    queue.moveToDeadLetters(messageId);
  }
  const visible = queue.visible();
  if (visible.length === 0) return;
  const first = dice.chance('not the oldest', run.disorder) ? dice.pick('which message', visible.length) : 0;
  const size = 1 + dice.pick('how many messages', run.deliverySize);
  const messages = await queue.receive(size, (all) => [...all.slice(first), ...all.slice(0, first)]);
  deliver(world, host, messages);
  await new Promise<void>((resolve) => setImmediate(resolve));
}

const SLOW_MS = [1000, 10_000, 45_000, 3 * 60_000, 5 * 60_000, 31 * 60_000];
const FREEZE_MS = [6 * 60_000, 20 * 60_000, 65 * 60_000, 65 * 60_000];
const LEASE_MS = 330_000;

/** A delivery's step: before it, it may die, be frozen, or find that time has passed. */
async function letPass(world: World, gate: Gate): Promise<void> {
  const { faults, scheduler, dice } = world;
  const hosts = [...world.hosts, ...world.redrivers];
  const host = hosts.find((each) => each.delivery?.actor === gate.actor);
  if (host === undefined) world.changes += 1;
  if (host?.delivery !== undefined) {
    const { delivery } = host;
    if (faults.fires('process.crash', gate.label)) return kill(world, delivery, 'crashes');
    if (gate.label.endsWith(AWAITS_ANSWER) && faults.fires('process.dies-after-sending', gate.label))
      return kill(world, delivery, 'dies before it has the answer');
    if (gate.label.endsWith(AWAITS_ANSWER) && faults.fires('process.freezes-after-sending', gate.label))
      return freeze(world, host);
    if (world.redrivers.includes(host) && faults.fires('redrive.dies', gate.label))
      return kill(world, delivery, 'dies');
    if (faults.fires('process.slow', gate.label)) {
      await scheduler.advanceTo(scheduler.nowMs() + (SLOW_MS[dice.pick('how slow', SLOW_MS.length)] ?? 0));
      if (delivery.actor.isDead) return;
    }
    if (faults.fires('queue.visibility-expired', gate.label)) expireOne(world);
    if (faults.fires('process.freeze', gate.label)) return freeze(world, host);
  }
  if (scheduler.waiting().includes(gate)) await scheduler.step(gate);
}

function expireOne(world: World): void {
  const flying = world.queue.messages().filter((message) => message.visibleAtMs > world.scheduler.nowMs());
  const message = flying[world.dice.pick('which expires', flying.length)];
  if (message !== undefined) world.queue.expireVisibility(message.messageId);
}

function freeze(world: World, host: Host): void {
  const { scheduler, dice, platform } = world;
  const frozen = host.delivery?.actor;
  if (frozen === undefined) return;
  frozen.isFrozen = true;
  const untilMs = scheduler.nowMs() + (FREEZE_MS[dice.pick('how long frozen', FREEZE_MS.length)] ?? 0);
  scheduler.at(platform, 'thaws', untilMs, () => thaw(world, frozen));
}

function thaw(world: World, frozen: Actor): void {
  if (!frozen.isFrozen) return;
  world.tell(frozen.name, 'thawed');
  frozen.isFrozen = false;
}

/** While others are at work rather than when nothing moves. */
function thawSome(world: World): void {
  for (const { delivery } of [...world.hosts, ...world.redrivers]) {
    if (delivery === undefined || !delivery.actor.isFrozen) continue;
    const isLate = world.scheduler.nowMs() > delivery.beganAtMs + LEASE_MS;
    if (isLate && world.dice.chance('thaws meanwhile', 0.08)) thaw(world, delivery.actor);
  }
}

function thawAll(world: World): void {
  for (const { delivery } of [...world.hosts, ...world.redrivers])
    if (delivery !== undefined) delivery.actor.isFrozen = false;
}
