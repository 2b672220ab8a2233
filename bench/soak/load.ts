import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { type Behaviour, endings, type Script } from '../../lib/local/extracta/behaviour.ts';
import { each } from '../../lib/local/put.ts';
import { draw } from '../../test/fault/real/draw.ts';
import type { Line } from '../line/open-line.ts';

/** What is put in the soak, and what goes wrong at Extracta: the same at each run, by number. */

const SEED = 1;
export const BURST_DOCUMENTS = 40;
const DOCUMENTS_IN_A_FOLDER = 500;
/** What a document is worth in the bucket after that: its upload has long ended. */
const BURSTS_KEPT = 60;
const KIB = 1024;

/** A document that Extracta fails so often is parked, and comes back by the scheduled redrive. */
export const MAX_ATTEMPTS = 4;

export interface LoadFigures {
  documents: number;
  bytes: number;
  duplicates: number;
  overwritten: number;
  deleted: number;
}

export class Load {
  readonly figures: LoadFigures = { documents: 0, bytes: 0, duplicates: 0, overwritten: 0, deleted: 0 };
  readonly #line: Line;
  readonly #kept: string[][] = [];

  constructor(line: Line) {
    this.#line = line;
  }

  /** Puts so many documents, and takes away those of a burst long past, so that the bucket does not grow. */
  async burst(): Promise<void> {
    const first = this.figures.documents;
    const numbers = Array.from({ length: BURST_DOCUMENTS }, (_, n) => first + n);
    this.figures.documents += BURST_DOCUMENTS;
    await each(numbers, (n) => this.#put(n));
    this.#kept.push(numbers.filter((n) => kindOf(n) !== 'stubborn').map(keyOf));
    if (this.#kept.length > BURSTS_KEPT) await each(this.#kept.shift() ?? [], (key) => this.#delete(key));
  }

  async #put(n: number): Promise<void> {
    const [key, body] = [keyOf(n), bodyOf(n)];
    await this.#send(key, body);
    if (n % 12 === 5) {
      this.figures.duplicates += 1;
      await this.#send(key, body);
    } else if (n % 12 === 9) {
      this.figures.overwritten += 1;
      await this.#send(key, bodyOf(n, 'overwritten'));
    }
  }

  async #send(Key: string, Body: Buffer): Promise<void> {
    const { clients, stack } = this.#line;
    this.figures.bytes += Body.length;
    await clients.s3.send(new PutObjectCommand({ Bucket: stack.bucket, Key, Body }));
  }

  async #delete(Key: string): Promise<void> {
    const { clients, stack } = this.#line;
    this.figures.deleted += 1;
    await clients.s3.send(new DeleteObjectCommand({ Bucket: stack.bucket, Key }));
  }
}

type Kind = 'ordinary' | 'rejected' | 'stubborn';

function kindOf(n: number): Kind {
  if (n % 400 === 50) return 'stubborn';
  return n % 400 === 250 ? 'rejected' : 'ordinary';
}

const keyOf = (n: number) => `folder ${Math.floor(n / DOCUMENTS_IN_A_FOLDER)}/${kindOf(n)}-${n}.pdf`;

/** Of a hundred, 75 are at most 64 KiB, 22 at most 512 KiB, three at most 4 MiB. */
function bodyOf(n: number, edition = 'first'): Buffer {
  const [kind, fraction] = [draw(SEED, 'size', n), draw(SEED, 'fraction', n)];
  const mostKib = kind < 0.75 ? 64 : kind < 0.97 ? 512 : 4096;
  return Buffer.alloc(1 + Math.floor(fraction * mostKib * KIB), `document ${n} ${edition} `);
}

/** Of a hundred uploads some five are failed, lost or put off; the named ones by their names. */
export function failingScript(): Script {
  const tries = new Map<string, number>();
  return ({ kind, n, fileName = '' }) => {
    if (kind !== 'upload') return undefined;
    if (fileName.startsWith('rejected')) return { end: endings.error(400, 'The file is damaged') };
    if (fileName.startsWith('stubborn')) {
      const tried = (tries.get(fileName) ?? 0) + 1;
      tries.set(fileName, tried);
      return tried <= MAX_ATTEMPTS ? { keep: false, end: endings.internalError() } : undefined;
    }
    return mishap(draw(SEED, 'mishap', n));
  };
}

function mishap(fraction: number): Behaviour | undefined {
  const at = MISHAPS.findIndex(({ below }) => fraction < below);
  return MISHAPS[at]?.behaviour();
}

const MISHAPS: readonly { readonly below: number; behaviour(): Behaviour }[] = [
  { below: 0.01, behaviour: () => ({ keep: false, end: endings.internalError() }) },
  { below: 0.02, behaviour: () => ({ keep: true, end: endings.internalError() }) },
  { below: 0.03, behaviour: () => ({ keep: true, end: endings.reset() }) },
  { below: 0.04, behaviour: () => ({ keep: false, end: endings.reset() }) },
  { below: 0.045, behaviour: () => ({ end: endings.throttled(1) }) },
  { below: 0.05, behaviour: () => ({ end: endings.resetInBody(1000) }) },
];
