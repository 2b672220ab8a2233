import type { Asked } from '../section.ts';
import type { Child } from './children.ts';
import { sha256Of } from './document.ts';
import { SCHEMES, type TwoEnds } from './ends.ts';
import type { Sample } from './figures.ts';
import { lacking } from './lacking.ts';
import { inTurn, loadsFor, type Plan, SLOW_SIZES, type Turn } from './plan.ts';
import type { Taking } from './taking.ts';
import type { Answer, Load } from './uploader.ts';
import { VARIANT_NAMES, variantOf } from './variants/variants.ts';
import { SCHEME_TITLES, shown } from './words.ts';

/** More around a document than its form's own lines is no form. */
const MOST_AROUND_BYTES = 1024;

/** Every variant in turn, round after round; then ours alone against a slow sink. What fails is a sample that says so. */
export async function takeSamples(ends: TwoEnds, plan: Plan, asked: Asked): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  for (const [where, steps] of places(plan)) {
    const taken = await worked(ends, where, steps);
    asked.signal.throwIfAborted();
    samples.push(...taken);
    const title = `${variantOf(where.name).title}, ${SCHEME_TITLES[where.scheme]}`;
    asked.say(`streaming: ${title}: ${taken.map(shown).join(', ')}`);
  }
  return samples;
}

type Where = Pick<Sample, 'name' | 'scheme' | 'round'>;

/** One load, and what the sink does with it; or why it is left out. */
interface Step extends Pick<Sample, 'load' | 'taking'> {
  readonly leftOut: string | undefined;
}

/** A fresh process each, in the order in which they are measured. */
function* places({ turns, slowRounds }: Plan): Generator<readonly [Where, readonly Step[]]> {
  for (const turn of turns)
    for (let round = 0; round < turn.rounds; round += 1)
      for (const scheme of SCHEMES)
        for (const name of inTurn(VARIANT_NAMES, round)) {
          const where = { name, scheme, round };
          yield [where, stepsOf(turn, where)];
        }
  for (let round = 0; round < slowRounds; round += 1)
    for (const sizeBytes of SLOW_SIZES) {
      const load = { sizeBytes, count: 1, atOnce: 1 };
      yield [{ name: 'ours', scheme: 'plain', round }, [{ load, taking: 'slow', leftOut: undefined }]];
    }
}

/** The bytes are verified apart from all timing, in the first round. */
function stepsOf(turn: Turn, { name, round }: Where): readonly Step[] {
  const variant = variantOf(name);
  const step = (taking: Taking) => (load: Load) => ({
    load,
    taking,
    leftOut: turn.leavesOut?.(variant) ?? lacking(variant, load),
  });
  const verified = round === 0 && name !== 'source' ? turn.verifiedBytes : [];
  return [
    ...verified.map((sizeBytes) => step('hash')({ sizeBytes, count: 1, atOnce: 1 })),
    ...loadsFor(variant, turn).map(step('count')),
  ];
}

/** After a load that failed the next is tried all the same, if the process lives. */
async function worked(ends: TwoEnds, where: Where, steps: readonly Step[]): Promise<readonly Sample[]> {
  const samples: Sample[] = steps.flatMap(({ leftOut, ...step }) =>
    leftOut === undefined ? [] : [{ ...where, ...step, failed: leftOut }],
  );
  const left = steps.filter(({ leftOut }) => leftOut === undefined);
  if (left.length === 0) return samples;
  let done = 0;
  try {
    await using uploader = await ends.uploader(where.name, where.scheme);
    for (const { load, taking } of left) {
      const answer = await answered(ends, uploader, { ...where, load, taking });
      samples.push({ ...where, load, taking, ...answer });
      done += 1;
    }
  } catch (error) {
    const failed = String((error as Error).message ?? error);
    samples.push(...left.slice(done).map(({ load, taking }) => ({ ...where, load, taking, failed })));
  }
  return samples;
}

type Asking = Where & Pick<Sample, 'load' | 'taking'>;

/** An answer counts only if every document's bytes came to the sink. */
async function answered(ends: TwoEnds, uploader: Child, { name, load, taking }: Asking): Promise<Answer> {
  await ends.take(taking);
  const answer = await uploader.ask<Answer>(load);
  const { requests, bodyBytes, sha256 } = await ends.take('count');
  if ('failed' in answer || name === 'source') return answer;
  const around = bodyBytes - load.count * load.sizeBytes;
  if (requests !== load.count || around < 0 || around > load.count * MOST_AROUND_BYTES)
    return { failed: `the sink took ${requests} requests and ${bodyBytes} bytes` };
  return taking === 'hash' && sha256[0] !== sha256Of(load.sizeBytes)
    ? { failed: 'other bytes came than were sent' }
    : answer;
}
