import type { ServiceFigures } from './aws-faults.ts';
import type { Evidence } from './evidence.ts';
import { holdingsOf } from './holdings.ts';

/** What a run came to, as numbers. */
export interface Figures {
  readonly documents: number;
  /** Those that two events told of. */
  readonly putTwice: number;
  readonly uploaded: number;
  /** By the code that parked them. */
  readonly parked: Readonly<Record<string, number>>;
  readonly kills: number;
  readonly killsWithARequestOpen: number;
  /** Invocations that the host killed because their time was over: a busy machine's own fault. */
  readonly timeouts: number;
  /** What the uploads met, by its name. */
  readonly uploads: Readonly<Record<string, number>>;
  readonly s3: ServiceFigures;
  readonly dynamodb: ServiceFigures;
  readonly filesAtExtracta: number;
  readonly heldAsOneFile: number;
  /** Documents that have more than one file although none of them opened a batch. */
  readonly doubles: number;
  /** Documents that Extracta does not hold, and that are not parked. */
  readonly lost: number;
  /** Documents that opened a batch, whose answer was lost, and that were sent again. */
  readonly openersDoubles: number;
  readonly mostAttempts: number;
  readonly seconds: number;
}

export type Faults = Pick<Figures, 'kills' | 'killsWithARequestOpen' | 's3' | 'dynamodb' | 'seconds'>;

export function figuresOf(evidence: Evidence, faults: Faults): Figures {
  const holdings = holdingsOf(evidence);
  const items = [...evidence.items.values()];
  const several = holdings.filter(({ files }) => files.length > 1);
  const isParked = (object: string) => evidence.items.get(object)?.state === 'parked';
  return {
    ...faults,
    documents: holdings.length,
    putTwice: evidence.documents.filter(({ isPutTwice }) => isPutTwice).length,
    uploaded: items.filter(({ state }) => state === 'uploaded').length,
    parked: counted(
      items
        .filter(({ state }) => state === 'parked')
        .map(({ lastFailure }) => lastFailure?.code ?? 'unknown'),
    ),
    timeouts: evidence.log.filter((line) => TIMEOUT.test(line)).length,
    uploads: counted(evidence.uploads.map(({ treatment }) => treatment)),
    filesAtExtracta: evidence.files.length,
    heldAsOneFile: holdings.filter(({ files }) => files.length === 1).length,
    doubles: several.filter(({ openings }) => openings.length === 0).length,
    lost: holdings.filter(({ files, document }) => files.length === 0 && !isParked(document.object)).length,
    openersDoubles: several.filter(({ openings }) => openings.length > 0).length,
    mostAttempts: Math.max(0, ...items.map(({ attempts }) => attempts)),
  };
}

/** As the function's host says it, by the pump. */
const TIMEOUT = /^A delivery .* was killed after \d+ ms/;

function counted(names: readonly string[]): Readonly<Record<string, number>> {
  const groups = Object.entries(Object.groupBy(names, (name) => name));
  return Object.fromEntries(groups.map(([name, all = []]) => [name, all.length]));
}
