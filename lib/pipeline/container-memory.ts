import { pairName, slotName } from './identity.ts';
import type { BreakerItem, Pair, SlotItem, SlotKey } from './model.ts';
import type { ResultFile } from './ports.ts';

/** What Extracta answered of a batch, and when it was asked. */
export interface Answered {
  readonly askedAtMs: number;
  readonly files: readonly ResultFile[];
}

const MAX_ANSWERS = 16;
const MAX_SLOTS = 1000;

/**
 * What a container may remember between invocations. Every entry says since when it is known; whoever asks says how
 * long that is good for. Forgetting is always safe.
 */
export class ContainerMemory {
  readonly #slots = new Map<string, { readonly slot: SlotItem; readonly atMs: number }>();
  readonly #answers = new Map<string, Answered>();
  readonly #asked = new Map<string, Promise<unknown>>();
  #breaker: { readonly item: BreakerItem | undefined; readonly atMs: number } | undefined;
  namesLostNoted = false;

  /** Documents of one delivery that ask the same at the same moment share one question, and its answer or its failure. */
  shared<T>(question: string, ask: () => Promise<T>): Promise<T> {
    const asked = this.#asked.get(question) as Promise<T> | undefined;
    if (asked !== undefined) return asked;
    const asking = ask().finally(() => this.#asked.delete(question));
    this.#asked.set(question, asking);
    return asking;
  }

  breakerSince(nowMs: number, goodForMs: number): { readonly item: BreakerItem | undefined } | undefined {
    return this.#breaker !== undefined && nowMs - this.#breaker.atMs < goodForMs ? this.#breaker : undefined;
  }

  rememberBreaker(item: BreakerItem | undefined, atMs: number): void {
    this.#breaker = { item, atMs };
  }

  /** An open slot; an `opening` one is never remembered. */
  openSlot(key: SlotKey, nowMs: number, goodForMs: number): SlotItem | undefined {
    const known = this.#slots.get(slotName(key));
    return known !== undefined && nowMs - known.atMs < goodForMs ? known.slot : undefined;
  }

  rememberSlot(slot: SlotItem | undefined, atMs: number): void {
    if (slot?.state !== 'open') return;
    if (this.#slots.size >= MAX_SLOTS) this.#slots.clear();
    this.#slots.set(slotName(slot), { slot, atMs });
  }

  forgetSlot(key: SlotKey): void {
    this.#slots.delete(slotName(key));
  }

  answer(pair: Pair): Answered | undefined {
    return this.#answers.get(pairName(pair));
  }

  rememberAnswer(pair: Pair, answered: Answered): void {
    if (this.#answers.size >= MAX_ANSWERS) this.#answers.clear();
    this.#answers.set(pairName(pair), answered);
  }
}
