import type { Profiler } from 'node:inspector';
import { flushCompileCache } from 'node:module';
import { pathToFileURL } from 'node:url';
import { sampled } from '../profile/sampler.ts';
import { watchPeak } from './resident-memory.ts';
import { asked, tell } from './two-servers.ts';
import type { Open, Sender } from './variants/variant.ts';
import { type VariantName, variantOf } from './variants/variants.ts';

/** A process of its own: one variant, warmed up, that works off the loads it is sent. */

export interface Load {
  readonly sizeBytes: number;
  readonly count: number;
  readonly atOnce: number;
  /** With a CPU profile of the load; it costs some CPU itself. */
  readonly profile?: true;
}

export interface Taken {
  readonly wallMs: number;
  /** User and system time of the uploader. */
  readonly cpuMs: number;
  /** Resident memory above what it was when the process was warm and idle; null where it is not this process that works. */
  readonly peakAboveIdleBytes: number | null;
}

export type Answer =
  | { readonly taken: Taken; readonly profile?: Profiler.Profile }
  | { readonly failed: string };

/** So that code is compiled and connections stand. */
const WARM_UP: readonly Load[] = [
  { sizeBytes: 10_000, count: 60, atOnce: 10 },
  { sizeBytes: 1_000_000, count: 6, atOnce: 1 },
];
const WARM_UP_PROCESSES: readonly Load[] = [{ sizeBytes: 10_000, count: 1, atOnce: 1 }];

const [name = '', sourceUrl = '', sinkUrl = '', bundleFile] = process.argv.slice(2);
const variant = variantOf(name as VariantName);
process.once('disconnect', () => process.exit());
process.on('SIGINT', () => {});

const open: Open =
  bundleFile === undefined ? await variant.open() : (await import(pathToFileURL(bundleFile).href)).open;
const sender = await open({ sourceUrl, sinkUrl });
for (const load of variant.isProcesses ? WARM_UP_PROCESSES : WARM_UP) await work(sender, load);
flushCompileCache();
tell({ warm: true });
const { idleBytes } = watchPeak();
for (;;) tell(await answerTo(await asked<Load>()));

async function answerTo(load: Load): Promise<Answer> {
  try {
    if (!load.profile) return { taken: await measured(load) };
    const kept: { taken?: Taken } = {};
    const profile = await sampled(async () => {
      kept.taken = await measured(load);
    });
    return { taken: kept.taken as Taken, profile };
  } catch (error) {
    return { failed: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
  }
}

async function measured(load: Load): Promise<Taken> {
  const { peakBytes } = watchPeak();
  const cpuBeforeMs = cpuMs();
  const startedMs = performance.now();
  await work(sender, load);
  const wallMs = performance.now() - startedMs;
  const peakAboveIdleBytes = variant.isProcesses ? null : Math.max(0, peakBytes() - idleBytes);
  return { wallMs, cpuMs: cpuMs() - cpuBeforeMs, peakAboveIdleBytes };
}

function cpuMs(): number {
  if (sender.cpuMs !== undefined) return sender.cpuMs();
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

async function work(to: Sender, { sizeBytes, count, atOnce }: Load): Promise<void> {
  let left = count;
  const one = async () => {
    while (left > 0) {
      left -= 1;
      await to.send(sizeBytes);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, one));
}
