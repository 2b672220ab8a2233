/** Longer than any match. */
const CARRY = 32;
const PAGE = /\/Type\s{0,8}\/Page(?!s)/g;
const GIVE_UP_AFTER_BYTES = 8 * 1024 * 1024;

/**
 * Counts a PDF's pages as its bytes go by, by its page objects. Knows nothing of compressed objects, and gives up on
 * large files: the number is optional in Extracta's answer.
 */
export class PageCount {
  #carry = '';
  #pages = 0;
  #bytes = 0;
  #isPdf: boolean | undefined;

  see(chunk: Buffer): void {
    this.#isPdf ??= chunk.subarray(0, 5).toString('latin1') === '%PDF-';
    this.#bytes += chunk.length;
    if (!this.#isPdf || this.#bytes > GIVE_UP_AFTER_BYTES) return;
    const text = this.#carry + chunk.toString('latin1');
    const certain = Math.max(0, text.length - CARRY);
    this.#pages += [...text.matchAll(PAGE)].filter((match) => match.index < certain).length;
    this.#carry = text.slice(certain);
  }

  /** Undefined: not known. */
  end(): number | undefined {
    if (!this.#isPdf) return 1;
    const pages = this.#pages + [...this.#carry.matchAll(PAGE)].length;
    return pages === 0 || this.#bytes > GIVE_UP_AFTER_BYTES ? undefined : pages;
  }
}
