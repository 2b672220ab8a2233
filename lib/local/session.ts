import type { LocalRun, RunningStack } from './local-run.ts';
import type { Screen } from './screen.ts';

/** All that is open while `npm start` runs. */
export interface Session {
  readonly screen: Screen;
  readonly opened: LocalRun;
  readonly running: RunningStack;
  /** Aborts on Ctrl-C. */
  readonly interrupted: AbortSignal;
}
