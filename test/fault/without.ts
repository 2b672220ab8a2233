import type { DeliveredMessage, Verdict } from '../../lib/pipeline/handle-message.ts';
import type { LedgerItem, Pair } from '../../lib/pipeline/model.ts';
import type { Visit } from '../../lib/pipeline/visit.ts';
import type { World } from './world.ts';

/** One rule, switched off: in the rules' own objects (`apply`), or where the twins and the walk hold it. */
export interface Without {
  readonly rule: string;
  /** Replaces methods of the rules; answers how to put them back. */
  apply?(): () => void;
  readonly boundary?: false;
  readonly ownToken?: false;
  readonly letterFirst?: false;
  unconditional?(item: LedgerItem): boolean;
  write?<T extends LedgerItem>(item: T, before: T | undefined): T;
  askedPair?(pair: Pair, world: World): Pair;
  handle?(message: DeliveredMessage, visit: Visit): Promise<Verdict>;
}
