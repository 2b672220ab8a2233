import type { Behaviour, RequestKind, Script, ScriptedRequest } from './behaviour.ts';
import type { Store } from './store.ts';

/** Something that no correct client does. Kept apart from refusals that a correct client may meet. */
export interface Violation {
  readonly what:
    | 'delete-by-post'
    | 'wrong-path'
    | 'no-token'
    | 'no-content-length'
    | 'malformed-form'
    | 'field-order'
    | 'several-files'
    | 'malformed-json'
    | 'results-too-soon';
  readonly detail: string;
  readonly atMs: number;
}

/** A request as it came in, without its token and its bytes. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly atMs: number;
  readonly contentLength?: string;
  readonly contentType?: string;
}

export interface AccountOptions {
  readonly token: string;
  readonly store: Store;
  readonly paceMs: number;
  readonly nowMs: () => number;
  readonly script: Script | undefined;
}

/** One account at the embedded Extracta: what it holds, who may come in, how it was used. */
export class Account {
  readonly token: string;
  readonly store: Store;
  readonly paceMs: number;
  readonly nowMs: () => number;
  readonly requests: SeenRequest[] = [];
  readonly violations: Violation[] = [];
  /** Bytes read so far of the files that are coming in, by the names that they come under. */
  readonly reading = new Map<string, number>();
  /** Files that results do not show yet. */
  readonly hidden = new Set<string>();
  readonly #script: Script | undefined;
  readonly #counts = new Map<RequestKind, number>();
  readonly #waiting = new Set<{ readonly count: number; readonly resolve: () => void }>();
  #lastResultsAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: AccountOptions) {
    this.token = options.token;
    this.store = options.store;
    this.paceMs = options.paceMs;
    this.nowMs = options.nowMs;
    this.#script = options.script;
  }

  violated(what: Violation['what'], detail: string): void {
    this.violations.push({ what, detail, atMs: this.nowMs() });
  }

  /** Counts the request and asks the script about it. */
  behaviour(request: Omit<ScriptedRequest, 'n'>): Behaviour {
    const n = (this.#counts.get(request.kind) ?? 0) + 1;
    this.#counts.set(request.kind, n);
    return this.#script?.({ ...request, n }) ?? {};
  }

  /** At least `paceMs` between two calls of getResults; a refused call does not count. */
  mayAskResults(): boolean {
    const sinceMs = this.nowMs() - this.#lastResultsAtMs;
    if (sinceMs < this.paceMs) {
      this.violated('results-too-soon', `${sinceMs} ms after the last, at least ${this.paceMs} ms`);
      return false;
    }
    this.#lastResultsAtMs = this.nowMs();
    return true;
  }

  /** Resolves when at least so many files have been accepted. */
  accepted(count: number): Promise<void> {
    if (this.store.accepted >= count) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.add({ count, resolve }));
  }

  tellAccepted(): void {
    for (const waiter of this.#waiting)
      if (this.store.accepted >= waiter.count) {
        this.#waiting.delete(waiter);
        waiter.resolve();
      }
  }
}
