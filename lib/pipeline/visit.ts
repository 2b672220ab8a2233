import type { ContainerMemory } from './container-memory.ts';
import type { Ports } from './ports.ts';
import type { PipelineSettings } from './settings.ts';

/** What one invocation works with. */
export interface Visit {
  readonly ports: Ports;
  readonly settings: PipelineSettings;
  /** What this container remembers between invocations. */
  readonly memory: ContainerMemory;
  /** When the platform kills this invocation. */
  readonly deadlineMs: number;
  /** Aborts shortly before the deadline, in time to close what is open and to write down what is known. */
  readonly signal: AbortSignal;
}
