import { createHash } from 'node:crypto';
import { ContainerMemory } from '../../../lib/pipeline/container-memory.ts';
import type { Verdict } from '../../../lib/pipeline/handle-message.ts';
import { documentKey } from '../../../lib/pipeline/identity.ts';
import type { Arrival, DocumentItem, Outcome, Route, SlotItem } from '../../../lib/pipeline/model.ts';
import type { Ports } from '../../../lib/pipeline/ports.ts';
import {
  DEFAULT_FILE_TYPES,
  DEFAULT_MAX_ATTEMPTS,
  DEFAULT_MAX_DOCUMENT_BYTES,
  DEFAULT_WAITS,
  type PipelineSettings,
  type Waits,
} from '../../../lib/pipeline/settings.ts';
import { seededChance } from './chance.ts';
import { type VirtualClock, virtualClock } from './clock.ts';
import { type HeldFile, type MemoryExtracta, memoryExtracta } from './extracta.ts';
import { type Invocation, invoke, type Start } from './invocation.ts';
import { type RecordingJournal, recordingJournal } from './journal.ts';
import { type MemoryLedger, memoryLedger } from './ledger.ts';
import { memoryOutbox } from './outbox.ts';
import { type MemoryQueue, memoryQueue, type QueuedMessage } from './queue.ts';
import { arrivalEvent } from './s3-event.ts';
import { type MemorySource, memorySource, type PutOptions } from './source.ts';
import { type Twists, twisted } from './twists.ts';

export const BUCKET = 'documents';
export const CLASSIFICATION = '-OclassificationA';

export interface WorldOptions {
  readonly route?: Partial<Route>;
  readonly settings?: Partial<Omit<PipelineSettings, 'waits'>>;
  readonly waits?: Partial<Waits>;
  readonly classifications?: readonly string[];
  readonly versioned?: boolean;
  /** Whether acknowledging with an older handle deletes all the same. */
  readonly oldHandlesDelete?: boolean;
  readonly seed?: number;
  /** Received more often than this, a message is moved away by SQS itself. Default: as the stack has it. */
  readonly maxReceiveCount?: number;
}

/** What one invocation is given: up to ten messages that are visible, unless told otherwise. */
export interface Delivery extends Start {
  readonly container?: ContainerMemory;
  readonly max?: number;
  readonly only?: (message: QueuedMessage) => boolean;
}

/** The uploader's whole surroundings in memory, on a clock that moves only when told. */
export interface World {
  readonly clock: VirtualClock;
  readonly ledger: MemoryLedger;
  readonly source: MemorySource;
  readonly queue: MemoryQueue;
  readonly deadLetters: MemoryQueue;
  readonly extracta: MemoryExtracta;
  readonly journal: RecordingJournal;
  /** What goes wrong whoever is at work. */
  readonly twists: Twists;
  readonly ports: Ports;
  settings: PipelineSettings;

  /** Puts an object and queues its event. */
  put(key: string, bytes?: string, options?: PutOptions): Promise<Arrival>;
  /** Queues an arrival's event, again. */
  announce(...arrivals: readonly Arrival[]): Promise<void>;
  /** Receives and begins; the caller awaits it. */
  start(delivery?: Delivery): Promise<Invocation>;
  /** Receives, and works until all is answered: the verdicts, or `died`. */
  deliver(delivery?: Delivery): Promise<readonly Verdict[] | 'died'>;
  /** As `deliver`, with the outcomes of all messages in one list. */
  outcomes(delivery?: Delivery): Promise<readonly Outcome[]>;
  /** Delivers, and moves time on to the next message, until the queue is empty or `untilMs` is reached. */
  deliverUntilQuiet(limits?: { readonly forMs?: number; readonly deliveries?: number }): Promise<void>;
  /** Moves time on to where the next message shows itself. */
  untilNextMessage(): Promise<void>;
  /** Sends a dead letter's body back to the queue, as a person does. */
  redrive(letter?: QueuedMessage): Promise<void>;

  document(arrival: Arrival): DocumentItem | undefined;
  slots(): readonly SlotItem[];
  /** The files that Extracta holds of this document's bytes. */
  filesOf(arrival: Arrival): readonly HeldFile[];
}

export function memoryWorld(options: WorldOptions = {}): World {
  const clock = virtualClock();
  const twists = twisted();
  const ledger = memoryLedger();
  const source = memorySource({ clock, versioned: options.versioned ?? true });
  const deadLetters = memoryQueue({ clock, name: 'dead-letters' });
  const { oldHandlesDelete = false, maxReceiveCount = 480 } = options;
  const queue = memoryQueue({ clock, maxReceiveCount, deadLetters, oldHandlesDelete });
  const classifications = options.classifications ?? [CLASSIFICATION];
  const extracta = memoryExtracta({ clock, classifications });
  const journal = recordingJournal();
  const outbox = memoryOutbox({ queue, deadLetters });
  const chance = seededChance(options.seed ?? 1);
  const ports = { ledger, source, extracta, outbox, clock, chance, journal };
  let sameContainer = new ContainerMemory();

  const world: World = {
    clock,
    ledger,
    source,
    queue,
    deadLetters,
    extracta,
    journal,
    twists,
    ports,
    settings: settingsOf(options),
    put: async (key, bytes = `the bytes of ${key}`, put = {}) => {
      const arrival = source.put(BUCKET, key, bytes, put);
      await world.announce(arrival);
      return arrival;
    },
    announce: async (...arrivals) => {
      await queue.send(arrivalEvent(...arrivals));
    },
    start: async ({ container = sameContainer, max = 10, only = () => true, ...start } = {}) => {
      // What a process remembered dies with it.
      if (start.dies !== undefined) sameContainer = new ContainerMemory();
      const messages = await queue.receive(max, (visible) => visible.filter(only));
      const { settings } = world;
      return invoke(messages, start, { ports, clock, queue, settings, memory: container, twists });
    },
    deliver: async (delivery) => clock.drive((await world.start(delivery)).ended),
    outcomes: async (delivery) => {
      const verdicts = await world.deliver(delivery);
      if (verdicts === 'died') throw new Error('The process died');
      return verdicts.flatMap((verdict) => verdict.outcomes);
    },
    deliverUntilQuiet: async ({ forMs = 30 * 24 * 3_600_000, deliveries = 5_000 } = {}) => {
      const untilMs = clock.nowMs() + forMs;
      for (let n = 0; queue.messages().length > 0; n += 1) {
        if (n >= deliveries) throw new Error(`Not quiet after ${n} deliveries: ${saidOf(queue)}`);
        if (queue.visible().length === 0) {
          if ((queue.nextVisibleAtMs() ?? 0) > untilMs) return;
          await world.untilNextMessage();
        }
        await world.deliver();
      }
    },
    untilNextMessage: async () => {
      const nextMs = queue.nextVisibleAtMs();
      if (nextMs !== undefined && queue.visible().length === 0) await clock.advance(nextMs - clock.nowMs());
    },
    redrive: async (letter = deadLetters.messages().at(-1)) => {
      if (letter === undefined) throw new Error('There is no dead letter');
      await queue.send(letter.body);
      const [received] = await deadLetters.receive(1, (all) =>
        all.filter(({ messageId }) => messageId === letter.messageId),
      );
      await deadLetters.acknowledge(received?.receiptHandle ?? '');
    },
    document: (arrival) => ledger.peek(documentKey(arrival)),
    slots: () => ledger.items().filter((item) => item.kind === 'slot'),
    filesOf: (arrival) => {
      const bytes = source.bytesOf(arrival);
      const sha256 = bytes && createHash('sha256').update(bytes).digest('hex');
      return extracta.held.filter((file) => file.sha256 === sha256);
    },
  };
  return world;
}

function settingsOf({ route, settings, waits }: WorldOptions): PipelineSettings {
  const everything: Route = {
    name: 'everything',
    prefix: '',
    classificationId: CLASSIFICATION,
    batch: { by: 'folder' },
    metadataOverrides: false,
  };
  return {
    routes: [{ ...everything, ...route }],
    onUnknownOutcome: 'send-again',
    fileNames: 'tagged',
    fileTypes: DEFAULT_FILE_TYPES,
    maxDocumentBytes: DEFAULT_MAX_DOCUMENT_BYTES,
    maxAttempts: DEFAULT_MAX_ATTEMPTS,
    ...settings,
    waits: { ...DEFAULT_WAITS, ...waits },
  };
}

const saidOf = (queue: MemoryQueue) =>
  queue
    .messages()
    .map(({ body }) => body.slice(0, 200))
    .join('\n');
