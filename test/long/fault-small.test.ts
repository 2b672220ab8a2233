import { expect, test } from 'vitest';
import { runFaults } from '../fault/real/run.ts';

test('thirty documents arrive once each while five of their processes are killed, the network is cut, and S3 and DynamoDB fail', async () => {
  const { figures, broken } = await runFaults({ documents: 30, kills: 5, seed: 1, onProgress: () => {} });
  expect(broken).toEqual([]);
  expect(figures).toMatchObject({ documents: 30, kills: 5, killsWithARequestOpen: 4, doubles: 0, lost: 0 });
  expect(figures.s3.failed + figures.dynamodb.failed).toBeGreaterThan(0);
  expect(figures.uploads['cut, kept']).toBeGreaterThan(0);
});
