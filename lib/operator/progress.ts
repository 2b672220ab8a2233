import type { Terminal } from './host.ts';
import type { Progress } from './open-line.ts';

const ERASE_LINE = '\r\x1b[2K';
/** Between two of them: a terminal is no meter. */
const PACE_MS = 100;

/** One live line on a terminal; where there is none, only what stays. */
export function createProgress(stream: Terminal, nowMs: () => number): Progress {
  let isShown = false;
  let shownAtMs = Number.NEGATIVE_INFINITY;
  const clear = () => {
    if (isShown) stream.write(ERASE_LINE);
    isShown = false;
  };
  return {
    show: (status) => {
      if (stream.isTTY !== true || nowMs() - shownAtMs < PACE_MS) return;
      shownAtMs = nowMs();
      isShown = true;
      stream.write(`${ERASE_LINE}${status.slice(0, (stream.columns || 80) - 1)}`);
    },
    say: (line) => {
      clear();
      stream.write(`${line}\n`);
    },
    clear,
  };
}
