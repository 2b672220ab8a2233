import type { Answered } from './container-memory.ts';
import { documentRules } from './document-rules.ts';
import { UploaderError } from './failures.ts';
import { isSpelled, sentName, tagIn } from './file-name.ts';
import { extensionOf } from './file-type.ts';
import { type DocumentItem, type ExtractaFile, type Pair, UNKNOWN_BATCH } from './model.ts';
import type { ResultFile } from './ports.ts';
import { askBatch, keepsNames, seesClassification } from './results.ts';
import type { Visit } from './visit.ts';

/** What a look at Extracta says of a document that may have been sent. */
export type Sight =
  /** There. Found twice under one tag: the same bytes, the first counts. */
  | { readonly kind: 'found'; readonly file: ExtractaFile; readonly others: readonly ExtractaFile[] }
  /** Surely in none of the pairs `ruledOut`; `rest` can't be asked. */
  | {
      readonly kind: 'absent';
      readonly ruledOut: readonly Pair[];
      readonly rest: readonly Pair[];
      readonly askedAtMs: number;
    }
  /** Not seen, and too early to say that it is not there. */
  | { readonly kind: 'too-early'; readonly untilMs: number };

/**
 * Asks every known pair that the item names. "There" is believed at once; "not there" only a quiet time after the
 * answer was lost, and never from a batch in work. Needs no claim. Throws `results.*`, `extracta.*`,
 * `upload.unverifiable`.
 */
export async function lookFor(item: DocumentItem, visit: Visit): Promise<Sight> {
  const nowMs = visit.ports.clock.nowMs();
  const known = item.sentTo.filter((pair) => pair.batchId !== UNKNOWN_BATCH);
  if (known.length === 0 || !(await keepsNames(visit))) {
    return { kind: 'absent', ruledOut: [], rest: item.sentTo, askedAtMs: nowMs };
  }
  const mark = markOf(item, visit);
  const { quietMs } = visit.settings.waits;
  const quietEndMs = documentRules.lostAtMs(item) + quietMs;
  const counts = (askedAtMs: number) => documentRules.absenceCounts(item, askedAtMs, quietMs);
  let askedAtMs = Number.POSITIVE_INFINITY;
  for (const [at, pair] of known.entries()) {
    const seen = await lookIn(pair, mark, counts, visit, at === 0);
    if (seen.files.length > 0) return found(seen.files, mark);
    askedAtMs = Math.min(askedAtMs, seen.askedAtMs);
  }
  if (!counts(askedAtMs)) return { kind: 'too-early', untilMs: quietEndMs };
  const rest = item.sentTo.filter((pair) => pair.batchId === UNKNOWN_BATCH);
  return { kind: 'absent', ruledOut: known, rest, askedAtMs };
}

/** By what a file is known to be this document's. */
interface Mark {
  readonly isOurs: (file: ResultFile) => boolean;
  readonly isProof: boolean;
}

function markOf(item: DocumentItem, visit: Visit): Mark {
  const { arrival, edition } = item;
  const tag = documentRules.fileTag(arrival, edition);
  if (visit.settings.fileNames === 'tagged')
    return { isOurs: (file) => tagIn(file.fileName) === tag, isProof: true };
  // Without an extension of its own it was sent with the one of its Content-Type, which the ledger does not keep.
  const own = extensionOf(arrival.key);
  const extensions = own === undefined ? visit.settings.fileTypes : [own];
  const bare = extensions.map((extension) => sentName(arrival.key, extension, undefined));
  return { isOurs: (file) => bare.some((name) => isSpelled(file.fileName, name)), isProof: false };
}

/** A bare name is no proof: another version of the same key, or another folder's file, may bear it. [V2] */
function found(files: readonly ExtractaFile[], mark: Mark): Sight {
  const [file, ...others] = files;
  if (mark.isProof && file !== undefined) return { kind: 'found', file, others };
  throw new UploaderError(
    'upload.unverifiable',
    "A file of this name is in the batch, but names are sent as they are (`fileNames`): it can't be told whose it is.",
  );
}

interface Seen {
  readonly files: readonly ExtractaFile[];
  readonly askedAtMs: number;
}

/** Our files in one batch. */
async function lookIn(
  pair: Pair,
  mark: Mark,
  counts: (askedAtMs: number) => boolean,
  visit: Visit,
  isFirst: boolean,
): Promise<Seen> {
  const goodEnough = (answered: Answered) => answered.files.some(mark.isOurs) || counts(answered.askedAtMs);
  const answer = await askBatch(pair, goodEnough, visit, isFirst);
  if (answer.kind === 'waiting') throw inconclusive('the batch is in work');
  if (answer.kind === 'files') {
    const ours = answer.files.filter(mark.isOurs);
    return {
      files: ours.map(({ fileId, fileName }) => ({ ...pair, fileId, fileName })),
      askedAtMs: answer.askedAtMs,
    };
  }
  if (!counts(answer.askedAtMs)) return { files: [], askedAtMs: answer.askedAtMs };
  if (await seesClassification(pair.classificationId, visit))
    return { files: [], askedAtMs: answer.askedAtMs };
  visit.ports.journal.record('token.suspected', { classificationId: pair.classificationId });
  throw inconclusive("the token sees neither the batch nor its classification: is it another account's?");
}

function inconclusive(why: string): UploaderError {
  return new UploaderError(
    'results.inconclusive',
    `Extracta does not say whether the document arrived: ${why}.`,
  );
}
