import { expect, test } from 'vitest';
import { endings } from '../../lib/local/extracta/behaviour.ts';
import type { Verdict } from '../../lib/pipeline/handle-message.ts';
import { CLASSIFICATION_ID, startWorld, TOKEN } from './handler-world.ts';

const PDF = Buffer.from('%PDF-1.4\n1 0 obj\n<< /Type /Page >>\nendobj\n%%EOF\n');

const decided = (verdicts: readonly Verdict[]) =>
  verdicts.map(({ kind, outcomes }) => [
    kind,
    ...outcomes.map((outcome) => (outcome.kind === 'deferred' ? outcome.code : outcome.kind)),
  ]);

test('an object that lands is a file at Extracta with the same bytes, and its mapping is in the ledger', async () => {
  await using world = await startWorld(() => undefined);
  const document = await world.put('Q3/été + "offer".pdf', PDF);
  await world.queue.send(document.event);
  const container = world.container();
  expect(await world.queue.deliver(container.handler, await world.queue.receive(1))).toBe(0);

  const [file, ...others] = world.extracta.truth();
  expect(others).toEqual([]);
  expect(file).toMatchObject({ sha256: document.sha256, classificationId: CLASSIFICATION_ID });
  expect(await document.inLedger()).toMatchObject({
    state: 'uploaded',
    mapping: { classificationId: CLASSIFICATION_ID, batchId: file?.batchId, fileId: file?.fileId },
  });
  expect(decided(container.verdicts)).toEqual([['acknowledge', 'uploaded']]);
  expect(await world.queue.length()).toBe(0);
  expect(world.extracta.violations()).toEqual([]);
});

test('the same arrival, five times at once on two handlers, is one file; all five are acknowledged in the end', async () => {
  const posting = Promise.withResolvers<void>();
  const othersAnswered = Promise.withResolvers<void>();
  await using world = await startWorld(({ kind, n }) => {
    if (kind !== 'upload' || n !== 1) return undefined;
    posting.resolve();
    return { holdBefore: othersAnswered.promise };
  });
  const { queue, extracta } = world;
  const document = await world.put('Q3/invoice.pdf', PDF);
  await queue.send(...Array.from({ length: 5 }, () => document.event));
  const delivered = await queue.receive(5);
  const [first, second, third] = [delivered.slice(0, 1), delivered.slice(1, 3), delivered.slice(3)];
  const [one, another] = [world.container(), world.container()];

  const firstKept = queue.deliver(one.handler, first);
  await posting.promise;
  expect(
    await Promise.all([queue.deliver(one.handler, second), queue.deliver(another.handler, third)]),
  ).toEqual([2, 2]);
  expect(decided([...one.verdicts, ...another.verdicts])).toEqual(
    Array.from({ length: 4 }, () => ['keep', 'claim.held']),
  );
  othersAnswered.resolve();
  expect(await firstKept).toBe(0);

  await queue.hasten([...second, ...third]);
  const again = await queue.receive(4);
  expect(await queue.deliver(one.handler, again.slice(0, 2))).toBe(0);
  expect(await queue.deliver(another.handler, again.slice(2))).toBe(0);
  expect(await queue.length()).toBe(0);
  expect(extracta.truth().map(({ sha256 }) => sha256)).toEqual([document.sha256]);
  expect(extracta.requests()).toHaveLength(1);
});

test('no line of a log holds the token or a file’s url, not even where Extracta’s own refusal quotes them', async () => {
  const quoted = `Bearer ${TOKEN} may not see https://files.example/f?signature=abc`;
  await using world = await startWorld(({ kind, n }) =>
    kind === 'upload' && n === 2 ? { end: endings.error(400, quoted) } : undefined,
  );
  const { handler } = world.container();
  const upload = async (key: string) => {
    const document = await world.put(key, PDF);
    await world.queue.send(document.event);
    expect(await world.queue.deliver(handler, await world.queue.receive(1))).toBe(0);
    return document.inLedger();
  };
  const kept = JSON.stringify([await upload('sent.pdf'), await upload('refused.pdf')]);
  const log = world.lines.join('');
  expect(log).toContain('document.uploaded');
  expect(log).toContain('document.parked');
  for (const text of [log, kept]) {
    expect(text).not.toContain(TOKEN);
    expect(text).not.toMatch(/https?:\/\/|signature/);
  }
});
