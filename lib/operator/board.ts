import type { UnsettledState } from '../aws/ledger-items.ts';
import { uploadsByMinute } from '../aws/uploaded-metric.ts';
import type { DocumentItem } from '../pipeline/model.ts';
import { type BatchRow, type Minute, minutesUntil, readLedger } from './ledger-reading.ts';
import { termsOf } from './line-in-use.ts';
import type { OpenLine } from './open-line.ts';
import { iso, type Story, type StoryTerms, storyOf } from './story.ts';

/** A document on the board. */
export interface BoardDocument extends Story {
  /** Of an upload under way: what Extracta has read; null: nobody tells. */
  readonly sentBytes: number | null;
}

export interface ParkedGroup {
  readonly reason: string;
  readonly count: number;
  /** Of those, sent back to the queue and not taken up yet. */
  readonly sentBack: number;
  /** The first ones of them. */
  readonly documents: readonly BoardDocument[];
}

/** Which documents stand where: the names behind the figures of `status`. */
export interface BoardReport {
  readonly verb: 'board';
  readonly line: string;
  readonly at: string;
  /** Files can be put into its bucket from here. */
  readonly isLocal: boolean;
  /** First seen first; the first ones of them. */
  readonly waiting: readonly BoardDocument[];
  readonly unknown: readonly BoardDocument[];
  readonly uploading: readonly BoardDocument[];
  /** Newest first; null: not to be known without reading the whole ledger. */
  readonly uploaded: readonly BoardDocument[] | null;
  readonly parked: readonly ParkedGroup[];
  readonly batches: readonly BatchRow[] | null;
  readonly lastHour: {
    readonly minutes: readonly Minute[];
    /** What was timed: from first seen to uploaded, or the sending alone. */
    readonly timed: 'first-seen-to-uploaded' | 'sending';
  } | null;
  readonly notes: readonly string[];
}

export interface BoardRequest {
  /** Whether the whole ledger is read. */
  readonly counts: boolean;
  /** What Extracta has read of an upload under way. */
  readonly sentBytes?: (item: DocumentItem) => number | undefined;
}

const MOST_EACH = 50;

export async function board(open: OpenLine, request: BoardRequest): Promise<BoardReport> {
  const { line, host } = open;
  const nowMs = host.clock.nowMs();
  const { waits, onUnknownOutcome } = termsOf(line);
  const terms: StoryTerms = { nowMs, gapsMs: waits.redriveGapsMs, onUnknownOutcome };
  const show = (item: DocumentItem): BoardDocument => ({
    ...storyOf(item, terms),
    sentBytes: (item.state === 'uploading' ? request.sentBytes?.(item) : undefined) ?? null,
  });
  const notes: string[] = [];
  const shelf = async (state: UnsettledState) => (await first(open, state)).map(show);
  const [waiting, unknown, uploading, parked, before] = await Promise.all([
    shelf('waiting'),
    shelf('unknown'),
    shelf('uploading'),
    parkedGroups(open, show),
    uploadedBefore(open, request, show, notes),
  ]);
  const isLocal = line.origin === 'local';
  const named = { verb: 'board', line: line.title, at: iso(nowMs), isLocal } as const;
  return { ...named, waiting, unknown, uploading, parked, ...before, notes };
}

async function first({ queries }: OpenLine, state: UnsettledState): Promise<readonly DocumentItem[]> {
  const items: DocumentItem[] = [];
  for await (const item of queries.unsettled(state)) {
    items.push(item);
    if (items.length === MOST_EACH) break;
  }
  return items;
}

type Show = (item: DocumentItem) => BoardDocument;

async function parkedGroups({ queries }: OpenLine, show: Show): Promise<readonly ParkedGroup[]> {
  const groups = new Map<string, { count: number; sentBack: number; documents: BoardDocument[] }>();
  for await (const item of queries.unsettled('parked')) {
    const reason = item.lastFailure?.code ?? 'unknown';
    const group = groups.get(reason) ?? { count: 0, sentBack: 0, documents: [] };
    groups.set(reason, group);
    const story = show(item);
    group.count += 1;
    if (story.sentBack) group.sentBack += 1;
    if (group.documents.length < MOST_EACH) group.documents.push(story);
  }
  return [...groups]
    .map(([reason, group]) => ({ reason, ...group }))
    .toSorted((one, other) => other.count - one.count);
}

type UploadedBefore = Pick<BoardReport, 'uploaded' | 'batches' | 'lastHour'>;

async function uploadedBefore(
  open: OpenLine,
  { counts }: BoardRequest,
  show: Show,
  notes: string[],
): Promise<UploadedBefore> {
  if (!counts && open.line.origin !== 'local') {
    notes.push(
      'Which documents and batches were uploaded is told by search, one by one; `console --count` reads the whole ledger for it.',
    );
    return { uploaded: null, batches: null, lastHour: await measured(open, notes) };
  }
  const { latest, batches, minutes } = await readLedger(open);
  if (batches === null) notes.push('There are too many batches to list: search finds each by its id.');
  return {
    uploaded: latest.map(show),
    batches,
    lastHour: { minutes, timed: 'first-seen-to-uploaded' },
  };
}

/** As the function's own metrics tell. */
async function measured({ line, host }: OpenLine, notes: string[]): Promise<BoardReport['lastHour']> {
  if (line.origin !== 'stack') return null;
  try {
    const starts = minutesUntil(host.clock.nowMs());
    const byMinute = await uploadsByMinute(line.tableName, starts[0] ?? 0, host.clock.nowMs());
    const minutes = starts.map((startMs) => {
      const { uploaded = 0, middleMs = null, longestMs = null } = byMinute.get(startMs) ?? {};
      return { at: iso(startMs), uploaded, middleMs, longestMs };
    });
    return { minutes, timed: 'sending' };
  } catch (error) {
    notes.push(`CloudWatch does not tell the last hour: ${(error as Error).message}`);
    return null;
  }
}
