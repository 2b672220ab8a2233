import { setTimeout as sleep } from 'node:timers/promises';

/** One invocation of the function, in a process of its own. */
export interface Invocation {
  readonly id: string;
  readonly pid: number;
  readonly begunAtMs: number;
  hasEnded: boolean;
  isKilled: boolean;
}

/** Where the host may kill a container by itself soon, it is no longer ours to kill: its id may be another's. */
const SURELY_ALIVE_SHARE = 0.8;
const TRIES = 200;
const PAUSE_MS = 5;

/** What the function's processes say of themselves, and the means to end them. */
export class Containers {
  /** Everything that was said, in order. */
  readonly lines: string[] = [];
  readonly #timeoutMs: number;
  readonly #invocations = new Map<string, Invocation>();
  readonly #latest = new Map<number, Invocation>();
  readonly #claims = new Map<string, string>();
  readonly #answers = new Map<string, string>();

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
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
    if (!signalled(invocation.pid, 'SIGKILL')) return false;
    while (signalled(invocation.pid, 0)) await sleep(PAUSE_MS);
    return true;
  }

  /** Whether the answer that brought this file reached an invocation that lived to its end. */
  heardOf(fileId: string): boolean {
    return this.#invocations.get(this.#answers.get(fileId) ?? '')?.hasEnded === true;
  }

  #isUnderWay({ hasEnded, isKilled, begunAtMs }: Invocation): boolean {
    return !hasEnded && !isKilled && Date.now() - begunAtMs < this.#timeoutMs * SURELY_ALIVE_SHARE;
  }

  #announced({ container, invocation, at }: Record<string, unknown>): void {
    const [id, pid] = [String(invocation), Number(container)];
    const known = this.#invocations.get(id);
    if (at === 'end' && known !== undefined) known.hasEnded = true;
    if (at !== 'begin') return;
    const begun = { id, pid, begunAtMs: Date.now(), hasEnded: false, isKilled: false };
    this.#invocations.set(id, begun);
    this.#latest.set(pid, begun);
  }
}

/** 0 only asks. False: there is no such process. */
function signalled(pid: number, signal: 'SIGKILL' | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
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
