import { describe, expect, test } from 'vitest';
import { bitten } from './bite.ts';
import { type Dice, seededDice } from './dice.ts';
import { FAULT_NAMES } from './faults.ts';
import { RULE_TEXTS } from './rule-texts.ts';
import { RULES } from './rules.ts';
import { runOnce } from './run.ts';
import { shrunk } from './shrink.ts';
import { readOptions, USAGE } from './sim-options.ts';
import { emptySummary, neverSeen, runMany } from './summary.ts';

const RUNS = 300;

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

  test.each(['claim-condition', 'sent-to-restored', 'sent-to-added', 'letter-before-parked', 'park-id'])(
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

  test('a full outage of a simulated day: no dead letter, all uploaded, no attempt spent on it', async () => {
    for (const seed of seeds(1, 10)) {
      const { violation, fired, seen, documents, trace } = await outageOfADay(seed);
      expect(violation).toBeUndefined();
      expect(fired.get('extracta.out-for-long')).toBe(1);
      expect(trace.at(-1)).toMatch(/^1d /);
      expect(seen.get('state parked') ?? 0).toBe(0);
      expect(documents.map(({ state }) => state)).toEqual(documents.map(() => 'uploaded'));
      const spent = documents.reduce((sum, { attempts }) => sum + attempts - 1, 0);
      expect(spent).toBe(0);
    }
  }, 60_000);
});

/** Extracta refuses every connection for a day, from the first one on. */
function outageOfADay(seed: number): ReturnType<typeof runOnce> {
  const drawn = seededDice(seed);
  const dice: Dice = {
    ...drawn,
    chance: (label, probability) =>
      label.startsWith('extracta.out-for-long') ||
      (label !== 'few attempts' && drawn.chance(label, probability)),
    pick: (label, sides) =>
      label === 'outage' ? sides - 1 : label === 'when faults stop' ? 0 : drawn.pick(label, sides),
  };
  return runOnce({ seed, dice, only: ['extracta.out-for-long'], traced: true });
}

describe('its command', () => {
  test.each([
    [['--runz', '3'], /runz/],
    [['--runs', 'many'], /--runs takes a whole number/],
    [['--seed', '0'], /--seed takes a whole number/],
    [['--without', 'gravity'], /no rule "gravity"/],
    [['--faults', 'process.crash,flood'], /no fault "flood"/],
  ])('refuses %j in one line', (args, why) => {
    const options = readOptions(args);
    if (options.kind !== 'wrong') throw new Error('It was taken');
    expect(options.why).toMatch(why);
    expect(options.why).not.toContain('\n');
  });

  test('names every fault and every rule in its help', () => {
    for (const name of [...FAULT_NAMES, ...RULES.map((each) => each.rule)]) expect(USAGE).toContain(name);
  });

  test('the proof says what each rule says', () => {
    expect(Object.keys(RULE_TEXTS).toSorted()).toEqual(RULES.map((each) => each.rule).toSorted());
  });

  test('a summary of nothing names everything that never happened', () => {
    const never = neverSeen(emptySummary());
    expect(never).toContain('process.crash');
    expect(never).toContain('process.crash + redrive.dies');
    expect(never).toContain('state parked');
    expect(never).toContain('code extracta.forbidden');
    expect(never).toContain('fate verify');
  });
});
