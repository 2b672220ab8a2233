import { expect, test } from 'vitest';
import { documentKey } from '../../../lib/pipeline/identity.ts';
import type { DocumentItem } from '../../../lib/pipeline/model.ts';
import { memoryWorld } from '../../support/memory/world.ts';
import { documentItem } from './scene.ts';

// docs/deploy.md, "Roll back", promises this.
test('what a newer version has noted of a document is carried along by this one, from the first write to the last', async () => {
  const world = memoryWorld();
  const arrival = await world.put('in/a.pdf');
  const newer = {
    ...documentItem(),
    ...documentKey(arrival),
    arrival,
    ofANewerVersion: { kept: [1, 'two'] },
  };
  await world.ports.ledger.write(newer as DocumentItem, undefined);
  const seen: unknown[] = [];
  world.twists.add({
    at: 'after ledger.write',
    times: 99,
    does: () => void seen.push(world.document(arrival)),
  });
  await world.deliverUntilQuiet();
  expect(world.document(arrival)).toMatchObject({ state: 'uploaded', mapping: {} });
  expect(seen.map((item) => (item as DocumentItem).state)).toEqual(
    expect.arrayContaining(['uploading', 'uploaded']),
  );
  for (const item of seen) expect(item).toMatchObject({ ofANewerVersion: { kept: [1, 'two'] } });
});
