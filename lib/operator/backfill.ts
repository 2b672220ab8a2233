import { queueMessages } from '../aws/dead-letters.ts';
import { knownAmong, nameOf } from '../aws/ledger-lookups.ts';
import { isVersioned, type ListedObject, objectPages } from '../aws/object-pages.ts';
import { documentKey } from '../pipeline/identity.ts';
import type { Arrival, ArrivalMessage } from '../pipeline/model.ts';
import { routeFor } from '../pipeline/route-for.ts';
import { type BackfillCounts, type BackfillState, type StateFile, stateFile } from './backfill-state.ts';
import type { OpenLine } from './open-line.ts';
import { Refusal } from './refusal.ts';
import { iso } from './story.ts';

export interface BackfillRequest {
  /** `s3://bucket/prefix` */
  readonly uri: string;
  readonly dryRun: boolean;
  /** Messages a second. */
  readonly rate: number;
  readonly resume: boolean;
  /** Objects after which a dry run has seen enough. Default: all. */
  readonly atMost?: number;
}

export interface BackfillReport extends BackfillCounts {
  readonly verb: 'backfill';
  readonly dryRun: boolean;
  readonly line: string;
  readonly uri: string;
  /** Whether the bucket keeps versions: then the present one of each object counts. */
  readonly versioned: boolean;
  /** With a configuration that is known: matches no route, so it was not queued. */
  readonly unrouted: number;
  /** Everything under the prefix was listed. */
  readonly isWhole: boolean;
  readonly interrupted: boolean;
  /** Null: from the beginning. */
  readonly resumedAfter: string | null;
  /** Where an unfinished one is remembered, for --resume; null: it is whole, or broke off before its first page was through. */
  readonly stateFile: string | null;
  readonly notes: readonly string[];
}

interface Run {
  readonly open: OpenLine;
  readonly request: BackfillRequest;
  readonly bucket: string;
  readonly prefix: string;
  readonly state: StateFile;
  readonly counts: { listed: number; known: number; queued: number; archived: number; unrouted: number };
  nextSendAtMs: number;
  isRemembered: boolean;
}

/**
 * Queues an arrival for every present object that the ledger does not know, page by page. A page is remembered once the
 * queue has confirmed all of it; one that was begun is done again, and the ledger sees to it that nothing is uploaded twice.
 */
export async function backfill(open: OpenLine, request: BackfillRequest): Promise<BackfillReport> {
  const { bucket, prefix } = placeOf(request.uri, open.line.bucket);
  const state = stateFile(open.host.stateFolder, { bucket, prefix, queueUrl: open.line.queueUrl });
  const before = await state.read();
  const resumed = request.resume ? before : undefined;
  // A dry run tells what is still to be done.
  const done = request.dryRun ? undefined : resumed?.counts;
  const counts = { listed: 0, known: 0, queued: 0, archived: 0, unrouted: 0, ...done };
  const run: Run = {
    open,
    request,
    bucket,
    prefix,
    state,
    counts,
    nextSendAtMs: 0,
    isRemembered: resumed !== undefined,
  };
  const signal = open.host.interrupted;
  const versioned = await isVersioned(open.clients.s3, bucket, signal);
  const isWhole = await work(run, versioned, resumed?.afterKey).finally(() => open.progress.clear());
  if (isWhole && !request.dryRun) await state.remove();
  return {
    verb: 'backfill',
    dryRun: request.dryRun,
    line: open.line.title,
    uri: request.uri,
    versioned,
    ...counts,
    isWhole,
    interrupted: signal.aborted,
    resumedAfter: resumed?.afterKey ?? null,
    stateFile: isWhole || request.dryRun || !run.isRemembered ? null : state.file,
    notes: notesOn(run, before),
  };
}

function placeOf(uri: string, known: string | undefined): { bucket: string; prefix: string } {
  const [, bucket, prefix = ''] = /^s3:\/\/([^/]+)(?:\/(.*))?$/s.exec(uri) ?? [];
  if (bucket === undefined) throw new Refusal(`${uri} is no s3://bucket/prefix.`);
  if (known !== undefined && known !== bucket)
    throw new Refusal(
      `The line reads ${known}, not ${bucket}: its function reads no other bucket. If it does, add --bucket=${bucket}.`,
    );
  return { bucket, prefix };
}

function notesOn({ bucket, prefix, request }: Run, before: BackfillState | undefined): readonly string[] {
  if (before === undefined)
    return request.resume ? ['No unfinished one is remembered: it began at the beginning.'] : [];
  if (request.resume) return [];
  return [
    `A backfill of s3://${bucket}/${prefix} of ${before.at} ended early, after ${before.afterKey}: --resume goes on from there.`,
  ];
}

/** Resolves with whether everything was listed. */
async function work(run: Run, versioned: boolean, afterKey: string | undefined): Promise<boolean> {
  const { bucket, prefix, open, request, counts } = run;
  const signal = open.host.interrupted;
  try {
    for await (const page of objectPages(open.clients.s3, { bucket, prefix, afterKey, signal }, versioned)) {
      const isDone = await queuePage(page.objects, run);
      if (!isDone || signal.aborted) return false;
      if (page.lastKey !== undefined && !request.dryRun) await remember(page.lastKey, run);
      if (counts.listed >= (request.atMost ?? Number.POSITIVE_INFINITY)) return false;
    }
    return true;
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  }
}

async function remember(afterKey: string, run: Run): Promise<void> {
  const { bucket, prefix, open, state, counts } = run;
  const at = iso(open.host.clock.nowMs());
  await state.write({ bucket, prefix, queueUrl: open.line.queueUrl, afterKey, counts, at });
  run.isRemembered = true;
}

/** Storage classes whose objects must be restored before anybody can read them. */
const ARCHIVES = new Set(['GLACIER', 'DEEP_ARCHIVE']);
const AT_ONCE = 10;

/** Resolves with whether the whole page is in the ledger or in the queue. */
async function queuePage(objects: readonly ListedObject[], run: Run): Promise<boolean> {
  const { open, request, counts } = run;
  const readable = objects.filter(({ storageClass }) => !ARCHIVES.has(storageClass ?? ''));
  const known = await knownAmong(
    open.table,
    readable.map(({ arrival }) => documentKey(arrival)),
  );
  const unknown = readable
    .map(({ arrival }) => arrival)
    .filter((arrival) => !known.has(nameOf(documentKey(arrival))));
  const wanted = unknown.filter((arrival) => isRouted(arrival, open));
  counts.listed += objects.length;
  counts.archived += objects.length - readable.length;
  counts.known += readable.length - unknown.length;
  counts.unrouted += unknown.length - wanted.length;
  if (request.dryRun) counts.queued += wanted.length;
  else if (!(await queueAll(wanted, run))) return false;
  tell(run);
  return true;
}

/** Where the routes are not known, the function decides. */
function isRouted(arrival: Arrival, { line }: OpenLine): boolean {
  return line.settings === undefined || routeFor(arrival, line.settings.routes) !== undefined;
}

async function queueAll(arrivals: readonly Arrival[], run: Run): Promise<boolean> {
  const { open, request, counts } = run;
  const { clock, interrupted } = open.host;
  const step = Math.max(1, Math.min(AT_ONCE, Math.floor(request.rate)));
  for (let at = 0; at < arrivals.length; at += step) {
    await clock.sleep(Math.max(0, run.nextSendAtMs - clock.nowMs()), interrupted);
    if (interrupted.aborted) return false;
    const some = arrivals.slice(at, at + step);
    run.nextSendAtMs = clock.nowMs() + (some.length * 1000) / request.rate;
    await queueSome(some, run);
    counts.queued += some.length;
    tell(run);
  }
  return true;
}

const PATIENT_TRIES = 5;

/** What the queue does not confirm is sent again, a little later. Throws what it said the last time. */
async function queueSome(arrivals: readonly Arrival[], { open }: Run): Promise<void> {
  const { clients, host, line } = open;
  const { clock, interrupted } = host;
  let left = arrivals;
  for (let tries = 1; ; tries += 1) {
    const messages = left.map((arrival) => ({ body: messageFor(arrival) }));
    const answers = await queueMessages({ client: clients.sqs, queueUrl: line.queueUrl }, messages);
    const refusal = answers.find((answer) => !answer.confirmed);
    if (refusal === undefined || refusal.confirmed) return;
    if (tries === PATIENT_TRIES) throw refusal.failure;
    left = left.filter((_, at) => answers[at]?.confirmed !== true);
    await clock.sleep(tries * 500, interrupted);
  }
}

function messageFor(arrival: Arrival): string {
  const message: ArrivalMessage = { uploader: 'arrival', arrival };
  return JSON.stringify(message);
}

function tell({ open, counts, request }: Run): void {
  const verb = request.dryRun ? 'to be queued' : 'queued';
  open.progress.show(`${counts.listed} listed, ${counts.known} in the ledger, ${counts.queued} ${verb}`);
}
