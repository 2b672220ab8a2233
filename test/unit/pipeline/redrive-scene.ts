import { UploaderError } from '../../../lib/pipeline/failures.ts';
import type { Arrival, DocumentItem } from '../../../lib/pipeline/model.ts';
import type { DeadLetters, UnsettledDocuments } from '../../../lib/pipeline/ports.ts';
import { redriveDeadLetters } from '../../../lib/pipeline/redrive-dead-letters.ts';
import type { RedriveTally } from '../../../lib/pipeline/redrive-run.ts';
import { memoryDeadLetters } from '../../support/memory/dead-letters.ts';
import { type Step, withInterference } from '../../support/memory/interference.ts';
import { memoryLedgerQueries } from '../../support/memory/ledger.ts';
import { type Twist, twisted } from '../../support/memory/twists.ts';
import { memoryWorld, type World, type WorldOptions } from '../../support/memory/world.ts';

/** Runs of the schedule over a memory world, on its clock. */

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const RUN = 2 * MINUTE;

/** One attempt, so that what fails is parked at once. */
export const oneAttempt = (options: WorldOptions = {}): World =>
  memoryWorld({ ...options, settings: { maxAttempts: 1, ...options.settings } });

const passing = new UploaderError('upload.out-of-time', 'as told');

/** Parked for a reason that passes. */
export async function parkedDocument(
  world: World,
  key = 'in/a.pdf',
  error: UploaderError = passing,
): Promise<Arrival> {
  world.extracta.planUpload({ kind: 'fail', error });
  const arrival = await world.put(key);
  await world.deliver();
  if (world.document(arrival)?.state !== 'parked') throw new Error(`${key} is not parked`);
  return arrival;
}

/** As when fourteen days have passed over them. */
export async function forgetLetters(world: World): Promise<void> {
  while (world.deadLetters.visible().length > 0)
    for (const { receiptHandle } of await world.deadLetters.receive())
      await world.deadLetters.acknowledge(receiptHandle);
}

export interface RunOptions {
  readonly twists?: readonly Twist[];
  readonly signal?: AbortSignal;
  readonly documents?: UnsettledDocuments;
  /** Instead of the twin's own. */
  readonly deadLetters?: Partial<DeadLetters>;
}

export interface StartedRun {
  readonly ended: Promise<RedriveTally>;
  readonly steps: readonly Step[];
}

export function startRun(
  world: World,
  { twists = [], signal, documents, ...instead }: RunOptions = {},
): StartedRun {
  const interference = twisted(...twists);
  const { clock, chance, journal } = world.ports;
  const { queue, deadLetters, ledger } = world;
  const ports = {
    clock,
    chance,
    journal,
    ledger: {
      ...ledger,
      read: ((key) =>
        withInterference(interference, 'ledger.read', key, () => ledger.read(key))) as typeof ledger.read,
      write: ((item, rev) =>
        withInterference(interference, 'ledger.write', item, () =>
          ledger.write(item, rev),
        )) as typeof ledger.write,
    },
    deadLetters: { ...memoryDeadLetters({ queue, deadLetters, interference }), ...instead.deadLetters },
    documents: documents ?? memoryLedgerQueries(ledger),
  };
  const ended = redriveDeadLetters({
    ports,
    settings: world.settings,
    deadlineMs: clock.nowMs() + RUN,
    signal: signal ?? new AbortController().signal,
  });
  ended.catch(() => {});
  return { ended, steps: interference.steps };
}

/** One run, to its end. */
export const runSchedule = (world: World, options?: RunOptions): Promise<RedriveTally> =>
  world.clock.drive(startRun(world, options).ended);

/** One run whose process dies there: nothing after it happens. */
export async function dyingRun(world: World, at: Twist['at']): Promise<void> {
  const death = Promise.withResolvers<'died'>();
  const die = () => {
    death.resolve('died');
    return new Promise(() => {});
  };
  const { ended } = startRun(world, { twists: [{ at, does: die }] });
  const end = await world.clock.drive(Promise.race([death.promise, ended]));
  if (end !== 'died') throw new Error(`It did not come to ${at}`);
}

export const isNote = (item: DocumentItem): boolean => item.sentBack !== undefined;
