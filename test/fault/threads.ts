import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

/** Runs each task on one of as many threads as there are cores, and answers the results in the tasks' order. */
export async function onThreads<Task, Result>(
  tasks: readonly Task[],
  onResult: (result: Result, task: Task) => void = () => {},
): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const thread = async () => {
    const worker = new Worker(new URL('./thread.ts', import.meta.url));
    try {
      for (let at = next++; at < tasks.length; at = next++) {
        const result = await done<Result>(worker, tasks[at]);
        results[at] = result;
        onResult(result, tasks[at] as Task);
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), tasks.length) }, thread));
  return results;
}

function done<Result>(worker: Worker, task: unknown): Promise<Result> {
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('message', (result: Result) => {
      worker.off('error', reject);
      resolve(result);
    });
    worker.postMessage(task);
  });
}
