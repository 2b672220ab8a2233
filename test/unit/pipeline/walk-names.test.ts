import { describe, expect, test } from 'vitest';
import { ContainerMemory } from '../../../lib/pipeline/container-memory.ts';
import { UploaderError } from '../../../lib/pipeline/failures.ts';
import { GATE_KEY } from '../../../lib/pipeline/identity.ts';
import { BUCKET, memoryWorld } from '../../support/memory/world.ts';

import { callTimes, lost } from './lost-answers.ts';

describe('names', () => {
  test('lost at Extracta: told once, and an unknown outcome is nobody can tell', async () => {
    const world = memoryWorld();
    world.extracta.keepsNames = false;
    const arrival = await lost(world, true);
    expect(world.ledger.peek(GATE_KEY)).toMatchObject({ namesKept: false });
    await world.untilNextMessage();
    await world.deliver();
    expect(callTimes(world)).toBe(0);
    expect(world.document(arrival)).toMatchObject({ state: 'uploaded', attempts: 2 });
    expect(world.filesOf(arrival)).toHaveLength(2);
    expect(world.journal.named('names.lost')).toHaveLength(1);
  });

  test('lost at Extracta, found out by two containers: told once', async () => {
    const world = memoryWorld();
    world.extracta.keepsNames = false;
    for (const n of [1, 2]) {
      await world.put(`in/${n}.pdf`);
      await world.deliver({ container: new ContainerMemory() });
    }
    expect(world.journal.named('names.lost')).toHaveLength(1);
  });

  test('lost at Extracta under `park`: parked, not sent again', async () => {
    const world = memoryWorld({ settings: { onUnknownOutcome: 'park' } });
    world.extracta.keepsNames = false;
    const arrival = await lost(world, true);
    await world.deliverUntilQuiet();
    expect(world.document(arrival)).toMatchObject({ state: 'parked' });
    expect(world.filesOf(arrival)).toHaveLength(1);
  });

  test.each([
    ['the ledger', new UploaderError('ledger.throttled', 'as told'), 'ledger.throttled'],
    ['our own code', new TypeError('a defect'), 'TypeError: a defect'],
  ])("that can't be noted because of %s cost no answer", async (_, does, because) => {
    const world = memoryWorld();
    world.extracta.keepsNames = false;
    world.twists.add({
      at: 'before ledger.write',
      of: ({ kind }: { kind: string }) => kind === 'gate',
      does,
    });
    const arrival = await world.put('in/a.pdf');
    expect(await world.outcomes()).toMatchObject([{ kind: 'uploaded' }]);
    expect(world.document(arrival)).toMatchObject({ state: 'uploaded' });
    expect(world.journal.named('names.unnoted')).toMatchObject([{ fields: { because } }]);
  });

  test('that Extracta leaves empty are no lost ones', async () => {
    const world = memoryWorld();
    const { upload } = world.ports.extracta;
    world.ports.extracta.upload = async (request) => ({ ...(await upload(request)), fileName: '' });
    await world.put('in/a.pdf');
    await world.deliver();
    expect(world.ledger.peek(GATE_KEY)).toBeUndefined();
  });

  const asIs = () => memoryWorld({ settings: { fileNames: 'as-is' } });

  test('as they are: a file of that name may be anybody’s, so the document is parked', async () => {
    const world = asIs();
    const arrival = await lost(world, true);
    const { sentTo } = world.document(arrival) ?? {};
    await world.untilNextMessage();
    expect(await world.outcomes()).toEqual([{ kind: 'parked', reason: 'upload.unverifiable' }]);
    expect(world.document(arrival)).toMatchObject({ state: 'parked', sentTo });
  });

  test('as they are, and another at Extracta: told, and an unknown outcome is nobody can tell', async () => {
    const world = asIs();
    world.extracta.keepsNames = false;
    const arrival = await lost(world, true);
    expect(world.ledger.peek(GATE_KEY)).toMatchObject({ namesKept: false });
    await world.untilNextMessage();
    await world.deliver();
    expect(callTimes(world)).toBe(0);
    expect(world.document(arrival)).toMatchObject({ state: 'uploaded', attempts: 2 });
  });

  test('as they are: what no file of the batch is called is sent again', async () => {
    const world = asIs();
    const arrival = await lost(world, false);
    await world.deliverUntilQuiet();
    expect(world.document(arrival)).toMatchObject({ state: 'uploaded', attempts: 2 });
    expect(world.filesOf(arrival)).toHaveLength(1);
  });

  test.each(['in/a"b.pdf', 'in/a\r\nb.pdf'])(
    'as they are: a name is known as the form escapes it, too (%j)',
    async (key) => {
      const world = asIs();
      const { upload } = world.ports.extracta;
      world.ports.extracta.upload = (request) => {
        const escaped = request.fileName
          .replaceAll('"', '%22')
          .replaceAll('\r', '%0D')
          .replaceAll('\n', '%0A');
        return upload({ ...request, fileName: escaped });
      };
      const arrival = await lost(world, true, key);
      await world.deliverUntilQuiet();
      expect(world.document(arrival)).toMatchObject({ state: 'parked' });
      expect(world.filesOf(arrival)).toHaveLength(1);
    },
  );

  test.each(['in/scan', `in/${'s'.repeat(300)}`])(
    'as they are: a key without an extension is known by the name that it was sent with (%s)',
    async (key) => {
      const world = asIs();
      await world.put('in/opener.pdf');
      await world.deliver();
      world.extracta.planUpload({ kind: 'lose-answer', kept: true });
      const arrival = world.source.put(BUCKET, key, 'pixels', { contentType: 'image/png' });
      await world.announce(arrival);
      await world.deliverUntilQuiet();
      expect(world.document(arrival)).toMatchObject({ state: 'parked' });
      expect(world.filesOf(arrival)).toHaveLength(1);
    },
  );
});
