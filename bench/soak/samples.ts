import type { Holdings } from '../line/holdings.ts';
import { type Curve, type Judged, judged } from './judged.ts';

export interface Judgement extends Judged {
  readonly curve: Curve;
  /** Of the stack's memory it is only shown: emulators keep what they were given, that is their trade. */
  readonly isJudged: boolean;
}

export interface Sample {
  readonly documents: number;
  readonly pids: readonly number[];
  /** Together. */
  readonly functions: Holdings;
  readonly stack: Holdings;
}

/** Function processes that were started, and those of them that lived from the first third to the end. */
export interface Containers {
  readonly started: number;
  readonly lived: number;
}

const MEASURES = [
  { what: 'RSS, MB', of: ({ rssBytes }: Holdings) => rssBytes / 1024 ** 2 },
  { what: 'sockets', of: ({ sockets }: Holdings) => sockets },
  { what: 'timers', of: ({ timers }: Holdings) => timers },
  { what: 'open handles', of: ({ handles }: Holdings) => handles },
];

export function judgedSamples(samples: readonly Sample[]) {
  const judgements = (process: 'functions' | 'stack'): readonly Judgement[] =>
    MEASURES.map(({ what, of }) => {
      const curve = { what, values: samples.map((sample) => of(sample[process])) };
      return { ...judged(curve), curve, isJudged: process === 'functions' || what !== 'RSS, MB' };
    });
  const [functions, stack] = [judgements('functions'), judgements('stack')];
  const containers = containersOf(samples);
  const isFlat =
    containers.started === containers.lived &&
    [...functions, ...stack].every((each) => !each.isJudged || each.isFlat === true);
  return { functions, stack, containers, isFlat, stackBytesADocument: growthADocument(samples) };
}

/** One that is started later, or replaced, would prove nothing: a process is flat that has just begun. */
export function containersOf(samples: readonly Pick<Sample, 'pids'>[]): Containers {
  const early = samples[Math.floor(samples.length / 3)]?.pids ?? [];
  return { started: samples.at(-1)?.pids.length ?? 0, lived: early.length };
}

function growthADocument(samples: readonly Sample[]): number {
  const { middle, last } = judged({ what: '', values: samples.map(({ stack }) => stack.rssBytes) });
  const third = Math.floor(samples.length / 3);
  const [from, to] = [samples.at(-third - 1), samples.at(-1)];
  return (last - middle) / Math.max(1, (to?.documents ?? 0) - (from?.documents ?? 0));
}
