import { parseArgs } from 'node:util';
import type { Bite } from './bite.ts';
import { seededDice } from './dice.ts';
import type { Fault } from './faults.ts';
import { writeProof } from './proof.ts';
import { RULES } from './rules.ts';
import { runOnce } from './run.ts';
import { shrunk } from './shrink.ts';
import { described, merged, type Summary } from './summary.ts';
import type { Task } from './thread.ts';
import { onThreads } from './threads.ts';

const USAGE = `npm run sim -- [--runs N] [--seed S] [--trace [--whole]] [--without RULE] [--faults A,B] [--bite [--seeds N]]
Rules: ${RULES.map(({ rule }) => rule).join(', ')}`;

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    trace: { type: 'boolean', default: false },
    whole: { type: 'boolean', default: false },
    without: { type: 'string' },
    bite: { type: 'boolean', default: false },
    seeds: { type: 'string', default: '20' },
    only: { type: 'string' },
    faults: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const without = RULES.find(({ rule }) => rule === values.without);
const only = values.faults?.split(',') as Fault[] | undefined;
const MAX_RUNS_TO_BITE = 2000;
const firstSeed = Number(values.seed);

if (values.help || (values.without !== undefined && without === undefined)) console.log(USAGE);
else if (values.bite) await bite();
else if (values.trace) await trace(firstSeed, values.whole);
else await simulate(Number(values.runs));

async function simulate(runs: number): Promise<void> {
  const beganAtMs = performance.now();
  const chunk = Math.max(1, Math.min(250, Math.ceil(runs / 8)));
  const tasks: Task[] = [];
  for (let from = firstSeed; from < firstSeed + runs; from += chunk)
    tasks.push({
      kind: 'runs',
      from,
      to: Math.min(from + chunk, firstSeed + runs),
      without: without?.rule,
      only,
    });
  const summary = merged(await onThreads<Task, Summary>(tasks));
  console.log(described(summary));
  const seconds = ((performance.now() - beganAtMs) / 1000).toFixed(1);
  console.log(
    `${summary.runs} runs, ${summary.steps} steps, ${seconds} s; at most ${summary.mostDeliveriesToRest} deliveries from the last fault to rest; violations: ${summary.violations.length}`,
  );
  const byRule = Map.groupBy(summary.violations, ({ rule }) => rule);
  for (const [rule, found] of byRule)
    console.log(
      `✗ ${rule}: ${found.length}, seeds ${found
        .slice(0, 8)
        .map(({ seed }) => seed)
        .join(' ')}`,
    );
  const [first] = summary.violations;
  if (first === undefined) return;
  process.exitCode = 1;
  await trace(first.seed, false);
}

/** The run of one seed; if it fails, shrunk first unless the whole is asked for. */
async function trace(seed: number, whole: boolean): Promise<void> {
  const result = await runOnce({ seed, dice: seededDice(seed), without, only, traced: true });
  const { violation, choices } = result;
  const shown =
    violation === undefined || whole
      ? result
      : await shrunk({ seed, rule: violation.rule, choices, without, only });
  console.log(shown.trace.join('\n'));
  if (violation === undefined) return console.log(`seed ${seed}: nothing found`);
  process.exitCode = 1;
  console.log(`✗ ${violation.rule}: ${shown.violation?.what ?? violation.what}`);
  console.log(
    `  decisions: ${[...shown.choices].map(([name, choice]) => `${name} = ${choice}`).join(' · ')}`,
  );
  console.log(
    `  again: npm run sim -- --seed ${seed} --trace${without === undefined ? '' : ` --without ${without.rule}`}${only === undefined ? '' : ` --faults ${only.join(',')}`}`,
  );
}

async function bite(): Promise<void> {
  const rules = RULES.filter(({ rule }) => values.only === undefined || rule.includes(values.only));
  const tasks = rules.map(
    ({ rule }): Task => ({ kind: 'bite', rule, seeds: Number(values.seeds), maxRuns: MAX_RUNS_TO_BITE }),
  );
  const bites = await onThreads<Task, Bite>(tasks, ({ rule, medianRuns, violations }) =>
    console.log(`${rule.padEnd(30)} ${String(medianRuns).padStart(5)}  ${violations.slice(0, 3).join('; ')}`),
  );
  if (values.only === undefined && Number(values.seeds) >= 20)
    await writeProof({ bites, seeds: Number(values.seeds), maxRuns: MAX_RUNS_TO_BITE });
}
