import type { ContainerMemory } from '../../../lib/pipeline/container-memory.ts';
import { handleMessage, type Verdict } from '../../../lib/pipeline/handle-message.ts';
import type { Ports } from '../../../lib/pipeline/ports.ts';
import type { PipelineSettings } from '../../../lib/pipeline/settings.ts';
import type { VirtualClock } from './clock.ts';
import { type Step, withInterference } from './interference.ts';
import type { MemoryQueue, ReceivedMessage } from './queue.ts';
import { type Twist, type Twists, twisted, type Where } from './twists.ts';

export const FUNCTION_TIMEOUT_MS = 5 * 60_000;
const CLOSING_MS = 10_000;
/** SQS's longest. */
const MAX_VISIBILITY_MS = 12 * 3_600_000;

export interface Start {
  /** What goes wrong in this invocation alone. */
  readonly twists?: readonly Twist[];
  /** The process dies there: nothing that it does afterwards has any effect, and nothing is acknowledged. */
  readonly dies?: Where | Omit<Twist, 'does'>;
  /** It waits there until it is released. */
  readonly holds?: Where | Omit<Twist, 'does'>;
  /** Its turn came when it was time to close: nothing new may be begun. */
  readonly closing?: boolean;
  /** A sandbox that is frozen and thawed later: its timers do not run, and nothing kills it at its deadline. */
  readonly frozen?: boolean;
}

/** One invocation of the function, under way. */
export interface Invocation {
  readonly twists: Twists;
  /** What was decided, message by message; `died` if its process did not live to answer. */
  readonly ended: Promise<readonly Verdict[] | 'died'>;
  /** Resolves when it has come to where it holds. */
  readonly held: Promise<void>;
  release(): void;
}

export interface Surroundings {
  readonly ports: Ports;
  readonly clock: VirtualClock;
  readonly queue: MemoryQueue;
  readonly settings: PipelineSettings;
  readonly memory: ContainerMemory;
  /** What goes wrong whoever is at work. */
  readonly twists: Twists;
}

/** Handles messages as `lambdas/upload.ts` does: in parallel, each acknowledged or made visible again by its verdict. */
export function invoke(messages: readonly ReceivedMessage[], start: Start, around: Surroundings): Invocation {
  const life = lifeOf(start);
  const { clock, queue, settings, memory } = around;
  const deadlineMs = clock.nowMs() + FUNCTION_TIMEOUT_MS;
  const closing = new AbortController();
  if (start.closing === true) closing.abort();
  const over = new AbortController();
  const visit = {
    ports: livingPorts(around.ports, life, around.twists),
    settings,
    memory,
    deadlineMs,
    signal: closing.signal,
  };
  const handleOne = async (message: ReceivedMessage): Promise<Verdict> => {
    const verdict = await handleMessage(message, visit);
    if (life.isOver()) return life.never();
    await answer(message, verdict, queue);
    return verdict;
  };
  void clock.sleep(FUNCTION_TIMEOUT_MS - CLOSING_MS, over.signal).then(async () => {
    if (over.signal.aborted || start.frozen === true) return;
    closing.abort();
    await clock.sleep(CLOSING_MS, over.signal);
    if (!over.signal.aborted) life.end();
  });
  const ended = Promise.race([Promise.all(messages.map(handleOne)), life.ended]);
  void ended.then(() => over.abort());
  return { twists: life.twists, ended, held: life.held, release: life.release };
}

async function answer({ receiptHandle }: ReceivedMessage, verdict: Verdict, queue: MemoryQueue) {
  if (verdict.kind === 'acknowledge') return queue.acknowledge(receiptHandle);
  const visibleInMs = Math.min(Math.max(0, Math.ceil(verdict.visibleInMs)), MAX_VISIBILITY_MS);
  // Its visibility may have run out: then it is there already.
  await queue.changeVisibility(receiptHandle, visibleInMs).catch(() => {});
}

interface Life {
  readonly twists: Twists;
  readonly ended: Promise<'died'>;
  readonly held: Promise<void>;
  release(): void;
  end(): void;
  isOver(): boolean;
  never<T>(): Promise<T>;
}

function lifeOf({ twists = [], dies, holds }: Start): Life {
  const death = Promise.withResolvers<'died'>();
  const held = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  let isOver = false;
  const never = <T>() => new Promise<T>(() => {});
  const end = () => {
    isOver = true;
    death.resolve('died');
  };
  const die = () => {
    end();
    return never();
  };
  const hold = () => {
    held.resolve();
    return released.promise;
  };
  const dying = typeof dies === 'string' ? { at: dies } : dies;
  const holding = typeof holds === 'string' ? { at: holds } : holds;
  return {
    twists: twisted(
      ...(dying === undefined ? [] : [{ ...dying, does: die }]),
      ...(holding === undefined ? [] : [{ ...holding, does: hold }]),
      ...twists,
    ),
    ended: death.promise,
    held: held.promise,
    release: released.resolve,
    end,
    isOver: () => isOver,
    never,
  };
}

/** The ports as one process sees them; a step's subject is its first argument. Once it has died, nothing that it asks for begins or answers. */
function livingPorts(ports: Ports, life: Life, twists: Twists): Ports {
  const alive = async (when: 'before' | 'after', step: Step) => {
    if (life.isOver()) await life.never();
    await life.twists[when](step);
    if (life.isOver()) await life.never();
    await twists[when](step);
    if (life.isOver()) await life.never();
  };
  const interference = {
    before: (step: Step) => alive('before', step),
    after: (step: Step) => alive('after', step),
  };
  const living = <T extends object>(name: string, port: T): T =>
    new Proxy(port, {
      get: (target, verb) => {
        const method = Reflect.get(target, verb) as (...args: unknown[]) => unknown;
        return (...args: unknown[]) =>
          withInterference(interference, `${name}.${String(verb)}`, args[0], () =>
            method.apply(target, args),
          );
      },
    });
  const { ledger, source, extracta, outbox, clock } = ports;
  return {
    ...ports,
    ledger: living('ledger', ledger),
    source: living('source', source),
    extracta: living('extracta', extracta),
    outbox: living('outbox', outbox),
    clock: { nowMs: clock.nowMs, sleep: living('clock', clock).sleep },
  };
}
