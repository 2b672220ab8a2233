import { describe, expect, test } from 'vitest';
import { bitten } from './bite.ts';
import { seededDice } from './dice.ts';
import { RULES } from './rules.ts';
import { runOnce } from './run.ts';
import { shrunk } from './shrink.ts';
import { runMany } from './summary.ts';

const RUNS = 1000;

function* seeds(from: number, count: number): Generator<number> {
  for (let seed = from; seed < from + count; seed += 1) yield seed;
}

const rule = (name: string) => {
  const found = RULES.find((each) => each.rule === name);
  if (found === undefined) throw new Error(`There is no rule "${name}".`);
  return found;
};

describe('the simulator', () => {
  test(`finds nothing in ${RUNS} runs (all: npm run sim -- --runs 20000)`, async () => {
    const { violations, runs } = await runMany(seeds(1, RUNS), undefined);
    expect(violations).toEqual([]);
    expect(runs).toBe(RUNS);
  }, 120_000);

  test('plays the same seed the same way, step for step', async () => {
    const play = () => runOnce({ seed: 7, dice: seededDice(7), traced: true });
    const [first, again] = [await play(), await play()];
    expect(first.trace.length).toBeGreaterThan(10);
    expect(again.trace).toEqual(first.trace);
  });

  test.each([
    'claim-condition',
    'sent-to-restored',
    'quiet-time',
    'letter-before-parked',
    'confirm-before-delete',
  ])(
    'bites: it finds that %s is gone',
    async (name) => {
      const { violations } = await bitten(rule(name), { seeds: 1, maxRuns: 500 });
      expect(violations).not.toEqual([]);
    },
    60_000,
  );

  test('shrinks what fails to decisions that break the same rule', async () => {
    const without = rule('letter-before-parked');
    for (const seed of seeds(1, 500)) {
      const { violation, choices } = await runOnce({ seed, dice: seededDice(seed), without });
      if (violation === undefined) continue;
      const result = await shrunk({ seed, rule: violation.rule, choices, without });
      expect(result.violation?.rule).toBe(violation.rule);
      expect(result.choices.size).toBeLessThan(choices.size);
      return;
    }
    expect.unreachable('no run failed');
  }, 60_000);

  test('a full outage of a simulated day: no attempt spent, no dead letter, all uploaded', async () => {
    const { violations, seen, fired } = await runMany(seeds(1, 40), undefined, ['extracta.out-for-long']);
    expect(violations).toEqual([]);
    expect(fired.get('extracta.out-for-long')).toBeGreaterThan(5);
    expect(seen.get('state parked') ?? 0).toBe(0);
  }, 60_000);
});
