import type { Held } from './held.ts';
import type { ArrivalMessage, Route } from './model.ts';
import type { Visit } from './visit.ts';

/** One arrival's walk through one visit. */
export interface Walk {
  readonly message: ArrivalMessage;
  /** Today's route; a document may have been begun under one that is no more. */
  readonly route: Route | undefined;
  readonly held: Held;
  readonly visit: Visit;
  /** How often the queue delivered this message: deferrals that nothing else counts back off by it. */
  readonly receiveCount: number;
}
