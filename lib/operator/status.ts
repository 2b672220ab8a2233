import { type QueueDepth, queueDepth } from '../aws/queue-depth.ts';
import { oldestMessageSeconds, uploadedSince } from '../aws/uploaded-metric.ts';
import { breakerRules } from '../pipeline/breaker.ts';
import { BREAKER_KEY, GATE_KEY } from '../pipeline/identity.ts';
import type { BreakerItem, DocumentItem, DocumentState } from '../pipeline/model.ts';
import type { OpenLine } from './open-line.ts';
import { isOnItsWay, iso, objectOf } from './story.ts';

export interface StatusReport {
  readonly verb: 'status';
  readonly line: string;
  readonly at: string;
  readonly queue: QueueDepth;
  readonly deadLetters: QueueDepth;
  /** The age of the oldest message, by CloudWatch; null: not to be known here. */
  readonly oldestMessageSeconds: number | null;
  /** Unsettled documents, as the ledger says. */
  readonly documents: { readonly waiting: number; readonly uploading: number; readonly unknown: number };
  readonly oldestUnsettled: { readonly object: string; readonly firstSeenAt: string } | null;
  readonly breaker: {
    readonly state: 'closed' | 'paused' | 'probing';
    readonly until: string | null;
    readonly because: string | null;
  };
  /** Whether Extracta keeps the names that are sent: else a lost answer can't be verified. */
  readonly namesKept: boolean;
  /** Since midnight, UTC; null: not to be known here. */
  readonly uploadedToday: number | null;
  readonly uploadedTodayBy: 'ledger' | 'metric' | null;
  /** Those that were sent back and wait to be taken up are left out. */
  readonly parkedByReason: Readonly<Record<string, number>>;
  readonly parked: number;
  readonly sentBack: number;
  /** Dead letters beyond those of parked documents, about: what SQS moved there, or nobody can read. */
  readonly lettersBeside: number;
  readonly notes: readonly string[];
}

const DAY_MS = 86_400_000;

/** The line at a glance. `counts`: whether what was uploaded today is counted in the ledger, by reading all of it. */
export async function status(
  open: OpenLine,
  { counts }: { readonly counts: boolean },
): Promise<StatusReport> {
  const { line, clients, host, ledger } = open;
  const nowMs = host.clock.nowMs();
  const [queue, deadLetters, breaker, gate] = await Promise.all([
    queueDepth(clients.sqs, line.queueUrl),
    queueDepth(clients.sqs, line.deadLetterQueueUrl),
    ledger.read(BREAKER_KEY),
    ledger.read(GATE_KEY),
  ]);
  const notes: string[] = [];
  const [oldest, uploaded] = [
    await oldestMessage(open, nowMs, notes),
    await uploadedToday(open, counts, nowMs, notes),
  ];
  const shelves = await unsettled(open);
  return {
    verb: 'status',
    line: line.title,
    at: iso(nowMs),
    queue,
    deadLetters,
    oldestMessageSeconds: oldest,
    ...shelves,
    lettersBeside: lettersBeside(deadLetters, shelves),
    breaker: breakerOf(breaker, nowMs),
    namesKept: gate?.namesKept ?? true,
    ...uploaded,
    notes,
  };
}

function lettersBeside({ waiting, inFlight }: QueueDepth, { parked, sentBack }: Shelves): number {
  return Math.max(0, waiting + inFlight - parked - sentBack);
}

type Shelves = Awaited<ReturnType<typeof unsettled>>;

async function unsettled({ queries }: OpenLine) {
  const counts = { waiting: 0, uploading: 0, unknown: 0 };
  let oldest: DocumentItem | undefined;
  for (const state of ['waiting', 'uploading', 'unknown'] as const satisfies readonly DocumentState[])
    for await (const item of queries.unsettled(state)) {
      counts[state] += 1;
      if (oldest === undefined || item.firstSeenAtMs < oldest.firstSeenAtMs) oldest = item;
    }
  const parkedByReason: Record<string, number> = {};
  let [parked, sentBack] = [0, 0];
  for await (const item of queries.unsettled('parked')) {
    if (isOnItsWay(item)) sentBack += 1;
    else {
      parked += 1;
      const reason = item.lastFailure?.code ?? 'unknown';
      parkedByReason[reason] = (parkedByReason[reason] ?? 0) + 1;
    }
  }
  return {
    documents: counts,
    oldestUnsettled:
      oldest === undefined ? null : { object: objectOf(oldest), firstSeenAt: iso(oldest.firstSeenAtMs) },
    parkedByReason,
    parked,
    sentBack,
  };
}

function breakerOf(item: BreakerItem | undefined, nowMs: number): StatusReport['breaker'] {
  const because = item?.because ?? null;
  const { kind } = breakerRules.lineState(item, nowMs, 0);
  if (kind === 'open') return { state: 'closed', until: null, because: null };
  const until = item?.pausedUntilMs === undefined ? null : iso(item.pausedUntilMs);
  return (item?.pausedUntilMs ?? 0) > nowMs
    ? { state: 'paused', until, because }
    : { state: 'probing', until: null, because };
}

async function oldestMessage({ line }: OpenLine, nowMs: number, notes: string[]): Promise<number | null> {
  if (line.origin === 'local') return null;
  if (line.origin !== 'stack') {
    notes.push(
      'The age of the oldest message is known to CloudWatch alone; the oldest document is told by the ledger.',
    );
    return null;
  }
  try {
    return (await oldestMessageSeconds(line.queueUrl, nowMs)) ?? null;
  } catch (error) {
    notes.push(`CloudWatch does not tell the age of the oldest message: ${(error as Error).message}`);
    return null;
  }
}

type UploadedToday = Pick<StatusReport, 'uploadedToday' | 'uploadedTodayBy'>;

async function uploadedToday(
  open: OpenLine,
  counts: boolean,
  nowMs: number,
  notes: string[],
): Promise<UploadedToday> {
  const midnightMs = Math.floor(nowMs / DAY_MS) * DAY_MS;
  if (counts || open.line.origin === 'local')
    return { uploadedToday: await countedInLedger(open, midnightMs), uploadedTodayBy: 'ledger' };
  try {
    if (open.line.origin === 'stack')
      return {
        uploadedToday: await uploadedSince(open.line.tableName, midnightMs, nowMs),
        uploadedTodayBy: 'metric',
      };
    notes.push('What was uploaded today is not known without reading the whole ledger: add --count.');
  } catch (error) {
    notes.push(
      `CloudWatch does not tell what was uploaded today: ${(error as Error).message} (--count reads the ledger)`,
    );
  }
  return { uploadedToday: null, uploadedTodayBy: null };
}

async function countedInLedger({ queries, progress, host }: OpenLine, sinceMs: number): Promise<number> {
  let [count, read] = [0, 0];
  for await (const { mapping } of queries.documents()) {
    read += 1;
    if (host.interrupted.aborted) break;
    if (read % 1000 === 0) progress.show(`Reading the ledger: ${read} documents`);
    if (mapping !== undefined && mapping.uploadedAtMs >= sinceMs) count += 1;
  }
  progress.clear();
  return count;
}
