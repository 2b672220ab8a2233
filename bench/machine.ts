import { cpus, release, totalmem, type } from 'node:os';

/** What a figure was measured on, and when. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly node: string;
  readonly system: string;
  /** ISO 8601, the day alone. */
  readonly date: string;
}

export function thisMachine(nowMs: number): Machine {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() || 'unknown',
    cores: processors.length,
    memoryBytes: totalmem(),
    node: process.version,
    system: `${type()} ${release()}`,
    date: new Date(nowMs).toISOString().slice(0, 10),
  };
}

export function machineShown({ cpu, cores, memoryBytes, node, system, date }: Machine): string {
  const memory = `${(memoryBytes / 1024 ** 3).toFixed(0)} GiB`;
  return `${cores} cores of ${cpu}, ${memory} of memory, ${system}, Node ${node}, on ${date}`;
}
