import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { extname } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { NODE_OPTIONS } from '../config/node-options.ts';
import type { ContainerMessage, Invocation } from './function-protocol.ts';

export type FunctionFailureKind = 'timed-out' | 'crashed' | 'threw' | 'broken' | 'stopped';

/** An invocation without an answer. Its messages come back when their visibility ends. */
export class FunctionFailure extends Error {
  override readonly name = 'FunctionFailure';
  /** `broken`: the bundle could not be loaded. `stopped`: the host was stopped. */
  readonly kind: FunctionFailureKind;

  constructor(kind: FunctionFailureKind, message: string) {
    super(message);
    this.kind = kind;
  }
}

export interface ContainerOptions {
  readonly bundleFile: string;
  /** The whole environment: nothing is inherited. */
  readonly environment: Readonly<Record<string, string>>;
  /** What the function writes, line by line, to either stream. */
  onLine(line: string): void;
}

const PROCESS_FILE = fileURLToPath(new URL(`./function-process${extname(import.meta.url)}`, import.meta.url));

/** A child process that serves one invocation at a time, as a Lambda sandbox does. */
export class Container {
  readonly #child: ChildProcess;
  readonly #gone: Promise<void>;
  /** Why we killed it; undefined if it died by itself. */
  #verdict: FunctionFailure | undefined;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#gone = once(child, 'exit').then(
      () => undefined,
      (error) => {
        this.#verdict ??= new FunctionFailure(
          'crashed',
          `The function's process could not be started: ${error}`,
        );
      },
    );
  }

  /** Starts the process; `loaded` tells when it can be invoked. */
  static start({ bundleFile, environment, onLine }: ContainerOptions): Container {
    const child = fork(PROCESS_FILE, [bundleFile], {
      env: { NODE_OPTIONS, ...environment },
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on('line', onLine);
    }
    return new Container(child);
  }

  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null && this.#verdict === undefined;
  }

  /** Rejects with a `FunctionFailure`: `broken`, `crashed`, `timed-out` or `stopped`. */
  async loaded(withinMs: number): Promise<void> {
    const message = await this.#nextMessage(withinMs);
    if (message.kind !== 'broken') return;
    await this.kill(new FunctionFailure('broken', `The function could not be loaded: ${message.message}`));
    throw this.#verdict;
  }

  /** Rejects with a `FunctionFailure`. At the deadline the process is killed: nothing of it runs on. */
  async invoke(invocation: Invocation, withinMs: number): Promise<unknown> {
    const next = this.#nextMessage(withinMs);
    this.#child.send(invocation, () => undefined);
    const message = await next;
    if (message.kind === 'answer' && message.requestId === invocation.requestId) return message.result;
    if (message.kind === 'threw')
      throw new FunctionFailure('threw', `The function threw: ${message.message}`);
    throw new FunctionFailure('crashed', `The function answered out of turn: ${message.kind}`);
  }

  /** Resolves when the process is gone. */
  async kill(because: FunctionFailure): Promise<void> {
    this.#verdict ??= because;
    this.#child.kill('SIGKILL');
    await this.#gone;
  }

  async #nextMessage(withinMs: number): Promise<ContainerMessage> {
    const listening = new AbortController();
    const deadline = setTimeout(() => {
      void this.kill(new FunctionFailure('timed-out', `The function was killed after ${withinMs} ms.`));
    }, withinMs);
    try {
      const message = once(this.#child, 'message', listening).then(([first]) => first as ContainerMessage);
      return await Promise.race([message, this.#end()]);
    } finally {
      clearTimeout(deadline);
      listening.abort();
    }
  }

  async #end(): Promise<never> {
    await this.#gone;
    const { exitCode, signalCode } = this.#child;
    throw (
      this.#verdict ??
      new FunctionFailure('crashed', `The function's process ended: ${signalCode ?? exitCode}`)
    );
  }
}
