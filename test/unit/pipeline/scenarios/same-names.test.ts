import { afterEach, describe, expect, test, vi } from 'vitest';
import { ContainerMemory } from '../../../../lib/pipeline/container-memory.ts';
import { documentRules } from '../../../../lib/pipeline/document-rules.ts';
import type { Arrival } from '../../../../lib/pipeline/model.ts';
import { memoryWorld, type World } from '../../../support/memory/world.ts';
import { isOf, lose, upload } from './scene.ts';

const { fileTag } = documentRules;
afterEach(() => vi.restoreAllMocks());

/** Documents of one name have one mark, as with a bare name. */
const nameIsAll = () =>
  vi.spyOn(documentRules, 'fileTag').mockImplementation(({ key, ...arrival }) => {
    const name = key.slice(key.lastIndexOf('/') + 1);
    return fileTag({ ...arrival, key: name, versionId: 'any' }, 1);
  });

const oneBatch = () => memoryWorld({ route: { batch: { by: 'route' } } });
const isMappedToItsOwnBytes = (world: World, arrival: Arrival) =>
  world.filesOf(arrival).some(({ fileId }) => fileId === world.document(arrival)?.mapping?.fileId);

describe('V2a: two documents of one name in one batch; the one is settled, the other never arrived', () => {
  const trace = async () => {
    const world = oneBatch();
    await upload(world, 'north/a.pdf');
    const arrival = await lose(world, 'south/a.pdf', false);
    await world.deliverUntilQuiet();
    return { world, arrival };
  };

  test('V2a: it does not adopt the other’s file: it is sent again', async () => {
    const { world, arrival } = await trace();
    expect(isMappedToItsOwnBytes(world, arrival)).toBe(true);
    expect(world.extracta.held).toHaveLength(2);
  });

  test('V2a, were its name its mark: it is lost, mapped to the other’s file', async () => {
    nameIsAll();
    const { world, arrival } = await trace();
    expect(world.filesOf(arrival)).toEqual([]);
    expect(world.document(arrival)?.state).toBe('uploaded');
  });
});

describe('V2b: the other was accepted, and is not settled yet', () => {
  const trace = async () => {
    const world = oneBatch();
    await upload(world, 'opener.pdf');
    const other = await world.put('north/a.pdf');
    const slow = await world.start({ holds: 'after extracta.upload', container: new ContainerMemory() });
    await slow.held;
    const arrival = await lose(world, 'south/a.pdf', false);
    await world.untilNextMessage();
    await world.deliver({ only: isOf(arrival) });
    slow.release();
    await world.clock.drive(slow.ended);
    await world.deliverUntilQuiet();
    return { world, arrival, other };
  };

  test('V2b: a file that nobody has yet is not ours for its name', async () => {
    const { world, arrival, other } = await trace();
    expect([arrival, other].every((each) => isMappedToItsOwnBytes(world, each))).toBe(true);
    expect(world.document(arrival)?.mapping?.fileId).not.toBe(world.document(other)?.mapping?.fileId);
  });

  test('V2b, were its name its mark: one file is mapped to two', async () => {
    nameIsAll();
    const { world, arrival, other } = await trace();
    expect(world.document(arrival)?.mapping?.fileId).toBe(world.document(other)?.mapping?.fileId);
  });
});

describe('V2c: both answers are lost, both files are there', () => {
  const trace = async () => {
    const world = oneBatch();
    await upload(world, 'opener.pdf');
    const both = [await lose(world, 'north/a.pdf', true), await lose(world, 'south/a.pdf', true)];
    await world.deliverUntilQuiet();
    return { world, both };
  };

  test('V2c: each finds its own, and nothing is sent again', async () => {
    const { world, both } = await trace();
    expect(both.every((each) => isMappedToItsOwnBytes(world, each))).toBe(true);
    expect(both.map((each) => world.filesOf(each).length)).toEqual([1, 1]);
  });

  test('V2c, were its name its mark: somebody’s file is taken by another', async () => {
    nameIsAll();
    const { world, both } = await trace();
    expect(both.every((each) => isMappedToItsOwnBytes(world, each))).toBe(false);
  });

  test('V2: names sent as they are: an unknown outcome is parked where a file bears the name', async () => {
    const world = memoryWorld({ route: { batch: { by: 'route' } }, settings: { fileNames: 'as-is' } });
    await upload(world, 'north/a.pdf');
    const arrival = await lose(world, 'south/a.pdf', false);
    await world.deliverUntilQuiet();
    expect(world.document(arrival)).toMatchObject({
      state: 'parked',
      lastFailure: { code: 'upload.unverifiable' },
    });
  });
});
