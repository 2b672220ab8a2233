/** Full jitter: anywhere up to the doubled wait, so that what failed together does not come back together. */
export function backoffMs(tries: number, firstMs: number, capMs: number, fraction: number): number {
  const ceiling = Math.min(capMs, firstMs * 2 ** Math.max(0, tries - 1));
  return Math.ceil(ceiling * fraction);
}
