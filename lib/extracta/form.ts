import { finished, Readable } from 'node:stream';
import { UploaderError } from '../pipeline/failures.ts';
import type { Clock } from '../pipeline/ports.ts';
import type { ByteGuard } from './byte-guard.ts';
import { type FormFields, formHead, formTail } from './form-text.ts';
import { idleFor } from './idle-watch.ts';
import { collectSpentPieces } from './spent-pieces.ts';

export interface FormOptions extends FormFields {
  readonly sizeBytes: number;
  readonly source: Readable;
  readonly guard: ByteGuard;
  readonly clock: Clock;
  /** How long the source may give nothing while we are asked for more. */
  readonly idleMs: number;
}

/** Without a reason of ours each abort would make an error with its stack, at the end of every upload. */
const OVER = 'over';

/**
 * A multipart/form-data body with one file, `contentLength` bytes long. The source's chunks are forwarded as they are,
 * uncopied; back pressure pauses the source; either one's end is the other's. It is destroyed with
 * `document.size-mismatch`, `document.stalled`, `upload.out-of-time`, or what the source was destroyed with.
 */
export class UploadForm extends Readable {
  readonly boundary: string;
  readonly contentLength: number;
  readonly #options: FormOptions;
  readonly #tail: Buffer;
  readonly #over = new AbortController();
  #head: Buffer | undefined;
  #sourceEnded = false;
  /** Since when our reader has been waiting; undefined while it has what it wants. */
  #awaitedSinceMs: number | undefined;

  constructor(options: FormOptions) {
    // 0: we are asked only when nothing is left in between. So the guard decides on the closing boundary when it
    // really goes out, not when there happened to be room for it in a buffer.
    super({ highWaterMark: 0 });
    this.#options = options;
    this.boundary = options.boundary;
    this.#head = formHead(options);
    this.#tail = formTail(options.boundary);
    this.contentLength = this.#head.length + options.sizeBytes + this.#tail.length;
    options.source.pause().on('data', (chunk: Buffer) => this.#forward(chunk));
    finished(options.source, { writable: false }, (error) => this.#onSourceOver(error));
  }

  override _read(): void {
    this.#awaitedSinceMs = this.#options.clock.nowMs();
    if (this.#head) this.#begin(this.#head);
    else if (this.#sourceEnded) this.#end();
    else this.#options.source.resume();
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#over.abort(OVER);
    this.#options.source.destroy();
    callback(error);
  }

  #begin(head: Buffer): void {
    this.#head = undefined;
    this.#give(head);
    void this.#watch();
  }

  /** The source gave a chunk. */
  #forward(chunk: Buffer): void {
    if (chunk.length === 0 || !this.#allowed(() => this.#options.guard.pass(chunk.length))) return;
    // That the reader paused while it took this chunk is told by `readableFlowing` alone.
    if (!this.#give(chunk) || !this.readableFlowing) this.#options.source.pause();
    collectSpentPieces(chunk.length);
  }

  #onSourceOver(error: Error | null | undefined): void {
    if (error) {
      this.destroy(asUploaderError(error));
      return;
    }
    this.#sourceEnded = true;
    // Of a form that was broken off nothing goes out any more: it must not count as closed.
    if (this.#awaitedSinceMs !== undefined && !this.destroyed) this.#end();
  }

  #end(): void {
    if (!this.#allowed(() => this.#options.guard.letClosingOut(this.#options.clock.nowMs()))) return;
    this.#give(this.#tail);
    this.push(null);
    this.#over.abort(OVER);
  }

  #give(chunk: Buffer): boolean {
    this.#awaitedSinceMs = undefined;
    return this.push(chunk);
  }

  #allowed(ask: () => void): boolean {
    try {
      ask();
      return true;
    } catch (refusal) {
      this.destroy(refusal as UploaderError);
      return false;
    }
  }

  async #watch(): Promise<void> {
    const { clock, idleMs } = this.#options;
    const awaitedSinceMs = () => this.#awaitedSinceMs;
    if (await idleFor({ clock, idleMs, awaitedSinceMs, signal: this.#over.signal })) {
      this.destroy(
        new UploaderError('document.stalled', `The document's body gave nothing for ${idleMs} ms`),
      );
    }
  }
}

function asUploaderError(error: Error): UploaderError {
  return error instanceof UploaderError
    ? error
    : new UploaderError('document.unavailable', "The document's body broke off", { cause: error });
}
