import type { Containers, Invocation } from './containers.ts';
import { draw } from './draw.ts';
import type { ProxiedRequest, Treatment } from './fault-proxy.ts';

/** Every document takes two writes at the least: that many are sure to come. */
const SURE_WRITES_PER_DOCUMENT = 2;

export interface LedgerKillsOptions {
  readonly kills: number;
  readonly documents: number;
  readonly seed: number;
  readonly containers: Containers;
}

/** Kills the process that is writing to the ledger: half of them before the write is applied, half after it. */
export class LedgerKills {
  done = 0;
  #underWay = 0;
  #writes = 0;
  readonly #options: LedgerKillsOptions;
  readonly #strideWrites: number;

  constructor(options: LedgerKillsOptions) {
    this.#options = options;
    this.#strideWrites = (SURE_WRITES_PER_DOCUMENT * options.documents) / (options.kills + 1);
  }

  /** Undefined: this request is let through. */
  treat({ headers }: ProxiedRequest): Treatment | undefined {
    const { kills, seed, containers } = this.#options;
    if (!String(headers['x-amz-target']).endsWith('.PutItem')) return undefined;
    this.#writes += 1;
    if (this.done + this.#underWay >= kills || this.#writes < this.#nextAt()) return undefined;
    const invocation = containers.servedBy(writer(headers['user-agent']));
    if (invocation === undefined) return undefined;
    this.#underWay += 1;
    return {
      isForwarded: draw(seed, 'ledger-kill', this.done) < 0.5,
      instead: () => this.#kill(invocation),
    };
  }

  async #kill(invocation: Invocation): Promise<undefined> {
    if (await this.#options.containers.kill(invocation)) this.done += 1;
    this.#underWay -= 1;
  }

  #nextAt(): number {
    return this.#strideWrites * (this.done + draw(this.#options.seed, 'ledger-kill-at', this.done));
  }
}

function writer(userAgent: string | undefined): number {
  return Number(/app\/container-(\d+)/.exec(userAgent ?? '')?.[1]);
}
