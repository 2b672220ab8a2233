import type { Chance, Clock } from '../pipeline/ports.ts';
import type { Terminal } from '../terminal/terminal.ts';

/** What the command is given from outside. */
export interface OperatorHost {
  readonly stdout: Terminal;
  readonly stderr: Terminal;
  readonly version: string;
  /** EXTRACTA_API_TOKEN; else the line's own secret is read where Extracta is asked. */
  readonly apiToken: string | undefined;
  /** Where an unfinished backfill is remembered. */
  readonly stateFolder: string;
  /** Where runs on this machine leave word. Default: `runningLinesFolder()`. */
  readonly runningFolder?: string;
  /** The configuration that `doctor` reads if none is named. */
  readonly projectConfigFile: string;
  readonly clock: Clock;
  readonly chance: Chance;
  /** Undefined: nobody is there to be asked. */
  readonly ask: ((question: string) => Promise<boolean>) | undefined;
  /** Aborts on Ctrl-C. */
  readonly interrupted: AbortSignal;
}

/** 0: fine; 1: something was found that needs a person, or failed; 2: bad usage; 130: interrupted. */
export type ExitCode = 0 | 1 | 2 | 130;
