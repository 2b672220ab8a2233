import type { Load } from './uploader.ts';
import type { Variant } from './variants/variants.ts';

export const [KB, MB, GB] = [1000, 1_000_000, 1_000_000_000] as const;
export const SIZES = [10 * KB, MB, 50 * MB, 500 * MB, 2 * GB] as const;
export const AT_ONCE = [1, 10, 50] as const;
/** Where many at once are measured. */
export const SMALL_SIZES = [10 * KB, MB] as const;
/** Memory against a sink that is slower than the source. */
export const SLOW_SIZES = [500 * MB, 2 * GB] as const;

/** What one fresh process does, and in how many rounds. Within a round every variant has its turn. */
export interface Turn {
  readonly rounds: number;
  readonly loads: readonly Load[];
  /** Of the documents that are hashed at its beginning. */
  readonly verifiedBytes: readonly number[];
  /** Why a variant is left out; undefined: it is not. */
  readonly leavesOut?: (variant: Variant) => string | undefined;
}

export interface Plan {
  readonly turns: readonly Turn[];
  readonly slowRounds: number;
}

const limits = ({ isLimit }: Variant) => (isLimit ? 'its limit is that of 500 MB' : undefined);

/** What holds 2 GB six times over takes a minute for it, and says no more than at 500 MB. */
const limitsAndHoarders = (variant: Variant) =>
  limits(variant) ?? ((variant.holdsTimes ?? 0) > 2 ? 'it would hold 12 to 16 GB of memory' : undefined);

/** What holds 2 GB in memory takes half a minute for it. */
const limitsAndHolders = (variant: Variant) =>
  limits(variant) ?? (variant.holdsTimes ? 'left out of a quick run' : undefined);

const load = (sizeBytes: number, count: number, atOnce = 1): Load => ({ sizeBytes, count, atOnce });

// Several at once come last: what they leave in memory must not be counted against one large document.
export const FULL: Plan = {
  turns: [
    {
      rounds: 5,
      verifiedBytes: [0, 10 * KB, 50 * MB],
      loads: [
        load(10 * KB, 500),
        load(MB, 50),
        load(50 * MB, 6),
        load(10 * KB, 1000, 10),
        load(10 * KB, 3000, 50),
        load(MB, 100, 10),
        load(MB, 100, 50),
      ],
    },
    { rounds: 5, verifiedBytes: [], loads: [load(500 * MB, 1)] },
    { rounds: 5, verifiedBytes: [], loads: [load(2 * GB, 1)], leavesOut: limitsAndHoarders },
  ],
  slowRounds: 1,
};

export const QUICK: Plan = {
  turns: [
    {
      rounds: 1,
      verifiedBytes: [10 * KB, 3 * MB],
      loads: [
        load(10 * KB, 200),
        load(MB, 20),
        load(50 * MB, 2),
        load(10 * KB, 300, 10),
        load(10 * KB, 300, 50),
        load(MB, 30, 10),
        load(MB, 50, 50),
      ],
    },
    { rounds: 1, verifiedBytes: [], loads: [load(500 * MB, 1)] },
    { rounds: 1, verifiedBytes: [], loads: [load(2 * GB, 1)], leavesOut: limitsAndHolders },
  ],
  slowRounds: 1,
};

/** How many fewer documents a variant gets that starts two processes for each. */
const PROCESSES_SHARE = 0.1;

/** The loads of a turn that a variant is given. */
export function loadsFor({ isProcesses }: Variant, { loads }: Turn): readonly Load[] {
  if (!isProcesses) return loads;
  return loads
    .filter(({ atOnce }) => atOnce === 1)
    .map((each) => ({ ...each, count: Math.max(1, Math.ceil(each.count * PROCESSES_SHARE)) }));
}

/** The variants of a round, beginning with another one each time: none always follows the same one. */
export function inTurn<T>(variants: readonly T[], round: number): readonly T[] {
  const first = round % variants.length;
  return [...variants.slice(first), ...variants.slice(0, first)];
}
