import { expect, test } from 'vitest';
import { readLedger } from '../../../lib/operator/ledger-reading.ts';
import type { OpenLine } from '../../../lib/operator/open-line.ts';

const HOUR_MS = 3_600_000;
const nowMs = 100 * HOUR_MS;

test('a further file is timed from when it was asked for, not from when its document was first seen', async () => {
  const at = new Date(nowMs - 3_000).toISOString();
  const item = {
    ...{ state: 'uploaded', partition: 'documents/a', sort: '1', firstSeenAtMs: 0, edition: 2, sentTo: [] },
    arrival: { bucket: 'documents', key: 'a', eTag: '1', eventTimeMs: 0 },
    mapping: { classificationId: 'c', batchId: 'b', fileId: 'f', uploadedAtMs: nowMs - 1_000 },
    reuploads: [{ edition: 2, reason: 'bad scan', at }],
  };
  async function* documents() {
    yield item;
  }
  const open = {
    ...{ queries: { documents }, progress: { show: () => {}, clear: () => {} } },
    host: { clock: { nowMs: () => nowMs }, interrupted: new AbortController().signal },
  } as unknown as OpenLine;
  const { minutes } = await readLedger(open);
  expect(minutes.filter(({ uploaded }) => uploaded > 0)).toMatchObject([{ uploaded: 1, longestMs: 2_000 }]);
});
