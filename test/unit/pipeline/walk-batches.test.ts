import { describe, expect, test } from 'vitest';
import { ContainerMemory } from '../../../lib/pipeline/container-memory.ts';
import { UploaderError } from '../../../lib/pipeline/failures.ts';
import type { SlotItem } from '../../../lib/pipeline/model.ts';
import { CLASSIFICATION, memoryWorld, type World } from '../../support/memory/world.ts';

const DAY = 24 * 3_600_000;
const slotStates = (world: World) =>
  world.slots().map(({ sort, state, generation, files }) => ({ sort, state, generation, files }));
const batchesAtExtracta = (world: World) => new Set(world.extracta.held.map(({ batchId }) => batchId));

describe('a document alone', () => {
  test('is claimed, sent with its bytes, and its mapping recorded before its message goes', async () => {
    const world = memoryWorld();
    const arrival = await world.put('invoices/march.pdf');
    const [outcome] = await world.outcomes();
    const [file] = world.filesOf(arrival);
    expect(file?.fileName).toMatch(/^march~[a-z2-7]{13}\.pdf$/);
    const mapping = {
      classificationId: CLASSIFICATION,
      batchId: file?.batchId,
      fileId: file?.fileId,
      fileName: file?.fileName,
      numberOfPages: 1,
      uploadedAtMs: world.clock.nowMs(),
    };
    expect(outcome).toEqual({ kind: 'uploaded', mapping });
    expect(world.document(arrival)).toMatchObject({ state: 'uploaded', mapping, attempts: 1, sentTo: [] });
    expect(world.document(arrival)).not.toHaveProperty('claimToken');
    expect(world.queue.messages()).toEqual([]);
    expect(world.deadLetters.messages()).toEqual([]);
  });

  test('is told to the journal, stage by stage, without what is secret', async () => {
    const world = memoryWorld();
    await world.put('invoices/march.pdf');
    await world.deliver();
    expect(world.journal.entries.map(({ event }) => event)).toEqual([
      'slot.taken',
      'document.claimed',
      'document.sent',
      'slot.opened',
      'document.uploaded',
    ]);
  });

  test('needs no HeadObject where the event says its size and its name its type', async () => {
    const world = memoryWorld();
    await world.put('a.pdf');
    await world.deliver();
    expect(world.twists.steps.filter(({ operation }) => operation.startsWith('source.'))).toMatchObject([
      { operation: 'source.open' },
    ]);
  });

  test('takes its type from its Content-Type where its name has none', async () => {
    const world = memoryWorld();
    const arrival = await world.put('in/scan', 'pixels', { contentType: 'image/png; charset=binary' });
    await world.deliver();
    expect(world.filesOf(arrival)[0]?.fileName).toMatch(/^scan~[a-z2-7]{13}\.png$/);
    expect(world.extracta.uploads[0]).toMatchObject({ contentType: 'image/png', sizeBytes: 6 });
  });

  test('keeps its bare name where names are sent as they are', async () => {
    const world = memoryWorld({ settings: { fileNames: 'as-is' } });
    const arrival = await world.put('in/a.pdf');
    await world.deliver();
    expect(world.document(arrival)?.mapping?.fileName).toBe('a.pdf');
  });
});

describe('which batch', () => {
  const documents = async (world: World) => {
    await world.put('north/1.pdf');
    await world.put('north/2.pdf');
    await world.put('south/3.pdf');
    await world.clock.advance(DAY);
    await world.put('north/4.pdf');
    await world.deliverUntilQuiet();
    expect(world.extracta.held).toHaveLength(4);
    return batchesAtExtracta(world).size;
  };

  test('a folder in the bucket is a batch in Extracta', async () => {
    const world = memoryWorld();
    expect(await documents(world)).toBe(2);
    expect(slotStates(world)).toEqual([
      { sort: 'north/', state: 'open', generation: 1, files: 1 },
      { sort: 'south/', state: 'open', generation: 1, files: 1 },
    ]);
  });

  test("a day's documents share one batch, by when they came and not by when they are sent", async () => {
    const world = memoryWorld({ route: { batch: { by: 'day' } } });
    expect(await documents(world)).toBe(2);
    expect(world.slots().map(({ sort }) => sort)).toEqual(['2026-01-01', '2026-01-02']);
  });

  test("a route's documents share one batch", async () => {
    expect(await documents(memoryWorld({ route: { batch: { by: 'route' } } }))).toBe(1);
  });

  test('each object may have a batch of its own, and no slot', async () => {
    const world = memoryWorld({ route: { batch: { by: 'object' } } });
    expect(await documents(world)).toBe(4);
    expect(world.slots()).toEqual([]);
  });

  test('one batch that exists may be named', async () => {
    const world = memoryWorld();
    await world.put('made/elsewhere.pdf');
    await world.deliver();
    const [made] = batchesAtExtracta(world);
    const route = { name: 'named', prefix: '', batch: { id: made ?? '' }, metadataOverrides: false };
    world.settings = { ...world.settings, routes: [{ ...route, classificationId: CLASSIFICATION }] };
    const arrival = await world.put('in/a.pdf');
    await world.deliver();
    expect(world.document(arrival)?.mapping?.batchId).toBe(made);
    expect(world.slots()).toHaveLength(1);
  });

  test('classification and batch may be named by the object, where its route permits it', async () => {
    const other = '-OclassificationB';
    const world = memoryWorld({
      route: { metadataOverrides: true },
      classifications: [CLASSIFICATION, other],
    });
    const first = await world.put('in/a.pdf', 'a', { metadata: { 'extracta-classification-id': other } });
    await world.deliver();
    const batchId = world.document(first)?.mapping?.batchId ?? '';
    const metadata = { 'extracta-classification-id': other, 'extracta-batch-id': batchId };
    const second = await world.put('elsewhere/b.pdf', 'b', { metadata });
    await world.deliver();
    expect(world.document(first)?.mapping).toMatchObject({ classificationId: other });
    expect(world.document(second)?.mapping).toMatchObject({ classificationId: other, batchId });
  });

  test("an object's metadata means nothing where its route does not permit it", async () => {
    const world = memoryWorld();
    const arrival = await world.put('in/a.pdf', 'a', { metadata: { 'extracta-batch-id': 'not one' } });
    await world.deliver();
    expect(world.document(arrival)?.mapping?.classificationId).toBe(CLASSIFICATION);
  });
});

describe('a full batch', () => {
  test('rolls over: seven documents, three to a batch, make three batches', async () => {
    const world = memoryWorld({ route: { batch: { by: 'folder', maxFiles: 3 } } });
    for (let n = 1; n <= 7; n += 1) await world.put(`in/${n}.pdf`);
    await world.deliverUntilQuiet();
    const counts = [...batchesAtExtracta(world)].map(
      (batch) => world.extracta.held.filter(({ batchId }) => batchId === batch).length,
    );
    expect(counts).toEqual([3, 3, 1]);
    expect(slotStates(world)).toEqual([{ sort: 'in/', state: 'open', generation: 3, files: 1 }]);
  });

  test('is given up by a container that remembers room in it, and not exceeded', async () => {
    const world = memoryWorld({ route: { batch: { by: 'folder', maxFiles: 2 } } });
    const [here, elsewhere] = [new ContainerMemory(), new ContainerMemory()];
    await world.put('in/1.pdf');
    await world.deliver({ container: here });
    await world.put('in/2.pdf');
    await world.deliver({ container: elsewhere });
    await world.put('in/3.pdf');
    await world.deliver({ container: here });
    expect(world.extracta.held.map(({ batchId }) => batchId)).toEqual([
      world.extracta.held[0]?.batchId,
      world.extracta.held[0]?.batchId,
      world.extracta.held[2]?.batchId,
    ]);
    expect(slotStates(world)).toMatchObject([{ generation: 2, files: 1 }]);
  });

  test('two who find it full at once open one more between them', async () => {
    const world = memoryWorld({ route: { batch: { by: 'folder', maxFiles: 2 } } });
    for (const n of [1, 2]) await world.put(`in/${n}.pdf`);
    await world.deliver();
    for (const n of [3, 4]) await world.put(`in/${n}.pdf`);
    const runs = await Promise.all(
      [1, 2].map(() => world.start({ max: 1, container: new ContainerMemory() })),
    );
    await Promise.all(runs.map(({ ended }) => world.clock.drive(ended)));
    expect(batchesAtExtracta(world).size).toBe(2);
    expect(slotStates(world)).toMatchObject([{ generation: 2, files: 2 }]);
  });
});

describe('while another opens the batch', () => {
  test('documents of one delivery wait for it together, and all join it', async () => {
    const world = memoryWorld();
    for (const n of [1, 2, 3, 4]) await world.put(`in/${n}.pdf`);
    const run = await world.start({ holds: 'before extracta.upload' });
    await run.held;
    await world.clock.advance(2_000);
    const reads = world.twists.steps.filter(
      ({ operation, subject }) => operation === 'ledger.read' && (subject as SlotItem).kind === 'slot',
    );
    // One first read for the four, then one poll for the three who wait: after 250, 750 and 1750 ms.
    expect(reads).toHaveLength(1 + 3);
    const tries = world.twists.steps.filter(
      ({ operation, subject }) => operation === 'ledger.write' && (subject as SlotItem).kind === 'slot',
    );
    expect(tries).toHaveLength(1);
    run.release();
    await world.clock.drive(run.ended);
    expect(world.extracta.held).toHaveLength(4);
    expect(batchesAtExtracta(world).size).toBe(1);
  });

  test('a document waits twenty seconds, then goes back with no attempt counted and a trace in the ledger', async () => {
    const world = memoryWorld();
    await world.put('in/1.pdf');
    const opener = await world.start({ holds: 'before extracta.upload' });
    await opener.held;
    const second = await world.put('in/2.pdf');
    const startedAtMs = world.clock.nowMs();
    const [outcome] = await world.outcomes({ container: new ContainerMemory() });
    expect(outcome).toMatchObject({ kind: 'deferred', code: 'batch.opening' });
    expect(world.clock.nowMs() - startedAtMs).toBeGreaterThanOrEqual(20_000);
    expect(world.clock.nowMs() - startedAtMs).toBeLessThan(22_000);
    expect(world.document(second)).toMatchObject({ state: 'waiting', attempts: 0, route: 'everything' });
    opener.release();
    await world.clock.drive(opener.ended);
    await world.deliverUntilQuiet();
    expect(batchesAtExtracta(world).size).toBe(1);
    expect(world.document(second)).toMatchObject({ state: 'uploaded', attempts: 1 });
  });

  test('a document whose invocation ends while it waits goes back', async () => {
    const world = memoryWorld({ waits: { slotWaitMs: 3_600_000, sendFloorMs: 0 } });
    await world.put('in/1.pdf');
    const opener = await world.start({ holds: 'before extracta.upload', frozen: true });
    await opener.held;
    const second = await world.put('in/2.pdf');
    const [outcome] = await world.outcomes({ container: new ContainerMemory() });
    expect(outcome).toMatchObject({ kind: 'deferred', code: 'invocation.ending' });
    expect(world.document(second)).toMatchObject({ state: 'waiting', attempts: 0 });
  });

  test("nothing is begun that the time left can't finish: the slot that was taken is free again", async () => {
    const world = memoryWorld();
    const arrival = await world.put('in/a.pdf');
    const slow = () => world.clock.sleep(5 * 60_000 - 11_000, new AbortController().signal);
    const isOpening = ({ kind, state }: SlotItem) => kind === 'slot' && state === 'opening';
    world.twists.add({ at: 'after ledger.write', of: isOpening, does: slow });
    const waits = { ...world.settings.waits, sendFloorMs: 12_000 };
    world.settings = { ...world.settings, waits };
    const [outcome] = await world.outcomes();
    expect(outcome).toMatchObject({ kind: 'deferred', code: 'invocation.ending' });
    expect(slotStates(world)).toMatchObject([{ state: 'free', generation: 1 }]);
    expect(world.document(arrival)).toMatchObject({ state: 'waiting', attempts: 0, sentTo: [] });
    expect(world.extracta.uploads).toEqual([]);
  });

  test('one that was dead when another asked has its batch opened by its settled document', async () => {
    const world = memoryWorld();
    const first = await world.put('in/1.pdf');
    expect(await world.deliver({ dies: { at: 'before ledger.write', of: opensSlot } })).toBe('died');
    expect(world.document(first)).toMatchObject({ state: 'uploaded', openedGeneration: 1 });
    expect(slotStates(world)).toMatchObject([{ state: 'opening' }]);
    await world.put('in/2.pdf');
    await world.deliverUntilQuiet();
    expect(batchesAtExtracta(world).size).toBe(1);
    expect(slotStates(world)).toMatchObject([{ state: 'open', generation: 1 }]);
  });
});

const opensSlot = (item: SlotItem) => item.kind === 'slot' && item.state === 'open';

describe('a batch that Extracta no longer knows', () => {
  test('is given up by its slot, and the next attempt opens another', async () => {
    const world = memoryWorld();
    const first = await world.put('in/1.pdf');
    await world.deliver();
    world.extracta.deleteBatch(CLASSIFICATION, world.document(first)?.mapping?.batchId ?? '');
    const second = await world.put('in/2.pdf');
    const [outcome] = await world.outcomes();
    expect(outcome).toMatchObject({ kind: 'deferred', code: 'batch.unknown' });
    expect(slotStates(world)).toMatchObject([{ state: 'free', generation: 1 }]);
    expect(world.slots()[0]).not.toHaveProperty('batchId');
    expect(world.document(second)).toMatchObject({ state: 'waiting', attempts: 1, sentTo: [] });
    await world.deliverUntilQuiet();
    expect(world.document(second)).toMatchObject({ state: 'uploaded', attempts: 2 });
    expect(slotStates(world)).toMatchObject([{ state: 'open', generation: 2 }]);
  });

  test('is given up only if the slot still names it', async () => {
    const world = memoryWorld();
    const first = await world.put('in/1.pdf');
    await world.deliver();
    world.extracta.deleteBatch(CLASSIFICATION, world.document(first)?.mapping?.batchId ?? '');
    const [late, quick] = [new ContainerMemory(), new ContainerMemory()];
    await world.put('in/2.pdf');
    const slow = await world.start({ holds: 'after extracta.upload', container: late });
    await world.put('in/3.pdf');
    await world.deliver({ container: quick });
    await world.untilNextMessage();
    await world.deliver({ container: quick });
    const reopened = world.slots();
    expect(slotStates(world)).toMatchObject([{ state: 'open', generation: 2 }]);
    slow.release();
    await world.clock.drive(slow.ended);
    expect(world.slots()).toEqual(reopened);
  });

  test.each([
    ['a route', { route: { batch: { id: 'gone' } } }, {}],
    ['metadata', { route: { metadataOverrides: true } }, { 'extracta-batch-id': 'gone' }],
  ])('can be reopened by nobody where %s names it: the document is parked', async (_, options, metadata) => {
    const world = memoryWorld(options);
    const arrival = await world.put('in/a.pdf', 'a', { metadata });
    expect(await world.outcomes()).toEqual([{ kind: 'parked', reason: 'batch.not-found' }]);
    expect(world.document(arrival)).toMatchObject({ state: 'parked', attempts: 1 });
    expect(world.deadLetters.messages()).toHaveLength(1);
  });

  test('is found out even by a refusal of a send that named none', async () => {
    const world = memoryWorld();
    world.extracta.planUpload({ kind: 'fail', error: new UploaderError('batch.unknown', 'as told') });
    const arrival = await world.put('in/a.pdf');
    await world.deliverUntilQuiet();
    expect(world.document(arrival)).toMatchObject({ state: 'uploaded', attempts: 2 });
  });
});

describe('what a container remembers of a slot', () => {
  const slotReads = (world: World) =>
    world.twists.steps.filter(
      ({ operation, subject }) => operation === 'ledger.read' && (subject as SlotItem).kind === 'slot',
    ).length;

  test('saves reading it for sixty seconds, and no longer however busy it is', async () => {
    const world = memoryWorld();
    await world.put('in/0.pdf');
    await world.deliver();
    const reads = slotReads(world);
    for (let n = 1; n <= 4; n += 1) {
      await world.clock.advance(25_000);
      await world.put(`in/${n}.pdf`);
      await world.deliver();
    }
    expect(slotReads(world) - reads).toBe(1);
  });
});
