import type { ServerResponse } from 'node:http';
import { type BoardReport, type BoardRequest, board } from '../board.ts';
import type { OpenLine } from '../open-line.ts';
import { saidBy } from '../said-by.ts';
import { type StatusReport, status } from '../status.ts';

/** What the page shows without being asked. */
export interface Look {
  readonly status: StatusReport;
  readonly board: BoardReport;
}

/** A page more than these is one that nobody looks at. */
const MOST_LISTENERS = 20;
/** However large the ledger, most of the time is not spent on reading it, nor money. */
const REST_FACTOR = 4;
/** Whoever is gone shows by a write that fails. */
const BEAT = ': here\n\n';

export interface LiveOptions extends BoardRequest {
  readonly everyMs: number;
}

/** Looks at the line while anybody listens, and tells them all what changed, as server-sent events. */
export class Live {
  readonly #open: OpenLine;
  readonly #options: LiveOptions;
  readonly #listeners = new Set<ServerResponse>();
  #last: { readonly text: string; readonly event: string } | undefined;
  #looking: Promise<void> | undefined;

  constructor(open: OpenLine, options: LiveOptions) {
    this.#open = open;
    this.#options = options;
  }

  /** False: too many listen already. */
  listen(response: ServerResponse): boolean {
    if (this.#listeners.size >= MOST_LISTENERS) return false;
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    this.#listeners.add(response);
    response.on('close', () => this.#listeners.delete(response));
    response.write(this.#last?.event ?? BEAT);
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return true;
  }

  /** Whoever reads too slowly misses this one, and gets a later one. */
  tell(name: string, data: unknown): void {
    this.#write(eventOf(name, data));
  }

  #write(text: string): void {
    for (const listener of this.#listeners) if (!listener.writableNeedDrain) listener.write(text);
  }

  async #look(): Promise<void> {
    const { clock, interrupted } = this.#open.host;
    while (this.#listeners.size > 0 && !interrupted.aborted) {
      const begunMs = clock.nowMs();
      this.#tellChange(await this.#lookOnce());
      const tookMs = clock.nowMs() - begunMs;
      await clock.sleep(Math.max(this.#options.everyMs, tookMs * REST_FACTOR), interrupted);
    }
    // What nobody saw change is old by the time that somebody looks again.
    this.#last = undefined;
  }

  async #lookOnce(): Promise<readonly [string, unknown]> {
    try {
      const { counts } = this.#options;
      const asked = [status(this.#open, { counts }), board(this.#open, this.#options)] as const;
      const [now, shown] = await Promise.all(asked);
      return ['look', { status: now, board: shown } satisfies Look];
    } catch (error) {
      const says = saidBy(error)?.message ?? `The console failed: ${(error as Error).message}`;
      return ['trouble', { says }];
    }
  }

  #tellChange([name, data]: readonly [string, unknown]): void {
    const text = JSON.stringify([name, data], (key, value) => (key === 'at' ? undefined : value));
    const event = eventOf(name, data);
    const isNews = text !== this.#last?.text;
    this.#last = { text, event };
    this.#write(isNews ? event : BEAT);
  }
}

/** JSON holds no line break: one line of data is all of it. */
const eventOf = (name: string, data: unknown) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
