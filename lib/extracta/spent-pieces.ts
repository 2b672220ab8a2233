/** Between 2 and 8 MB the CPU is the same; the memory is about twice this. */
const COLLECTED_EVERY_BYTES = 4_000_000;

/** Of all documents together, as the heap is. */
let passedBytes = 0;

/**
 * Each piece that Node reads lies in a buffer outside of V8's heap, with a small object inside that owns it. V8 would look for
 * those that are over when its young generation is full, which takes tens of MB of pieces, and by then their sheer weight
 * has started a full collection, of all that lives. So we ask for a small one (ADR 0015). Without `--expose-gc`
 * (NODE_OPTIONS of the functions) nothing is asked for. https://nodejs.org/api/cli.html#--expose-gc
 */
export function collectSpentPieces(pieceBytes: number): void {
  passedBytes += pieceBytes;
  if (passedBytes < COLLECTED_EVERY_BYTES) return;
  passedBytes = 0;
  globalThis.gc?.({ type: 'minor' });
}
