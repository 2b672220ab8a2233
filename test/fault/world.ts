import { ContainerMemory } from '../../lib/pipeline/container-memory.ts';
import { documentKey } from '../../lib/pipeline/identity.ts';
import type { Arrival, DocumentItem, DocumentKey } from '../../lib/pipeline/model.ts';
import { type MemoryLedger, memoryLedger } from '../support/memory/ledger.ts';
import { type MemoryQueue, memoryQueue } from '../support/memory/queue.ts';
import { type MemorySource, memorySource } from '../support/memory/source.ts';
import type { Delivery } from './delivery.ts';
import type { Dice } from './dice.ts';
import { drawFaults, type Fault, type Faults } from './faults.ts';
import { type Actor, createScheduler, type Scheduler } from './scheduler.ts';
import { drawSettings, type RunSettings } from './settings-draw.ts';
import { nothingYet, type Truth } from './truth.ts';
import type { Without } from './without.ts';

/** A container of the function: one invocation at a time, a memory, a clock of its own. */
export interface Host {
  readonly name: string;
  readonly skewMs: number;
  memory: ContainerMemory;
  delivery: Delivery | undefined;
}

export interface WatchedDocument {
  readonly key: DocumentKey;
  readonly arrival: Arrival;
  /** S3 delivered an event of its own. */
  isAnnounced: boolean;
}

export interface World {
  readonly dice: Dice;
  readonly faults: Faults;
  readonly run: RunSettings;
  readonly scheduler: Scheduler;
  readonly ledger: MemoryLedger;
  readonly queue: MemoryQueue;
  readonly deadLetters: MemoryQueue;
  readonly source: MemorySource;
  readonly truth: Truth;
  readonly hosts: readonly Host[];
  /** Where the schedule's function runs: two, so that one run may overlap another. */
  readonly redrivers: readonly Host[];
  readonly extracta: Actor;
  readonly platform: Actor;
  readonly person: Actor;
  readonly documents: Map<string, WatchedDocument>;
  /** As each document was when it was last parked: what an index that lags behind still shows. */
  readonly everParked: Map<string, DocumentItem>;
  readonly everSkipped: Set<string>;
  /** When each document was last seen to be settled, skipped or parked. */
  readonly doneAtMs: Map<string, number>;
  /** `parkId`s whose letter lay in the queue for its 14 days. */
  readonly expiredLetters: Set<string>;
  /** Documents that were counted and let go because no route took them. */
  readonly letGo: Set<string>;
  readonly without: Without | undefined;
  readonly seed: number;
  /** Which of two settings deliveries begin with. */
  routesChanged: boolean;
  ledgerDownUntilMs: number;
  extractaOutUntilMs: number;
  /** Bodies that were out when an outage began: each answer ends a row of failures. */
  answersIntoOutage: number;
  /** Since when the ledger says that the line is paused. */
  pausedSinceMs: number | undefined;
  deliveries: number;
  redriveRuns: number;
  /** Dead letters begun: a parking that is interrupted may cost an attempt more. */
  parkings: number;
  lastResultsGrantMs: number;
  /** What an invariant saw; the first one ends the run. */
  violation: Violation | undefined;
  fail(rule: string, what: string): void;
  tell(who: string, what: string | (() => string)): void;
  /** Rises with whatever an invariant looks at. */
  changes: number;
  readonly trace: string[];
  readonly seen: Map<string, number>;
  count(what: string): void;
}

export interface Violation {
  readonly rule: string;
  readonly what: string;
}

export interface WorldOptions {
  readonly seed: number;
  readonly dice: Dice;
  readonly without?: Without | undefined;
  readonly traced?: boolean;
  /** Exactly these faults instead of drawn ones. */
  readonly only?: readonly Fault[] | undefined;
}

export const START_MS = Date.UTC(2026, 0, 1, 23, 30);
const DAY_MS = 24 * 3_600_000;

export function createWorld({ seed, dice, without, only, traced = false }: WorldOptions): World {
  const trace: string[] = [];
  const scheduler = createScheduler(START_MS);
  const tell = traced
    ? (who: string, what: string | (() => string)) =>
        void trace.push(
          `${timeOf(scheduler.nowMs())}  ${who.padEnd(10)} ${typeof what === 'string' ? what : what()}`,
        )
    : () => {};
  const faults = drawFaults(dice, (fault, where) => tell('FAULT', `${fault} @ ${where}`), only);
  const run = drawSettings(dice, faults);
  const clock = scheduler;
  const deadLetters = memoryQueue({ clock, name: 'dead', retentionMs: 14 * DAY_MS });
  const isSkewed = faults.fires('process.skew', 'hosts');
  const seen = new Map<string, number>();
  const world: World = {
    dice,
    faults,
    run,
    scheduler,
    ledger: memoryLedger(),
    queue: memoryQueue({
      clock,
      deadLetters,
      maxReceiveCount: 1000,
      oldHandlesDelete: faults.fires('queue.old-handle-deletes', 'queue'),
    }),
    deadLetters,
    source: memorySource({ clock, versioned: run.isVersioned }),
    truth: nothingYet(),
    hosts: Array.from({ length: run.hosts }, (_, at) => ({
      name: `host${at + 1}`,
      skewMs: isSkewed ? ([0, 30_000, 15_000][(at + dice.pick('skew', 2)) % 3] ?? 0) : 0,
      memory: new ContainerMemory(),
      delivery: undefined,
    })),
    redrivers: ['redriver1', 'redriver2'].map((name, at) => ({
      name,
      skewMs: isSkewed ? ([15_000, 0][at] ?? 0) : 0,
      memory: new ContainerMemory(),
      delivery: undefined,
    })),
    extracta: actor('extracta'),
    platform: actor('platform'),
    person: actor('person'),
    documents: new Map(),
    everParked: new Map(),
    everSkipped: new Set(),
    doneAtMs: new Map(),
    expiredLetters: new Set(),
    letGo: new Set(),
    without,
    seed,
    routesChanged: false,
    ledgerDownUntilMs: 0,
    extractaOutUntilMs: 0,
    answersIntoOutage: 0,
    pausedSinceMs: undefined,
    deliveries: 0,
    redriveRuns: 0,
    parkings: 0,
    changes: 0,
    lastResultsGrantMs: 0,
    violation: undefined,
    fail: (rule, what) => {
      world.violation ??= { rule, what };
    },
    tell,
    trace,
    seen,
    count: (what) => void seen.set(what, (seen.get(what) ?? 0) + 1),
  };
  return world;
}

export function actor(name: string): Actor {
  return { name, isDead: false, isFrozen: false };
}

export function nameOf(key: { readonly partition: string; readonly sort: string }): string {
  return `${key.partition} ${key.sort}`;
}

export function watched(world: World, arrival: Arrival, isAnnounced: boolean): void {
  const key = documentKey(arrival);
  const known = world.documents.get(nameOf(key));
  world.documents.set(nameOf(key), { key, arrival, isAnnounced: isAnnounced || known?.isAnnounced === true });
}

export function itemOf(world: World, key: DocumentKey): DocumentItem | undefined {
  return world.ledger.peek(key);
}

export function timeOf(ms: number): string {
  const passed = ms - START_MS;
  const two = (number: number) => String(Math.floor(number)).padStart(2, '0');
  const days = Math.floor(passed / DAY_MS);
  const seconds = (passed % 60_000) / 1000;
  return `${days}d ${two((passed % DAY_MS) / 3_600_000)}:${two((passed % 3_600_000) / 60_000)}:${seconds.toFixed(2).padStart(5, '0')}`;
}
