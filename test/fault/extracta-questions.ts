import { UploaderError } from '../../lib/pipeline/failures.ts';
import type { Pair } from '../../lib/pipeline/model.ts';
import type { ResultsAnswer } from '../../lib/pipeline/ports.ts';
import type { RecordAtWork } from './delivery.ts';
import { refuseOutage } from './extracta.ts';
import { passage } from './gated-ports.ts';
import { mustBeLetThrough } from './record-notes.ts';
import type { TrueFile } from './truth.ts';
import type { World } from './world.ts';

const FAILURES = [
  'extracta.unavailable',
  'extracta.throttled',
  'extracta.unauthorized',
  'extracta.rejected',
  'extracta.reply-unreadable',
] as const;

export async function answerToResults(
  world: World,
  record: RecordAtWork,
  asked: Pair,
): Promise<ResultsAnswer> {
  const { faults, dice } = world;
  await passage(world, record, 'asks for results');
  mustBeLetThrough(world, record);
  const where = `${record.name} results`;
  if (record.resultsGrants < 1) world.fail('results paced', `${record.name} asked for results without leave`);
  record.resultsGrants -= 1;
  refuseOutage(world, record, 'asks for results');
  if (faults.fires('results.failed', where))
    throw new UploaderError(
      FAILURES[dice.pick('results code', FAILURES.length)] ?? FAILURES[0],
      'No results.',
    );
  if (faults.fires('results.waiting', where)) return { kind: 'waiting' };
  const pair = world.without?.askedPair?.(asked, world) ?? asked;
  if (isAnothers(world, record) || world.truth.batches.get(pair.batchId) !== pair.classificationId)
    return told(world, record, { kind: 'no-such-batch' });
  const files = world.truth.files.filter((file) => file.batchId === pair.batchId && isShown(world, file));
  const shown = files.map(({ fileId, fileName }) => ({ fileId, fileName, status: 'processed' }));
  return told(world, record, {
    kind: 'files',
    files: shown,
  });
}

export async function seesClassification(world: World, record: RecordAtWork, _id: string): Promise<boolean> {
  await passage(world, record, 'asks for the classification');
  return !isAnothers(world, record);
}

/** In results from its client's end on, later by its lag. */
export function isShown(world: World, file: TrueFile): boolean {
  const { endedAtMs, lagMs } = file.send;
  if (file.isDeleted) return false;
  return lagMs === 0 || (endedAtMs !== undefined && world.scheduler.nowMs() >= endedAtMs + lagMs);
}

/** One look meets the token of one account throughout. */
function isAnothers(world: World, record: RecordAtWork): boolean {
  record.meetsAnotherAccount ??= world.faults.fires('extracta.another-account', `${record.name} results`);
  return record.meetsAnotherAccount;
}

function told(world: World, record: RecordAtWork, answer: ResultsAnswer): ResultsAnswer {
  const what =
    answer.kind === 'files'
      ? answer.files.map(({ fileName }) => fileName).join(', ') || 'no files'
      : answer.kind;
  world.tell(record.name, `is shown ${what}`);
  return answer;
}
