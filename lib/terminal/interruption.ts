import type { EventEmitter } from 'node:events';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** Whatever stands between a terminal and us (npm, npx) passes a signal on that the terminal has sent to us already. */
const TWICE_MS = 500;

export interface Interruptible {
  readonly process: Pick<EventEmitter, 'on'>;
  nowMs(): number;
  /** Somebody asked twice, and does not want to wait. */
  leave(): void;
}

/** Aborts when somebody asks to stop. What was begun may then be ended; whoever asks again leaves at once. */
export function interruption({ process, nowMs, leave }: Interruptible): AbortController {
  const asked = new AbortController();
  let askedAtMs = Number.POSITIVE_INFINITY;
  // The abort may have come from elsewhere: then this is the second time.
  asked.signal.addEventListener('abort', () => {
    askedAtMs = nowMs();
  });
  for (const signal of SIGNALS)
    process.on(signal, () => {
      if (!asked.signal.aborted) asked.abort();
      else if (nowMs() - askedAtMs > TWICE_MS) leave();
    });
  return asked;
}
