import type { LocalRun, RunningStack } from './local-run.ts';
import type { Screen } from './screen.ts';

/** All that is open while `npm start` runs. */
export interface Session {
  readonly screen: Screen;
  readonly opened: LocalRun;
  readonly running: RunningStack;
  /** Where the console is served, its token in it; undefined: it is not. */
  readonly consoleUrl: string | undefined;
  /** Aborts on Ctrl-C. */
  readonly interrupted: AbortSignal;
}
