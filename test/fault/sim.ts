import type { Bite } from './bite.ts';
import { seededDice } from './dice.ts';
import { writeProof } from './proof.ts';
import { RULES } from './rules.ts';
import { runOnce } from './run.ts';
import { shrunk } from './shrink.ts';
import { readOptions, type Scope, type SimOptions, USAGE } from './sim-options.ts';
import { asJson, described, merged, neverSeen, type Summary } from './summary.ts';
import type { Task } from './thread.ts';
import { onThreads } from './threads.ts';

type Chosen<K extends SimOptions['kind']> = Extract<SimOptions, { kind: K }>;

const MAX_RUNS_TO_BITE = 2000;
const SEEDS_FOR_A_PROOF = 20;
/** From so many runs on everything must have happened that can. */
const RUNS_FOR_ALL = 20_000;

const options = readOptions(process.argv.slice(2));
switch (options.kind) {
  case 'help':
    console.log(USAGE);
    break;
  case 'wrong':
    console.error(options.why);
    process.exitCode = 2;
    break;
  case 'runs':
    await simulate(options);
    break;
  case 'trace':
    await trace(options, options.isWhole);
    break;
  case 'bite':
    await bite(options);
}

async function simulate({ runs, seed, without, only, asJson: isJson }: Chosen<'runs'>): Promise<void> {
  const beganAtMs = performance.now();
  const chunk = Math.max(1, Math.min(250, Math.ceil(runs / 8)));
  const tasks: Task[] = [];
  for (let from = seed; from < seed + runs; from += chunk)
    tasks.push({ kind: 'runs', from, to: Math.min(from + chunk, seed + runs), without: without?.rule, only });
  const summary = merged(await onThreads<Task, Summary>(tasks));
  const seconds = Math.round((performance.now() - beganAtMs) / 100) / 10;
  const isWhole = runs >= RUNS_FOR_ALL && without === undefined && only === undefined;
  const missing = isWhole ? neverSeen(summary) : [];
  if (missing.length > 0 || summary.violations.length > 0) process.exitCode = 1;
  if (isJson) return console.log(asJson(summary, seconds));
  console.log(described(summary));
  console.log(
    `${summary.runs} runs, ${summary.steps} steps, ${seconds} s; at most ${summary.mostDeliveriesToRest} deliveries a document from the last fault to rest; violations: ${summary.violations.length}`,
  );
  if (missing.length > 0) console.log(`✗ never happened: ${missing.join('; ')}`);
  await showViolations(summary, { seed, without, only });
}

async function showViolations({ violations }: Summary, scope: Scope): Promise<void> {
  for (const [rule, found] of Map.groupBy(violations, ({ rule }) => rule)) {
    const seeds = found.slice(0, 8).map(({ seed }) => seed);
    console.log(`✗ ${rule}: ${found.length}, seeds ${seeds.join(' ')}`);
  }
  const [first] = violations;
  if (first !== undefined) await trace({ ...scope, seed: first.seed }, false);
}

async function trace({ seed, without, only }: Scope, isWhole: boolean): Promise<void> {
  const result = await runOnce({ seed, dice: seededDice(seed), without, only, traced: true });
  const { violation, choices } = result;
  const shown =
    violation === undefined || isWhole
      ? result
      : await shrunk({ seed, rule: violation.rule, choices, without, only });
  console.log(shown.trace.join('\n'));
  if (violation === undefined) return console.log(`seed ${seed}: nothing found`);
  process.exitCode = 1;
  const again = [
    `--seed ${seed} --trace`,
    ...(without === undefined ? [] : [`--without ${without.rule}`]),
    ...(only === undefined ? [] : [`--faults ${only.join(',')}`]),
  ];
  console.log(`✗ ${violation.rule}: ${shown.violation?.what ?? violation.what}`);
  console.log(
    `  decisions: ${[...shown.choices].map(([name, choice]) => `${name} = ${choice}`).join(' · ')}`,
  );
  console.log(`  again: npm run sim -- ${again.join(' ')}`);
}

async function bite({ seeds, rule: only }: Chosen<'bite'>): Promise<void> {
  const rules = RULES.filter(({ rule }) => only === undefined || rule === only);
  const tasks = rules.map(({ rule }): Task => ({ kind: 'bite', rule, seeds, maxRuns: MAX_RUNS_TO_BITE }));
  const bites = await onThreads<Task, Bite>(tasks, ({ rule, medianRuns, violations }) =>
    console.log(`${rule.padEnd(30)} ${String(medianRuns).padStart(5)}  ${violations.slice(0, 3).join('; ')}`),
  );
  const isFound = bites.every(({ medianRuns }) => medianRuns <= MAX_RUNS_TO_BITE);
  if (!isFound) process.exitCode = 1;
  if (only === undefined && seeds >= SEEDS_FOR_A_PROOF)
    await writeProof({ bites, seeds, maxRuns: MAX_RUNS_TO_BITE });
}
