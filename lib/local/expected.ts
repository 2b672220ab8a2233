import type { DocumentItem, DocumentKey } from '../pipeline/model.ts';
import { isSettled } from './report.ts';
import { type Documents, nameOf } from './watch.ts';

/** The documents that this run waits for, beside all that the ledger knows to be unsettled. */
export class Expected {
  readonly #names = new Set<string>();
  readonly #before: Documents;
  #toPut = 0;

  /** `before`: the ledger as it was when the run began. */
  constructor(before: Documents) {
    this.#before = before;
  }

  /** So many objects will be put, each of which is then added. */
  willPut(count: number): void {
    this.#toPut += count;
  }

  hasPut(key: DocumentKey): void {
    this.#toPut -= 1;
    this.add(key);
  }

  add(key: DocumentKey): void {
    this.#names.add(nameOf(key));
  }

  get size(): number {
    return this.#names.size;
  }

  /** Nothing is left to wait for. */
  allSettled(documents: Documents): boolean {
    return this.left(documents) === 0;
  }

  /** Every document that the ledger knows or will know. */
  total(documents: Documents): number {
    return new Set([...documents.keys(), ...this.#names]).size + this.#toPut;
  }

  /** How many have not settled; those included that the ledger does not know yet. */
  left(documents: Documents): number {
    const open = new Set([...documents].filter(([, item]) => !isSettled(item)).map(([name]) => name));
    for (const name of this.#names) if (!this.#hasSettled(name, documents.get(name))) open.add(name);
    return open.size + this.#toPut;
  }

  /** One that was skipped before and came again settles anew: its old item says nothing. */
  #hasSettled(name: string, item: DocumentItem | undefined): boolean {
    if (item === undefined || !isSettled(item)) return false;
    return item.state !== 'skipped' || this.#before.get(name)?.rev !== item.rev;
  }
}
