import { constants, type NodeGCPerformanceDetail, PerformanceObserver } from 'node:perf_hooks';
import { Readable } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it, onTestFinished } from 'vitest';
import { ByteGuard } from '../../../lib/extracta/byte-guard.ts';
import { UploadForm } from '../../../lib/extracta/form.ts';
import { collectSpentPieces } from '../../../lib/extracta/spent-pieces.ts';
import { stoppedClock } from './stand-in.ts';

/** V8's own, as `--expose-gc` gives it to the functions. */
function exposeCollections(): void {
  setFlagsFromString('--expose-gc');
  globalThis.gc = runInNewContext('gc');
  onTestFinished(() => void Reflect.deleteProperty(globalThis, 'gc'));
}

/** How many small collections somebody asks for until `count` have been seen, or `work` is over, whichever is later. */
async function smallCollectionsDuring(work: () => Promise<void>, count: number): Promise<number> {
  let seen = 0;
  const enough = Promise.withResolvers<void>();
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { kind = 0, flags = 0 } = (entry as { detail?: NodeGCPerformanceDetail }).detail ?? {};
      const isAskedFor = (flags & constants.NODE_PERFORMANCE_GC_FLAGS_FORCED) !== 0;
      if (isAskedFor && kind === constants.NODE_PERFORMANCE_GC_MINOR) seen += 1;
    }
    if (seen >= count) enough.resolve();
  });
  observer.observe({ entryTypes: ['gc'] });
  onTestFinished(() => observer.disconnect());
  await work();
  await enough.promise;
  return seen;
}

const PIECE = Buffer.alloc(100_000);

async function streamed(pieces: number): Promise<void> {
  const sizeBytes = pieces * PIECE.length;
  const form = new UploadForm({
    boundary: 'a-boundary',
    classificationId: '-Class',
    batchId: undefined,
    fileName: 'a.pdf',
    contentType: 'application/pdf',
    sizeBytes,
    source: Readable.from(Array.from({ length: pieces }, () => PIECE)),
    guard: new ByteGuard({ sizeBytes, closeBeforeMs: Number.MAX_SAFE_INTEGER }),
    clock: stoppedClock(),
    idleMs: 1000,
  });
  let formBytes = 0;
  for await (const piece of form) formBytes += piece.length;
  expect(formBytes).toBe(form.contentLength);
}

it('asks for a small collection every 4 MB, of several documents together', async () => {
  // What other tests have left in the count is off it. That nothing can be asked for here is no harm.
  collectSpentPieces(4_000_000);
  exposeCollections();
  const work = async () => {
    await streamed(39);
    for (let document = 0; document < 5; document += 1) await streamed(25);
  };
  expect(await smallCollectionsDuring(work, 4)).toBe(4);
});
