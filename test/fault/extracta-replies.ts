import { type FailureCode, UploaderError } from '../../lib/pipeline/failures.ts';
import type { RecordAtWork } from './delivery.ts';
import type { Dice } from './dice.ts';
import type { Fault } from './faults.ts';
import type { Send } from './truth.ts';
import type { World } from './world.ts';

/** What becomes of one whole body, and what its sender is told. */
export interface Reply {
  readonly kept: boolean;
  /** Nothing comes until the client gives up. */
  readonly hangs?: boolean;
  readonly error?: UploaderError;
  /** Accepted so long after its client has gone. */
  readonly afterEndMs?: number;
  readonly isTooLate?: boolean;
  readonly lagMs?: number;
}

type Plan = (world: World) => Reply;

const error = (code: FailureCode, facts: ConstructorParameters<typeof UploaderError>[2] = {}) =>
  new UploaderError(code, `Extracta: ${code}`, facts);
const perhaps = { mayHaveArrived: true };

function throttled(dice: Dice, mayHaveArrived: boolean): UploaderError {
  const retryAfter = dice.chance('Retry-After', 0.5) ? { retryAfterMs: 90_000 } : {};
  return error('extracta.throttled', { httpStatus: 429, mayHaveArrived, ...retryAfter });
}

const PLANS: Partial<Record<Fault, Plan>> = {
  'extracta.lost-kept': () => ({ kept: true, error: error('extracta.reply-lost') }),
  'extracta.lost-unkept': () => ({ kept: false, error: error('extracta.reply-lost') }),
  'extracta.5xx-kept': () => ({
    kept: true,
    error: error('extracta.unavailable', { httpStatus: 500, ...perhaps }),
  }),
  'extracta.5xx-unkept': () => ({
    kept: false,
    error: error('extracta.unavailable', { httpStatus: 500, ...perhaps }),
  }),
  'extracta.garbage-kept': () => ({
    kept: true,
    error: error('extracta.reply-unreadable', { httpStatus: 200, ...perhaps }),
  }),
  'extracta.garbage-unkept': () => ({
    kept: false,
    error: error('extracta.reply-unreadable', { httpStatus: 200, ...perhaps }),
  }),
  'extracta.408': ({ dice }) => ({
    kept: dice.chance('408 kept', 0.5),
    error: error('extracta.reply-unreadable', { httpStatus: 408, ...perhaps }),
  }),
  'extracta.hangs': ({ dice }) => ({ kept: dice.chance('hang kept', 0.5), hangs: true }),
  'extracta.accepts-later': ({ dice, run }) => ({
    kept: true,
    hangs: true,
    afterEndMs:
      [60_000, run.settings.waits.quietMs / 2, run.settings.waits.quietMs - 1000][dice.pick('how late', 3)] ??
      0,
  }),
  'extracta.accepts-too-late': ({ dice, run }) => ({
    kept: true,
    hangs: true,
    isTooLate: true,
    afterEndMs:
      run.settings.waits.quietMs + run.settings.waits.skewMs + 60_000 * (1 + 4 * dice.pick('how late', 2)),
  }),
  'extracta.429': ({ dice }) => ({ kept: false, error: throttled(dice, false) }),
  'extracta.429-unclear': ({ dice }) => ({
    kept: dice.chance('429 kept', 0.5),
    error: throttled(dice, true),
  }),
  'extracta.401': () => ({ kept: false, error: error('extracta.unauthorized', { httpStatus: 401 }) }),
  'extracta.402': () => ({ kept: false, error: error('extracta.out-of-credits', { httpStatus: 402 }) }),
  'extracta.403': () => ({ kept: false, error: error('extracta.forbidden', { httpStatus: 403 }) }),
  'extracta.403-unclear': ({ dice }) => ({
    kept: dice.chance('403 kept', 0.5),
    error: error('extracta.forbidden', { httpStatus: 403, ...perhaps }),
  }),
  'extracta.token-rotated': () => ({
    kept: false,
    error: error('extracta.token-rotated', { httpStatus: 401 }),
  }),
  'extracta.refuses': ({ dice }) => {
    const codes = [
      'extracta.rejected',
      'extracta.too-large',
      'extracta.unsupported',
      'extracta.classification-not-found',
      'extracta.forbidden',
    ] as const;
    return {
      kept: false,
      error: error(codes[dice.pick('refusal', codes.length)] ?? codes[0], { httpStatus: 400 }),
    };
  },
  'extracta.another-account': () => ({
    kept: false,
    error: error('extracta.classification-not-found', { httpStatus: 400 }),
  }),
  'results.lag': ({ dice, run }) => ({
    kept: true,
    lagMs:
      [60_000, run.settings.waits.quietMs / 2, run.settings.waits.quietMs - 1000][
        dice.pick('how long a lag', 3)
      ] ?? 0,
  }),
};

export function plannedReply(world: World, record: RecordAtWork, send: Send): Reply {
  const where = `${record.name} send ${send.number}`;
  // A lag alone hurts nobody whose answer comes: it joins whatever else becomes of the body.
  const lag = world.faults.fires('results.lag', where) ? PLANS['results.lag']?.(world).lagMs : undefined;
  for (const [fault, plan] of Object.entries(PLANS) as [Fault, Plan][]) {
    if (fault === 'results.lag' || !world.faults.fires(fault, where)) continue;
    const reply = plan(world);
    return lag === undefined || reply.afterEndMs !== undefined ? reply : { ...reply, lagMs: lag };
  }
  return { kept: true, ...(lag === undefined ? {} : { lagMs: lag }) };
}
