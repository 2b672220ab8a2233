import type { ChildProcess } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

/** One invocation of the function, in a process of its own. */
export interface Invocation {
  readonly id: string;
  readonly child: ChildProcess;
  hasEnded: boolean;
  isKilled: boolean;
}

/** Node's own: each child that this process starts. https://nodejs.org/api/diagnostics_channel.html#process */
const STARTED = 'child_process';
const TRIES = 200;
const PAUSE_MS = 5;

/** What the function's processes say of themselves, and the means to end them. */
export class Containers implements Disposable {
  /** Everything that was said, in order. */
  readonly lines: string[] = [];
  /** Not ids: an id may be another's by now. */
  readonly #children: ChildProcess[] = [];
  readonly #invocations = new Map<string, Invocation>();
  readonly #latest = new Map<number, Invocation>();
  readonly #claims = new Map<string, string>();
  readonly #answers = new Map<string, string>();

  constructor() {
    subscribe(STARTED, this.#started);
  }

  [Symbol.dispose](): void {
    unsubscribe(STARTED, this.#started);
  }

  readonly read = (line: string): void => {
    this.lines.push(line);
    const said = parsed(line);
    if (typeof said['container'] === 'number') this.#announced(said);
    const by = String(said['function_request_id']);
    if (said['event'] === 'document.claimed') this.#claims.set(String(said['object']), by);
    if (said['event'] === 'document.sent') this.#answers.set(String(said['fileId']), by);
  };

  /** The invocation that reached for the document last, if it is under way; a moment is left for its line to come in. */
  async claimant(object: string): Promise<Invocation | undefined> {
    for (let tried = 0; tried < TRIES; tried += 1) {
      const invocation = this.#invocations.get(this.#claims.get(object) ?? '');
      if (invocation !== undefined && this.#isUnderWay(invocation)) return invocation;
      await sleep(PAUSE_MS);
    }
    return undefined;
  }

  /** What this process serves now. */
  servedBy(pid: number): Invocation | undefined {
    const invocation = this.#latest.get(pid);
    return invocation !== undefined && this.#isUnderWay(invocation) ? invocation : undefined;
  }

  /** Ends an invocation's process at once; resolves when it is gone. False: it was over before. */
  async kill(invocation: Invocation): Promise<boolean> {
    if (!this.#isUnderWay(invocation)) return false;
    invocation.isKilled = true;
    if (!invocation.child.kill('SIGKILL')) return false;
    await once(invocation.child, 'exit');
    return true;
  }

  /** Whether the answer that brought this file reached an invocation that lived to its end. */
  heardOf(fileId: string): boolean {
    return this.#invocations.get(this.#answers.get(fileId) ?? '')?.hasEnded === true;
  }

  #isUnderWay({ hasEnded, isKilled, child }: Invocation): boolean {
    return !hasEnded && !isKilled && child.exitCode === null && child.signalCode === null;
  }

  readonly #started = (message: unknown): void => {
    this.#children.push((message as { readonly process: ChildProcess }).process);
  };

  #announced({ container, invocation, at }: Record<string, unknown>): void {
    const [id, pid] = [String(invocation), Number(container)];
    const known = this.#invocations.get(id);
    if (at === 'end' && known !== undefined) known.hasEnded = true;
    const child = this.#children.findLast((started) => started.pid === pid);
    if (at !== 'begin' || child === undefined) return;
    const begun = { id, child, hasEnded: false, isKilled: false };
    this.#invocations.set(id, begun);
    this.#latest.set(pid, begun);
  }
}

function parsed(line: string): Record<string, unknown> {
  if (!line.startsWith('{')) return {};
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return {};
  }
}
