import { describe, expect, test } from 'vitest';
import type { Dice } from './dice.ts';
import type { Fault } from './faults.ts';
import { runOnce } from './run.ts';

/** One run, decided beforehand: where the process dies, and where a second delivery begins. */
interface Script {
  readonly documents: number;
  readonly policy: 'send-again' | 'park';
  /** Faults that happen at their first opportunity, once. */
  readonly once: readonly Fault[];
  /** The await point, counted over all deliveries, at which its process dies; 0: none. */
  readonly crashAt: number;
  /** The await point at which another delivery begins, although the first has not ended; 0: none. */
  readonly secondAt: number;
}

interface Played {
  readonly violation: string | undefined;
  readonly crashed: boolean;
  readonly interleaved: boolean;
  /** Await points that had passed when the second delivery began. */
  readonly passedBefore: number;
}

async function played(script: Script): Promise<Played> {
  const asked = { crashes: 0, meanwhile: 0, passedBefore: 0 };
  const used = new Set<Fault>();
  const decide = (label: string): boolean => {
    if (label.startsWith('process.crash @')) return ++asked.crashes === script.crashAt;
    if (label === 'delivers meanwhile') {
      if (++asked.meanwhile === script.secondAt) asked.passedBefore = asked.crashes;
      return asked.meanwhile === script.secondAt;
    }
    if (label === 'policy park') return script.policy === 'park';
    const fault = script.once.find((each) => label.startsWith(`${each} @`));
    if (fault === undefined || used.has(fault)) return false;
    used.add(fault);
    return true;
  };
  const dice: Dice = {
    chance: decide,
    pick: (label) => (label === 'documents' ? script.documents - 1 : 0),
    choices: new Map(),
  };
  const only: Fault[] = ['process.crash', ...script.once];
  const { violation } = await runOnce({ seed: 1, dice, only });
  return {
    violation:
      violation &&
      `crash at ${script.crashAt}, second at ${script.secondAt}: ${violation.rule}: ${violation.what}`,
    crashed: asked.crashes >= script.crashAt,
    interleaved: asked.meanwhile >= script.secondAt,
    passedBefore: asked.passedBefore,
  };
}

/** Every await point, until there is none so late. */
async function everywhere(scene: Omit<Script, 'crashAt' | 'secondAt'>, withSecond: boolean) {
  const violations: string[] = [];
  let runs = 0;
  let furthestCrash = 0;
  for (let secondAt = withSecond ? 1 : 0, isThere = true; isThere; secondAt += 1) {
    // Whoever dies before the second begins dies alone: that is the other test.
    const { interleaved, passedBefore } = await played({ ...scene, crashAt: 0, secondAt });
    isThere = withSecond && interleaved;
    for (let crashAt = 1 + passedBefore; isThere || !withSecond; crashAt += 1) {
      const { violation, crashed } = await played({ ...scene, crashAt, secondAt });
      if (violation !== undefined) violations.push(violation);
      if (!crashed) break;
      runs += 1;
      furthestCrash = Math.max(furthestCrash, crashAt);
    }
  }
  return { violations, runs, furthestCrash };
}

const SCENES: readonly (readonly [string, Omit<Script, 'crashAt' | 'secondAt'>])[] = [
  ['one document, delivered twice', { documents: 1, policy: 'send-again', once: ['event.duplicate'] }],
  [
    'one document, delivered twice, at most once',
    { documents: 1, policy: 'park', once: ['event.duplicate'] },
  ],
  ['two documents in one slot', { documents: 2, policy: 'send-again', once: [] }],
  ['two documents in one slot, at most once', { documents: 2, policy: 'park', once: [] }],
  [
    'two documents in one slot, the first answer lost',
    { documents: 2, policy: 'send-again', once: ['extracta.lost-kept'] },
  ],
];

describe.each(SCENES)('%s', (_name, scene) => {
  test('a crash at every await point', async () => {
    const { violations, furthestCrash } = await everywhere(scene, false);
    expect(violations).toEqual([]);
    expect(furthestCrash).toBeGreaterThan(10);
  }, 60_000);

  test('a crash at every await point, and a second delivery at every other', async () => {
    const { violations, runs } = await everywhere(scene, true);
    expect(violations).toEqual([]);
    expect(runs).toBeGreaterThan(100);
  }, 120_000);
});
