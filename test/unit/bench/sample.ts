import type { Sample } from '../../../bench/streaming/figures.ts';

interface Given {
  readonly name?: Sample['name'];
  readonly scheme?: Sample['scheme'];
  readonly round?: number;
  readonly taking?: Sample['taking'];
  readonly sizeBytes?: number;
  readonly count?: number;
  readonly atOnce?: number;
  readonly wallMs?: number;
  readonly cpuMs?: number;
  readonly peakBytes?: number | null;
}

const where = (given: Given) => ({
  name: given.name ?? ('ours' as const),
  scheme: given.scheme ?? ('plain' as const),
  round: given.round ?? 0,
  taking: given.taking ?? ('count' as const),
  load: { sizeBytes: given.sizeBytes ?? 1_000_000, count: given.count ?? 1, atOnce: given.atOnce ?? 1 },
});

/** A run that went well. */
export function sample(given: Given): Sample {
  const { wallMs = 100, cpuMs = 10, peakBytes = 1_000_000 } = given;
  return { ...where(given), taken: { wallMs, cpuMs, peakAboveIdleBytes: peakBytes } };
}

export function failure(given: Given): Sample {
  return { ...where(given), failed: 'it broke' };
}
