import type { Dice } from './dice.ts';

/**
 * What may go wrong, each by its name: how likely at one opportunity of a run that has drawn it, and how often a run
 * may see it at most. One generator for every run; nothing here knows the rules that it tests.
 */
export const FAULTS = {
  'process.crash': [0.06, 4],
  'process.freeze': [0.1, 3],
  'process.slow': [0.04, 5],
  'process.skew': [1, 1],
  'process.dies-after-sending': [0.4, 2],
  'process.freezes-after-sending': [0.4, 2],

  'ledger.throttled': [0.06, 8],
  'ledger.answer-lost': [0.08, 4],
  'ledger.repeated': [0.2, 8],
  'ledger.no-all-old': [1, 40],
  'ledger.down': [0.06, 2],
  'ledger.down-at-answer': [0.4, 2],
  'ledger.stale-index': [0.6, 2],

  'queue.send-refused': [0.4, 4],
  'queue.send-answer-lost': [0.5, 3],
  'queue.late': [0.4, 3],
  'queue.visibility-refused': [0.3, 4],
  'queue.visibility-expired': [0.06, 4],
  'queue.acknowledgement-lost': [0.3, 3],
  'queue.old-handle-deletes': [1, 1],
  'queue.dead-lettered': [0.25, 2],
  'queue.letter-duplicated': [0.5, 2],
  'queue.letter-expired': [0.3, 2],
  'event.late': [0.4, 3],
  'event.aged': [1, 2],
  'event.duplicate': [0.6, 3],

  's3.refused': [0.4, 4],
  's3.stalled': [0.4, 2],
  's3.broken': [0.4, 2],
  's3.short': [0.4, 2],
  's3.overwritten': [0.8, 2],
  's3.deleted': [0.6, 1],
  's3.gone-before-get': [0.3, 1],
  's3.overwritten-before-get': [0.3, 1],
  's3.events-merged': [0.8, 1],
  's3.put-again': [0.8, 1],

  'extracta.unreachable': [0.4, 4],
  'extracta.broken-in-body': [0.4, 3],
  'extracta.lost-kept': [0.5, 3],
  'extracta.lost-unkept': [0.5, 3],
  'extracta.5xx-kept': [0.5, 3],
  'extracta.5xx-unkept': [0.5, 3],
  'extracta.garbage-kept': [0.5, 3],
  'extracta.garbage-unkept': [0.5, 3],
  'extracta.408': [0.5, 2],
  'extracta.hangs': [0.5, 2],
  'extracta.accepts-later': [0.5, 2],
  'extracta.accepts-too-late': [0.5, 1],
  'extracta.429': [0.4, 4],
  'extracta.429-unclear': [0.4, 2],
  'extracta.401': [0.4, 3],
  'extracta.402': [0.4, 3],
  'extracta.403': [0.4, 3],
  'extracta.403-unclear': [0.4, 2],
  'extracta.refuses': [0.3, 2],
  'extracta.token-rotated': [0.4, 2],
  'extracta.out-for-long': [0.3, 1],
  'extracta.names-lost': [1, 1],
  'extracta.batch-deleted': [0.8, 1],
  'extracta.another-account': [0.3, 2],

  'results.lag': [0.7, 4],
  'results.waiting': [0.5, 4],
  'results.failed': [0.5, 4],

  'extracta.no-secret': [0.3, 2],
  'process.defect': [0.02, 2],
  'settings.changed': [1, 1],
  'settings.as-is': [1, 1],
  's3.odd': [0.4, 2],
  'event.malformed': [1, 1],

  'redrive.meanwhile': [0.4, 3],
  'redrive.dies': [0.15, 2],
  'redrive.receive-refused': [0.3, 2],
  'redrive.send-refused': [0.5, 3],
  'redrive.send-answer-lost': [0.5, 3],
  'redrive.delete-refused': [0.4, 3],
  'redrive.delete-answer-lost': [0.4, 3],

  'person.redrives-twice': [0.6, 2],
  'person.dies': [0.5, 1],
  'person.uploads-again': [0.7, 1],
} as const satisfies Record<string, readonly [likelihood: number, atMost: number]>;

export type Fault = keyof typeof FAULTS;
export const FAULT_NAMES = Object.keys(FAULTS) as Fault[];

export interface Faults {
  /** Whether it happens here and now. */
  fires(fault: Fault, where: string): boolean;
  /** Whether this run has drawn one of them at all. */
  drawn(...faults: readonly Fault[]): boolean;
  /** From now on nothing goes wrong. */
  stop(): void;
  isStopped(): boolean;
  readonly fired: ReadonlyMap<Fault, number>;
}

/** What a fault befalls stands before the dot. */
const CLASSES: readonly (readonly Fault[])[] = Object.values(
  Object.groupBy(FAULT_NAMES, (fault) => fault.slice(0, fault.indexOf('.'))),
).map((faults) => faults ?? []);

/** From so many on all are drawn evenly, so that every pair of them comes. */
const MANY_KINDS = 10;

/** Each run draws a few kinds, alone, in pairs and many: where few, first what they befall, evenly, then which. */
export function drawFaults(
  dice: Dice,
  tell: (fault: Fault, where: string) => void,
  only?: readonly Fault[],
): Faults {
  const drawn = new Map<Fault, number>(only?.map((fault) => [fault, FAULTS[fault][1]]));
  const kinds = [1, 2, 3, 4, 6, 9, 16, 30][dice.pick('how many kinds of fault', 8)] ?? 1;
  for (let each = 0; only === undefined && each < kinds; each += 1) {
    const isEven = kinds >= MANY_KINDS;
    const those = isEven ? FAULT_NAMES : (CLASSES[dice.pick('what a fault befalls', CLASSES.length)] ?? []);
    const fault = those[dice.pick('which fault', those.length)] as Fault;
    drawn.set(fault, 1 + dice.pick(`how often ${fault}`, FAULTS[fault][1]));
  }
  const fired = new Map<Fault, number>();
  let stopped = false;
  return {
    fired,
    drawn: (...faults) => faults.some((fault) => drawn.has(fault)),
    stop: () => {
      stopped = true;
    },
    isStopped: () => stopped,
    fires: (fault, where) => {
      const left = drawn.get(fault) ?? 0;
      if (stopped || left <= 0) return false;
      if (!dice.chance(`${fault} @ ${where}`, FAULTS[fault][0])) return false;
      drawn.set(fault, left - 1);
      fired.set(fault, (fired.get(fault) ?? 0) + 1);
      tell(fault, where);
      return true;
    },
  };
}
