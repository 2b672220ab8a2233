const WIDTH = 20;

/** How much of it is done: `[#####---------------]`. Of nothing all is done. */
export function bar(done: number, total: number): string {
  const filled = done >= total ? WIDTH : Math.floor((done / total) * WIDTH);
  return `[${'#'.repeat(filled)}${'-'.repeat(WIDTH - filled)}]`;
}
