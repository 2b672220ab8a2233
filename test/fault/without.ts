import type { DeliveredMessage, Verdict } from '../../lib/pipeline/handle-message.ts';
import type { LedgerItem, Pair } from '../../lib/pipeline/model.ts';
import type { ResultFile } from '../../lib/pipeline/ports.ts';
import type { Visit } from '../../lib/pipeline/visit.ts';
import type { RecordAtWork } from './delivery.ts';
import type { World } from './world.ts';

/** One rule, switched off: in the rules' own objects (`apply`), or where the twins and the walk hold it. */
export interface Without {
  readonly rule: string;
  /** Replaces methods of the rules; answers how to put them back. */
  apply?(): () => void;
  readonly boundary?: false;
  readonly ownToken?: false;
  readonly letterFirst?: false;
  readonly confirmFirst?: false;
  unconditional?(item: LedgerItem): boolean;
  write?<T extends LedgerItem>(item: T, before: T | undefined): T;
  askedPair?(pair: Pair, world: World): Pair;
  shownFiles?(files: readonly ResultFile[], record: RecordAtWork, world: World): readonly ResultFile[];
  handle?(message: DeliveredMessage, visit: Visit): Promise<Verdict>;
}
