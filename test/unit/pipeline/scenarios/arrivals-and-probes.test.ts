import { afterEach, describe, expect, test, vi } from 'vitest';
import { breakerRules } from '../../../../lib/pipeline/breaker.ts';
import { documentRules } from '../../../../lib/pipeline/document-rules.ts';
import { BREAKER_KEY } from '../../../../lib/pipeline/identity.ts';
import { BUCKET, memoryWorld } from '../../../support/memory/world.ts';
import { failing, HOUR } from './scene.ts';

afterEach(() => vi.restoreAllMocks());

describe('V13: in a bucket without versions: A, B, A', () => {
  /** A's first event is delivered while B lies there; what comes of the last A's own event is the question. */
  const trace = async ({ merged }: { merged: boolean }) => {
    const world = memoryWorld({ versioned: false });
    const first = await world.put('in/a.pdf', 'A');
    const B = await world.put('in/a.pdf', 'B');
    expect(await world.outcomes({ max: 1 })).toEqual([{ kind: 'skipped', reason: 'document.superseded' }]);
    const last = world.source.put(BUCKET, 'in/a.pdf', 'A');
    if (!merged) await world.announce(last);
    await world.deliverUntilQuiet();
    return { world, first, B, last };
  };

  test('V13: the last A is a later arrival of what was skipped, and is uploaded', async () => {
    const { world, B, last } = await trace({ merged: false });
    expect(world.document(B)?.state).toBe('skipped');
    expect(world.document(last)?.state).toBe('uploaded');
    expect(world.filesOf(last)).toHaveLength(1);
  });

  test('V13: so it is where S3 merged its event with another: B’s 412 queues what lies there', async () => {
    const { world, last } = await trace({ merged: true });
    expect(world.document(last)?.state).toBe('uploaded');
    expect(world.filesOf(last)).toHaveLength(1);
  });

  test('V13: a duplicate of the first A’s event wakes nothing', async () => {
    const world = memoryWorld({ versioned: false });
    const first = await world.put('in/a.pdf', 'A');
    world.source.put(BUCKET, 'in/a.pdf', 'B');
    await world.deliver({ max: 1 });
    await world.deliverUntilQuiet();
    await world.announce(first);
    expect(await world.outcomes()).toEqual([{ kind: 'skipped', reason: 'document.superseded' }]);
  });

  test.each([true, false])(
    'V13, were skipped the end (merged: %s): the last A is never sent',
    async (merged) => {
      vi.spyOn(documentRules, 'isLaterArrival').mockImplementation(() => false);
      const { world, last } = await trace({ merged });
      expect(world.document(last)?.state).toBe('skipped');
      expect(world.filesOf(last)).toEqual([]);
    },
  );
});

describe('V14: the probe of a paused line dies', () => {
  const trace = async () => {
    const world = memoryWorld();
    world.extracta.planUpload({ kind: 'fail', error: failing('extracta.unauthorized') });
    for (let n = 0; n < 3; n += 1) await world.put(`folder-${n}/a.pdf`);
    await world.deliver({ max: 1 });
    await world.untilNextMessage();
    await world.clock.advance(10_000);
    expect(await world.deliver({ max: 1, dies: 'before extracta.upload' })).toBe('died');
    expect(world.ledger.peek(BREAKER_KEY)).toMatchObject({ state: 'paused', probeToken: expect.any(String) });
    await world.deliverUntilQuiet({ forMs: 24 * HOUR });
    return world;
  };

  test('V14: when its lease has lapsed the next one probes', async () => {
    const world = await trace();
    expect(world.ledger.peek(BREAKER_KEY)).toMatchObject({ state: 'closed' });
    expect(world.ledger.documents().map(({ state }) => state)).toEqual(Array(3).fill('uploaded'));
    expect(world.journal.named('breaker.probed')).toHaveLength(2);
  });

  test('V14, did its lease never lapse: the line stays shut', async () => {
    const { lineState } = breakerRules;
    vi.spyOn(breakerRules, 'lineState').mockImplementation((item, nowMs, ...more) => {
      const state = lineState(item, nowMs, ...more);
      const isProbed = item?.probeToken !== undefined;
      return state.kind === 'probe' && isProbed ? { kind: 'paused', untilMs: nowMs + HOUR } : state;
    });
    const world = await trace();
    expect(world.extracta.uploads).toHaveLength(1);
    expect(world.ledger.documents().some(({ state }) => state === 'uploaded')).toBe(false);
  });
});
