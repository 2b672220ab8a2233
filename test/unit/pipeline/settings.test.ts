import { describe, expect, it } from 'vitest';
import {
  DEFAULT_FILE_TYPES,
  DEFAULT_MAX_ATTEMPTS,
  DEFAULT_WAITS,
  dividedWaits,
} from '../../../lib/pipeline/settings.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe('the defaults', () => {
  it('are those of the protocol', () => {
    expect(DEFAULT_MAX_ATTEMPTS).toBe(8);
    expect(DEFAULT_WAITS).toMatchObject({
      backoffFirstMs: 5000,
      backoffCapMs: 15 * MINUTE,
      skewMs: 30_000,
      slotPollFirstMs: 250,
      slotPollCapMs: 1000,
      slotWaitMs: 20_000,
      slotMemoryMs: 60_000,
      quietMs: 15 * MINUTE,
      lateLookMs: 15 * MINUTE,
      looksForMs: 24 * HOUR,
      resultsGateMs: 2500,
      breakerPausesMs: [5000, 30_000, 2 * MINUTE, 5 * MINUTE, 15 * MINUTE],
      replaceAfterMs: 3 * 24 * HOUR,
      longDeferralAfterMs: HOUR,
      longDeferralMs: 20 * MINUTE,
    });
    expect(DEFAULT_FILE_TYPES).toEqual([
      'pdf',
      'doc',
      'docx',
      'txt',
      'jpg',
      'jpeg',
      'png',
      'tif',
      'tiff',
      'bmp',
    ]);
  });
});

describe('divided waits', () => {
  it('are our own waits, each divided, the lists entry by entry', () => {
    expect(dividedWaits(DEFAULT_WAITS, 100, true)).toEqual({
      ...Object.fromEntries(
        Object.entries(DEFAULT_WAITS).map(([name, ms]) => [
          name,
          Array.isArray(ms) ? ms.map((each) => each / 100) : ms / 100,
        ]),
      ),
      replaceAfterMs: DEFAULT_WAITS.replaceAfterMs,
      longDeferralAfterMs: DEFAULT_WAITS.longDeferralAfterMs,
      longDeferralMs: DEFAULT_WAITS.longDeferralMs,
    });
  });

  it('keep the pace that an Extracta which is not ours asks for', () => {
    expect(dividedWaits(DEFAULT_WAITS, 100, false)).toEqual({
      ...dividedWaits(DEFAULT_WAITS, 100, true),
      resultsGateMs: DEFAULT_WAITS.resultsGateMs,
    });
  });
});
