import { describe, expect, it } from 'vitest';
import { change, type Decision } from '../../../lib/pipeline/change.ts';
import { UploaderError } from '../../../lib/pipeline/failures.ts';
import { GATE_KEY } from '../../../lib/pipeline/identity.ts';
import type { GateItem } from '../../../lib/pipeline/model.ts';
import type { Ports } from '../../../lib/pipeline/ports.ts';
import { seededChance } from '../../support/memory/chance.ts';
import { scriptedInterference } from '../../support/memory/interference.ts';
import { memoryLedger } from '../../support/memory/ledger.ts';

const gate = (nextAllowedAtMs: number, rev: string): GateItem => ({
  ...GATE_KEY,
  kind: 'gate',
  rev,
  nextAllowedAtMs,
  namesKept: true,
});

function scene() {
  const interference = scriptedInterference();
  const ledger = memoryLedger(interference);
  // The pipeline's other ports are not asked.
  const ports = { ledger, chance: seededChance(1) } as unknown as Ports;
  return {
    interference,
    ledger,
    ports,
    operations: () => interference.steps.map(({ operation }) => operation),
  };
}
/** Counts what it saw; leaves alone what has reached ten. */
const counting =
  (seen: (number | undefined)[]) =>
  (item: GateItem | undefined): Decision<GateItem, string> => {
    seen.push(item?.nextAllowedAtMs);
    const next = (item?.nextAllowedAtMs ?? 0) + 1;
    return next > 10
      ? { keep: 'enough' }
      : { write: { ...GATE_KEY, kind: 'gate', nextAllowedAtMs: next, namesKept: true }, result: 'counted' };
  };

describe('a change of an item', () => {
  it('reads it, writes what the rule says, and answers both', async () => {
    const { ledger, ports, operations } = scene();
    ledger.store(gate(3, 'r0'));
    const changed = await change(ports, GATE_KEY, counting([]));
    expect(changed).toMatchObject({
      result: 'counted',
      before: { nextAllowedAtMs: 3 },
      item: { nextAllowedAtMs: 4 },
    });
    expect(ledger.peek(GATE_KEY)).toEqual(changed.item);
    expect(operations()).toEqual(['ledger.read', 'ledger.write']);
  });

  it('creates it where there is none', async () => {
    const { ledger, ports } = scene();
    const changed = await change(ports, GATE_KEY, counting([]));
    expect(changed.before).toBeUndefined();
    expect(ledger.peek(GATE_KEY)?.nextAllowedAtMs).toBe(1);
  });

  it('writes nothing where the rule keeps it', async () => {
    const { ledger, ports, operations } = scene();
    ledger.store(gate(10, 'r0'));
    expect(await change(ports, GATE_KEY, counting([]))).toEqual({
      result: 'enough',
      before: gate(10, 'r0'),
      item: gate(10, 'r0'),
    });
    expect(operations()).toEqual(['ledger.read']);
  });

  it('saves the reading of what was just read', async () => {
    const { ledger, ports, operations } = scene();
    ledger.store(gate(3, 'r0'));
    await change(ports, GATE_KEY, counting([]), { item: gate(3, 'r0') });
    await change(scene().ports, GATE_KEY, counting([]), { item: undefined });
    expect(operations()).toEqual(['ledger.write']);
  });

  it('decides again on what is there now where another was faster: nothing is overwritten', async () => {
    const { ledger, ports, interference } = scene();
    ledger.store(gate(3, 'r0'));
    const hold = interference.holdNext('ledger.write');
    const seen: (number | undefined)[] = [];
    const changing = change(ports, GATE_KEY, counting(seen));
    await hold.reached;
    ledger.store(gate(7, 'r1'));
    hold.release();
    expect(await changing).toMatchObject({
      result: 'counted',
      before: { nextAllowedAtMs: 7 },
      item: { nextAllowedAtMs: 8 },
    });
    expect(seen).toEqual([3, 7]);
  });

  it('decides again on what it was told is stale', async () => {
    const { ledger, ports } = scene();
    ledger.store(gate(10, 'r1'));
    expect(await change(ports, GATE_KEY, counting([]), { item: gate(3, 'r0') })).toMatchObject({
      result: 'enough',
    });
    expect(ledger.peek(GATE_KEY)).toEqual(gate(10, 'r1'));
  });

  it('loses no one of many at once', async () => {
    const { ledger, ports } = scene();
    const results = await Promise.all(
      Array.from({ length: 10 }, () => change(ports, GATE_KEY, counting([]))),
    );
    expect(results.map(({ result }) => result)).toEqual(Array(10).fill('counted'));
    expect(ledger.peek(GATE_KEY)?.nextAllowedAtMs).toBe(10);
  });

  it('gives every write a token of its own', async () => {
    const { ledger, ports } = scene();
    const revs = new Set<string | undefined>();
    for (let n = 0; n < 3; n += 1) {
      await change(ports, GATE_KEY, counting([]));
      revs.add(ledger.peek(GATE_KEY)?.rev);
    }
    expect(revs.size).toBe(3);
  });

  it('passes on what the ledger throws', async () => {
    const { ports, interference } = scene();
    interference.failNext('ledger.write', new UploaderError('ledger.unavailable', 'down'));
    await expect(change(ports, GATE_KEY, counting([]))).rejects.toMatchObject({ code: 'ledger.unavailable' });
  });

  it('gives up in the end on an item that changes under every write', async () => {
    const { ports } = scene();
    const write = async () => ({ applied: false, current: undefined }) as const;
    const restless = { ...ports, ledger: { ...ports.ledger, write } } as Ports;
    await expect(change(restless, GATE_KEY, counting([]))).rejects.toMatchObject({
      code: 'ledger.throttled',
    });
  });
});
