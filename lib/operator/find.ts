import { type LogEvent, logStory } from '../aws/log-story.ts';
import { documentKey } from '../pipeline/identity.ts';
import type { DocumentItem } from '../pipeline/model.ts';
import { isLetterGone, type Peek, peekAtDeadLetters } from './dead-letter-peek.ts';
import { notesOnNothing } from './find-nothing.ts';
import { termsOf } from './line-in-use.ts';
import { type FindRequest, type Found, lookUp } from './look-up.ts';
import type { OpenLine } from './open-line.ts';
import { type Story, type StoryTerms, storyOf } from './story.ts';

export interface FoundDocument extends Story {
  /** Its dead letter: `there`, `gone` (all letters were read), `not-seen` (not all were, or before it was parked), `none` (it is not parked). */
  readonly letter: 'there' | 'gone' | 'not-seen' | 'none';
  /** Attempt by attempt, out of the function's log. Null: not to be had, `logWhy` says why. */
  readonly log: readonly LogEvent[] | null;
  readonly logWhy: string | null;
}

export interface FindReport {
  readonly verb: 'find';
  readonly line: string;
  readonly what: string;
  readonly foundBy: Found['by'];
  readonly documents: readonly FoundDocument[];
  /** There are more than are shown. */
  readonly isCut: boolean;
  /** Where the ledger knows nothing: what S3 and the dead letters say. */
  readonly notes: readonly string[];
}

/** A document's whole story, from the ledger, the dead letters, the bucket and the log. Changes nothing. */
export async function find(open: OpenLine, request: FindRequest): Promise<FindReport> {
  const { line, host } = open;
  const found = await lookUp(open, request);
  const items = found.items.slice(0, request.limit);
  const needsLetters = items.some(({ state }) => state === 'parked') || found.items.length === 0;
  const peek = needsLetters ? await peekAtDeadLetters(open) : undefined;
  const { waits, onUnknownOutcome } = termsOf(line);
  const terms = { nowMs: host.clock.nowMs(), gapsMs: waits.redriveGapsMs, onUnknownOutcome };
  const documents: FoundDocument[] = [];
  for (const item of items) {
    // Indexes lag behind.
    const now = (await open.ledger.read(documentKey(item.arrival))) ?? item;
    documents.push(await told(now, peek, terms, open, request));
  }
  return {
    verb: 'find',
    line: line.title,
    what: request.what,
    foundBy: found.by,
    documents,
    isCut: found.items.length > request.limit,
    notes: found.items.length > 0 ? [] : await notesOnNothing(open, request, peek),
  };
}

async function told(
  item: DocumentItem,
  peek: Peek | undefined,
  terms: StoryTerms,
  open: OpenLine,
  { withLog }: FindRequest,
): Promise<FoundDocument> {
  const isKept = (open.line.stack?.logGroups ?? []).length > 0;
  const log =
    withLog || !isKept ? await logOf(item, open) : { log: null, logWhy: 'not asked for: add --log' };
  return { ...storyOf(item, terms), letter: letterOf(item, peek), ...log };
}

function letterOf(item: DocumentItem, peek: Peek | undefined): FoundDocument['letter'] {
  if (item.state !== 'parked' || peek === undefined) return 'none';
  if (peek.letters.some(({ parkId }) => parkId === item.parkId)) return 'there';
  return isLetterGone(peek, item) ? 'gone' : 'not-seen';
}

async function logOf(
  item: DocumentItem,
  { line, host }: OpenLine,
): Promise<Pick<FoundDocument, 'log' | 'logWhy'>> {
  const groups = line.stack?.logGroups ?? [];
  if (groups.length === 0) return { log: null, logWhy: 'only a deployed stack keeps a log' };
  try {
    return {
      log: await logStory(groups, item.partition, item.firstSeenAtMs, host.interrupted),
      logWhy: null,
    };
  } catch (error) {
    return { log: null, logWhy: `the log can't be read: ${(error as Error).message}` };
  }
}
