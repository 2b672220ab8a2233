import { UploaderError } from '../pipeline/failures.ts';

export interface ByteGuardOptions {
  /** What the event and the request's Content-Length promise. */
  readonly sizeBytes: number;
  /** After this moment another sender may hold the document. */
  readonly closeBeforeMs: number;
}

/**
 * Extracta takes a document when it has read the closing boundary. So that goes out only after exactly the promised
 * bytes, and only while the claim is surely ours [P4, V11]. A body without it certainly did not arrive.
 */
export class ByteGuard {
  readonly #options: ByteGuardOptions;
  #passedBytes = 0;
  #closingHandedOver = false;

  constructor(options: ByteGuardOptions) {
    this.#options = options;
  }

  /** Whether a byte of the document was handed over. */
  get begun(): boolean {
    return this.#passedBytes > 0;
  }

  /** Whether the document may have arrived. */
  get closingHandedOver(): boolean {
    return this.#closingHandedOver;
  }

  /** Asked before each piece of the document. Throws `document.size-mismatch`. */
  pass(pieceBytes: number): void {
    this.#passedBytes += pieceBytes;
    if (this.#passedBytes > this.#options.sizeBytes) throw this.#mismatch('more than');
  }

  /** Asked at the last moment before the closing boundary. Throws `document.size-mismatch`, `upload.out-of-time`. */
  letClosingOut(nowMs: number): void {
    if (this.#passedBytes !== this.#options.sizeBytes) throw this.#mismatch(`${this.#passedBytes} of`);
    if (nowMs >= this.#options.closeBeforeMs) {
      throw new UploaderError(
        'upload.out-of-time',
        'The claim was about to end before the last bytes could go out',
      );
    }
    this.#closingHandedOver = true;
  }

  #mismatch(gave: string): UploaderError {
    return new UploaderError(
      'document.size-mismatch',
      `The document's body gave ${gave} the promised ${this.#options.sizeBytes} bytes`,
    );
  }
}
