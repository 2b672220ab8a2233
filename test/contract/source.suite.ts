import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Arrival } from '../../lib/pipeline/model.ts';
import type { DocumentSource } from '../../lib/pipeline/ports.ts';
import type { PutOptions } from '../support/memory/source.ts';

export interface OpenSource {
  readonly source: DocumentSource;
  readonly bucket: string;
  readonly versioned: boolean;
  put(key: string, bytes: Uint8Array | string, options?: PutOptions): Promise<Arrival>;
  remove(key: string): Promise<void>;
  close(): Promise<void>;
}

const never = new AbortController().signal;
const KEY = 'letters/one.pdf';

/** What every document source must do, whatever it is made of. */
export function sourceContract(name: string, open: () => Promise<OpenSource>): void {
  describe(`a document source in ${name}`, () => {
    let opened: OpenSource;
    let source: DocumentSource;
    beforeEach(async () => {
      opened = await open();
      source = opened.source;
    });
    afterEach(() => opened.close());

    test('says how long an object is, what it claims to be, and its metadata in lower case', async () => {
      const metadata = { 'extracta-batch-id': '-Ob' };
      const arrival = await opened.put(KEY, 'twelve bytes', { contentType: 'application/pdf', metadata });
      const facts = await source.describe(arrival, never);
      expect(facts).toEqual({ sizeBytes: 12, contentType: 'application/pdf', metadata });
    });

    test('opens exactly the bytes that were put, over many chunks', async () => {
      const bytes = Buffer.alloc(1_000_001, 'not one power of two ');
      const { sizeBytes, body } = await source.open(await opened.put(KEY, bytes), never);
      expect(sizeBytes).toBe(bytes.length);
      expect(await hashOf(body)).toBe(hash(bytes));
    });

    test('opens an empty object', async () => {
      const { sizeBytes, body } = await source.open(await opened.put(KEY, ''), never);
      expect(sizeBytes).toBe(0);
      expect(await hashOf(body)).toBe(hash(''));
    });

    test.each(['a b+c%20.pdf', 'quo"te\'s &<>.pdf', 'ünïcode/漢字.pdf', 'percent%2Fslash.pdf'])(
      'finds the key %j as it is spelled',
      async (key) => {
        const arrival = await opened.put(key, `content of ${key}`);
        expect(await hashOf((await source.open(arrival, never)).body)).toBe(hash(`content of ${key}`));
        expect((await source.present(opened.bucket, key, never))?.key).toBe(key);
      },
    );

    test('an object that was deleted and never kept is gone', async () => {
      const arrival = { ...(await opened.put('other.pdf', 'x')), key: KEY };
      await expect(source.describe(arrival, never)).rejects.toMatchObject({ code: 'document.gone' });
      await expect(source.open(arrival, never)).rejects.toMatchObject({ code: 'document.gone' });
    });

    test('what lies at a key now is an arrival that can be opened', async () => {
      await opened.put(KEY, 'old');
      const newest = await opened.put(KEY, 'new, and longer');
      const present = await source.present(opened.bucket, KEY, never);
      const { sequencer: _, eventTimeMs: __, ...identity } = newest;
      expect(present).toEqual({ ...identity, eventTimeMs: expect.any(Number) });
      expect(present?.eventTimeMs).toBeGreaterThan(0);
      expect(await hashOf((await source.open(present as Arrival, never)).body)).toBe(hash('new, and longer'));
    });

    test('nothing lies at a key where nothing was put, nor where it was deleted', async () => {
      expect(await source.present(opened.bucket, KEY, never)).toBeUndefined();
      await opened.put(KEY, 'x');
      await opened.remove(KEY);
      expect(await source.present(opened.bucket, KEY, never)).toBeUndefined();
    });

    test('an object that is overwritten is never read for the one that was named', async () => {
      const first = await opened.put(KEY, 'the first');
      await opened.put(KEY, 'the second one');
      if (opened.versioned) {
        expect(await source.describe(first, never)).toMatchObject({ sizeBytes: 9 });
        expect(await hashOf((await source.open(first, never)).body)).toBe(hash('the first'));
      } else {
        await expect(source.describe(first, never)).rejects.toMatchObject({ code: 'document.superseded' });
        await expect(source.open(first, never)).rejects.toMatchObject({ code: 'document.superseded' });
      }
    });

    test('an object that is deleted can be read only where versions are kept', async () => {
      const first = await opened.put(KEY, 'the first');
      await opened.remove(KEY);
      if (opened.versioned) {
        expect(await hashOf((await source.open(first, never)).body)).toBe(hash('the first'));
      } else {
        await expect(source.describe(first, never)).rejects.toMatchObject({ code: 'document.gone' });
        await expect(source.open(first, never)).rejects.toMatchObject({ code: 'document.gone' });
      }
    });

    test('does not blame the document where our time has run out', async () => {
      const arrival = await opened.put(KEY, 'x');
      const ending = { name: 'UploaderError', code: 'invocation.ending' };
      await expect(source.describe(arrival, AbortSignal.abort())).rejects.toMatchObject(ending);
      await expect(source.open(arrival, AbortSignal.abort())).rejects.toMatchObject(ending);
      await expect(source.present(opened.bucket, KEY, AbortSignal.abort())).rejects.toMatchObject(ending);
    });

    test('a body breaks with an error of ours when its time runs out while it is read', async () => {
      const outOfTime = new AbortController();
      const arrival = await opened.put(KEY, Buffer.alloc(8 * 1024 ** 2, 'x'));
      const { body } = await source.open(arrival, outOfTime.signal);
      const broken = (async () => {
        for await (const _ of body) outOfTime.abort();
      })();
      await expect(broken).rejects.toMatchObject({ name: 'UploaderError', code: 'document.unavailable' });
    });
  });
}

const hash = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex');

async function hashOf(body: Readable): Promise<string> {
  const digest = createHash('sha256');
  for await (const chunk of body) digest.update(chunk as Buffer);
  return digest.digest('hex');
}
