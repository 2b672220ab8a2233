import { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';

/** What may lie in between before the connection is asked to wait. A piece is at most as long as a socket's buffer. */
const BUFFERED_BYTES = 64 * 1024;

/** An answer's body, as it comes. Its reader's pace is the connection's; left before its end it takes the connection with it. */
export class AnswerBody extends Readable {
  readonly #controller: Dispatcher.DispatchController;
  /** NaN where nothing was promised. */
  #leftBytes: number;
  #isWhole = false;

  constructor(controller: Dispatcher.DispatchController, promisedBytes: number) {
    super({ highWaterMark: BUFFERED_BYTES });
    this.#controller = controller;
    this.#leftBytes = promisedBytes;
  }

  /** Not after the last piece: undici, asked to wait there, takes a server that hangs up meanwhile for one that broke off. */
  receive(piece: Buffer): void {
    this.#leftBytes -= piece.length;
    if (!this.push(piece) && this.#leftBytes !== 0) this.#controller.pause();
  }

  /**
   * undici lets a connection serve again in the loop's next turn. Whoever asks the next thing at once would find it busy
   * and open another one, so the end is told a turn later, behind undici.
   */
  end(): void {
    this.#isWhole = true;
    queueMicrotask(() => setImmediate(() => this.push(null)));
  }

  override _read(): void {
    this.#controller.resume();
  }

  /** As Node's own answers: an error that nobody listens for yet ends no process; whoever comes later finds it. */
  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (!this.#isWhole) this.#controller.abort(error ?? new Error('The rest of the answer is not wanted'));
    process.nextTick(() => done(this.listenerCount('error') === 0 ? null : error));
  }
}
