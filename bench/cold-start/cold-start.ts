import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** One process, from the import of its bundle. CPU is that of all its threads. */
export interface ColdStart {
  readonly importMs: number;
  readonly importCpuMs: number;
  /** From before the import to the handler's answer. */
  readonly firstMs: number;
  readonly firstCpuMs: number;
  readonly answer: unknown;
}

/** What such a process ends with. */
export type Said = ColdStart | { readonly failed: string };

export interface Starting {
  /** cold-process.ts, bundled. */
  readonly runnerFile: string;
  readonly bundleFile: string;
  readonly event: object;
  /** The whole of it: nothing is inherited. */
  readonly environment: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

const WITHIN_MS = 60_000;

/** As Lambda starts one: no compile cache, and nothing loaded before the bundle. Throws where the process fails. */
export async function startCold(starting: Starting): Promise<ColdStart> {
  const { runnerFile, bundleFile, event, environment, signal } = starting;
  const args = [runnerFile, bundleFile, JSON.stringify(event)];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    // https://nodejs.org/api/cli.html#node_disable_compile_cache1
    env: { ...environment, NODE_DISABLE_COMPILE_CACHE: '1' },
    signal,
    timeout: WITHIN_MS,
    killSignal: 'SIGKILL',
  });
  return saidLast(stdout);
}

/** What the function logs stands before it. Throws where the function failed. */
export function saidLast(stdout: string): ColdStart {
  const said = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Said;
  if ('failed' in said) throw new Error(`A function that was started cold failed: ${said.failed}`);
  return said;
}
