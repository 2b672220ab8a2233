import { beforeEach, describe, expect, it } from 'vitest';
import { ContainerMemory } from '../../../lib/pipeline/container-memory.ts';
import { BREAKER_KEY, slotKey, slotName } from '../../../lib/pipeline/identity.ts';
import type { BreakerItem, SlotItem } from '../../../lib/pipeline/model.ts';
import { A, B, NOW } from './scene.ts';

const open = (folder: string, more: Partial<SlotItem> = {}): SlotItem => ({
  ...slotKey('-Oc', 'letters', folder),
  kind: 'slot',
  rev: 'rev-1',
  state: 'open',
  generation: 1,
  batchId: '-Oa',
  files: 1,
  ...more,
});
const breaker: BreakerItem = {
  ...BREAKER_KEY,
  kind: 'breaker',
  rev: 'rev-1',
  state: 'closed',
  strikes: 1,
  pauses: 0,
};

let memory: ContainerMemory;
beforeEach(() => {
  memory = new ContainerMemory();
});

describe('what a container remembers of the line', () => {
  it('is good for as long as it is asked for, and no longer', () => {
    memory.rememberBreaker(breaker, NOW);
    expect(memory.breakerSince(NOW + 2999, 3000)?.item).toBe(breaker);
    expect(memory.breakerSince(NOW + 3000, 3000)).toBeUndefined();
  });

  it('may be that there is none, which is not the same as not knowing', () => {
    expect(memory.breakerSince(NOW, 3000)).toBeUndefined();
    memory.rememberBreaker(undefined, NOW);
    expect(memory.breakerSince(NOW, 3000)).toMatchObject({ item: undefined });
  });
});

describe('what a container remembers of slots', () => {
  it('is an open one, for as long as it is asked for', () => {
    memory.rememberSlot(open('a/'), NOW);
    expect(memory.openSlot(open('a/'), NOW + 59_999, 60_000)?.batchId).toBe('-Oa');
    expect(memory.openSlot(open('a/'), NOW + 60_000, 60_000)).toBeUndefined();
    expect(memory.openSlot(open('b/'), NOW, 60_000)).toBeUndefined();
  });

  it.each(['opening', 'free'] as const)('is never one that is %s', (state) => {
    memory.rememberSlot(open('a/', { state }), NOW);
    memory.rememberSlot(undefined, NOW);
    expect(memory.openSlot(open('a/'), NOW, 60_000)).toBeUndefined();
  });

  it('is the newest, and gone when it is to be forgotten', () => {
    memory.rememberSlot(open('a/'), NOW);
    memory.rememberSlot(open('a/', { batchId: '-Ob' }), NOW);
    expect(memory.openSlot(open('a/'), NOW, 1)?.batchId).toBe('-Ob');
    memory.forgetSlot(open('a/'));
    expect(memory.openSlot(open('a/'), NOW, 1)).toBeUndefined();
  });

  it('does not grow for ever', () => {
    for (let n = 0; n <= 1000; n += 1) memory.rememberSlot(open(`${n}/`), NOW);
    expect(memory.openSlot(open('0/'), NOW, 1)).toBeUndefined();
    expect(memory.openSlot(open('1000/'), NOW, 1)).toBeDefined();
  });

  it('goes by a name that no other slot has', () => {
    expect(slotName(open('a/'))).not.toBe(slotName(open('b/')));
  });
});

describe("what a container remembers of Extracta's answers", () => {
  const answered = { askedAtMs: NOW, files: [] };

  it('is the newest of each batch', () => {
    memory.rememberAnswer(A, answered);
    memory.rememberAnswer(A, { ...answered, askedAtMs: NOW + 1 });
    expect(memory.answer(A)?.askedAtMs).toBe(NOW + 1);
    expect(memory.answer(B)).toBeUndefined();
  });

  it('does not grow for ever', () => {
    for (let n = 0; n <= 16; n += 1) memory.rememberAnswer({ ...A, batchId: `-O${n}` }, answered);
    expect(memory.answer({ ...A, batchId: '-O0' })).toBeUndefined();
    expect(memory.answer({ ...A, batchId: '-O16' })).toBe(answered);
  });
});

describe('a question that several documents ask at the same moment', () => {
  it('is asked once, and answered to all', async () => {
    const asked: string[] = [];
    const ask = (who: string) => memory.shared('breaker', async () => asked.push(who));
    expect(await Promise.all([ask('one'), ask('other')])).toEqual([1, 1]);
    expect(asked).toEqual(['one']);
  });

  it('is asked again once it was answered, or failed; and another is another', async () => {
    const failing = memory.shared('breaker', () => Promise.reject(new Error('unread')));
    await expect(failing).rejects.toThrow('unread');
    expect(await memory.shared('breaker', async () => 'read')).toBe('read');
    const both = [memory.shared('breaker', async () => 1), memory.shared('slot a/', async () => 2)];
    expect(await Promise.all(both)).toEqual([1, 2]);
  });
});
