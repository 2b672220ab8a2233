import { readFileSync, writeFileSync } from 'node:fs';

/** https://man7.org/linux/man-pages/man5/proc_pid_clear_refs.5.html */
const RESET_PEAK = '5';

export interface PeakWatch {
  /** Resident memory when the watch began, after a collection. */
  readonly idleBytes: number;
  peakBytes(): number;
}

/**
 * The kernel's own high-water mark, so that no peak falls between two samples. Linux sets it back at the beginning of a
 * load; elsewhere it is the process's since its start, of which only more than before shows.
 */
export function watchPeak(): PeakWatch {
  globalThis.gc?.();
  const idleBytes = process.memoryUsage.rss();
  resetPeak();
  return { idleBytes, peakBytes };
}

function resetPeak(): void {
  try {
    writeFileSync('/proc/self/clear_refs', RESET_PEAK);
  } catch {
    // Not Linux, or a sandbox that forbids it.
  }
}

function peakBytes(): number {
  try {
    const found = /^VmHWM:\s*(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    if (found !== undefined) return Number(found) * 1024;
  } catch {
    // Not Linux.
  }
  return process.resourceUsage().maxRSS * 1024;
}
