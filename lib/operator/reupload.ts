import { versionsOf } from '../aws/ledger-lookups.ts';
import { change } from '../pipeline/change.ts';
import { documentKey } from '../pipeline/identity.ts';
import { messageOf } from '../pipeline/message-of.ts';
import type { ArrivalMessage, DocumentItem } from '../pipeline/model.ts';
import { objectNamed } from './look-up.ts';
import type { OpenLine } from './open-line.ts';
import { Refusal } from './refusal.ts';
import { type ReuploadStanding, reuploaded } from './reupload-write.ts';
import { objectOf } from './story.ts';

export interface ReuploadRequest {
  /** An s3:// URI, a key, or a fileId: exactly one document version. */
  readonly what: string;
  readonly versionId?: string;
  readonly reason: string;
}

export interface ReuploadPlan {
  readonly verb: 'reupload';
  readonly dryRun: true;
  readonly line: string;
  readonly object: string;
  readonly versionId: string | null;
  readonly standing: ReuploadStanding;
  /** The file that is there, and stays there. */
  readonly fileId: string | null;
}

export interface ReuploadReport extends Omit<ReuploadPlan, 'dryRun'> {
  readonly dryRun: false;
  readonly reason: string;
  /** Its message is in the queue. */
  readonly isQueued: boolean;
}

/** What a reupload would do. Changes nothing. Throws `Refusal` where it is not exactly one document. */
export async function planReupload(open: OpenLine, request: ReuploadRequest): Promise<ReuploadPlan> {
  const item = await theOne(open, request);
  const decided = reuploaded(item, request.reason, open.host.clock.nowMs());
  return { dryRun: true, ...told(open, item, 'keep' in decided ? decided.keep : decided.result) };
}

/**
 * A further file of a settled document: the next edition, written first, then its message. Should this process be killed
 * in between, the same command sends the message. Nothing is begun once it is interrupted; what was begun is ended.
 */
export async function reupload(open: OpenLine, request: ReuploadRequest): Promise<ReuploadReport> {
  const item = await theOne(open, request);
  open.host.interrupted.throwIfAborted();
  const nowMs = open.host.clock.nowMs();
  const ports = { ledger: open.ledger, chance: open.host.chance };
  const { result } = await change(ports, documentKey(item.arrival), (now) =>
    reuploaded(now, request.reason, nowMs),
  );
  const isLookAwaited = result.kind === 'refused' && item.lookAt !== undefined;
  // Whoever meets the document with a message queues the look; after that it can be uploaded again.
  if (isLookAwaited) await send(open, messageOf(item));
  const isQueued = result.kind !== 'refused';
  if (isQueued) await send(open, arrivalOf(item));
  return { dryRun: false, ...told(open, item, result), reason: request.reason, isQueued };
}

/** As we queue it ourselves: without a sequencer it wakes a skipped document, too. */
function arrivalOf({ arrival: { sequencer: _, ...arrival } }: DocumentItem): ArrivalMessage {
  return { uploader: 'arrival', arrival };
}

function send({ outbox }: OpenLine, message: ArrivalMessage): Promise<void> {
  return outbox.send(JSON.stringify(message), 0);
}

function told({ line }: OpenLine, item: DocumentItem, standing: ReuploadStanding) {
  return {
    verb: 'reupload' as const,
    line: line.title,
    object: objectOf(item),
    versionId: item.arrival.versionId ?? null,
    standing,
    fileId: item.mapping?.fileId ?? item.earlierFiles?.at(-1)?.fileId ?? null,
  };
}

async function theOne(open: OpenLine, { what, versionId }: ReuploadRequest): Promise<DocumentItem> {
  const object = objectNamed(what, open.line.bucket);
  const versions =
    object === undefined || object.key === '' ? [] : await versionsOf(open.table, object.bucket, object.key);
  const meant = versionId === undefined ? versions : versions.filter(({ sort }) => sort === versionId);
  const [item, ...others] = meant;
  if (others.length > 0)
    throw new Refusal(
      `The ledger knows ${meant.length} versions of it: choose one with --version-id=ID. ${meant.map(({ sort, state }) => `${sort} (${state})`).join(', ')}`,
    );
  const found = item ?? (versions.length === 0 ? await byFile(open, what) : undefined);
  if (found === undefined)
    throw new Refusal(`The ledger knows no document ${what}: an s3:// URI, a key, or a fileId names one.`);
  return found;
}

async function byFile({ queries, ledger }: OpenLine, fileId: string): Promise<DocumentItem | undefined> {
  const seen = await queries.byFile(fileId);
  return seen === undefined ? undefined : ledger.read(documentKey(seen.arrival));
}
