import { parentPort } from 'node:worker_threads';
import { type Bite, bitten } from './bite.ts';
import type { Fault } from './faults.ts';
import { RULES } from './rules.ts';
import { runMany } from './summary.ts';

export type Task =
  | {
      readonly kind: 'runs';
      readonly from: number;
      readonly to: number;
      readonly without: string | undefined;
      readonly only?: readonly Fault[] | undefined;
    }
  | { readonly kind: 'bite'; readonly rule: string; readonly seeds: number; readonly maxRuns: number };

parentPort?.on('message', async (task: Task) => {
  const without = RULES.find(({ rule }) => rule === (task.kind === 'bite' ? task.rule : task.without));
  if (task.kind === 'runs') {
    parentPort?.postMessage(await runMany(numbers(task.from, task.to), without, task.only));
    return;
  }
  if (without === undefined) throw new Error(`There is no rule "${task.rule}".`);
  const bite: Bite = await bitten(without, task);
  parentPort?.postMessage(bite);
});

function* numbers(from: number, to: number): Generator<number> {
  for (let number = from; number < to; number += 1) yield number;
}
