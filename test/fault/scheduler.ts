import type { Dice } from './dice.ts';

/** Whoever takes steps: a delivery in a container, the platform, Extracta, a person. */
export interface Actor {
  readonly name: string;
  isDead: boolean;
  isFrozen: boolean;
}

export interface Gate {
  readonly actor: Actor;
  readonly label: string;
  /** Passed no sooner; moved forward when what it waits for has come. */
  readyAtMs: number;
  /** Happens at its moment, whatever else is slow: the world's clockwork. */
  readonly isPunctual: boolean;
  readonly pass: () => void;
}

export interface Scheduler {
  readonly nowMs: () => number;
  /** Resolves when the scheduler lets this actor go on; never, if it dies first. */
  gate(actor: Actor, label: string, readyAtMs?: number): Promise<void>;
  /** A gate that another may open before its time. */
  openable(actor: Actor, label: string, readyAtMs: number): { readonly passed: Promise<void>; open(): void };
  at(actor: Actor, label: string, readyAtMs: number, act: () => void, isPunctual?: boolean): Gate;
  drop(gate: Gate): void;
  dropAllOf(actor: Actor): void;
  runnable(): readonly Gate[];
  waiting(): readonly Gate[];
  /** Lets one gate pass, and everything that follows from it until all wait again. */
  step(gate: Gate): Promise<void>;
  /** Moves time on; punctual gates on the way pass at their own moments. */
  advanceTo(ms: number): Promise<void>;
  nextReadyAtMs(): number | undefined;
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

export function createScheduler(startMs: number): Scheduler {
  let now = startMs;
  let gates: Gate[] = [];
  const drop = (gate: Gate) => {
    const at = gates.indexOf(gate);
    if (at >= 0) gates.splice(at, 1);
  };
  const add = (gate: Gate) => {
    gates.push(gate);
    return gate;
  };
  const isAble = (gate: Gate) => !gate.actor.isDead && !gate.actor.isFrozen;
  const step = async (gate: Gate) => {
    drop(gate);
    gate.pass();
    await settled();
  };
  const scheduler: Scheduler = {
    nowMs: () => now,
    gate: (actor, label, readyAtMs = now) =>
      new Promise((pass) => add({ actor, label, readyAtMs, isPunctual: false, pass })),
    openable: (actor, label, readyAtMs) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const gate = add({ actor, label, readyAtMs, isPunctual: false, pass: resolve });
      return {
        passed: promise,
        open: () => {
          gate.readyAtMs = Math.min(gate.readyAtMs, now);
        },
      };
    },
    at: (actor, label, readyAtMs, act, isPunctual = false) =>
      add({ actor, label, readyAtMs, isPunctual, pass: act }),
    drop,
    dropAllOf: (actor) => {
      gates = gates.filter((gate) => gate.actor !== actor);
    },
    runnable: () => gates.filter((gate) => gate.readyAtMs <= now && isAble(gate)),
    waiting: () => gates,
    step,
    advanceTo: async (ms) => {
      for (;;) {
        const due = gates
          .filter((gate) => gate.isPunctual && isAble(gate) && gate.readyAtMs <= ms)
          .reduce<Gate | undefined>((a, b) => (a && a.readyAtMs <= b.readyAtMs ? a : b), undefined);
        if (due === undefined) break;
        now = Math.max(now, due.readyAtMs);
        await step(due);
      }
      now = Math.max(now, ms);
    },
    nextReadyAtMs: () => {
      let next: number | undefined;
      for (const gate of gates)
        if (isAble(gate) && (next === undefined || gate.readyAtMs < next)) next = gate.readyAtMs;
      return next === Number.POSITIVE_INFINITY ? undefined : next;
    },
  };
  return scheduler;
}

/** First come, first served is the dull choice. */
export function chosenGate(gates: readonly Gate[], dice: Dice, disorder: number): Gate | undefined {
  if (gates.length > 1 && dice.chance('out of turn', disorder))
    return gates[1 + dice.pick('who', gates.length - 1)];
  return gates[0];
}
