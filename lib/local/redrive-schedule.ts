import { createFunctionHost } from './function-host.ts';

export interface RedriveSchedule {
  /** The built redrive function. */
  readonly bundleFile: string;
  /** What the upload function is given. */
  readonly environment: Readonly<Record<string, string>>;
  readonly everyMs: number;
  /** What the function has to say, and what became of it if it failed, line by line. */
  onLine(line: string): void;
  /** Resolves early when the signal aborts; never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** That of the deployed stack. */
export const REDRIVE_EVERY_MS = 15 * 60_000;
const TIMEOUT_MS = 120_000;

/** Calls the function again and again, as the deployed stack's rule does, until the signal aborts. Never rejects. */
export async function redriveOnSchedule(schedule: RedriveSchedule, signal: AbortSignal): Promise<void> {
  for (;;) {
    await schedule.sleep(schedule.everyMs, signal);
    if (signal.aborted) return;
    try {
      await redriveOnce(schedule, signal);
    } catch (error) {
      if (!signal.aborted) schedule.onLine(`The scheduled redrive failed: ${String(error)}`);
    }
  }
}

/** In a process of its own, that ends with it: it is needed for a moment, and seldom. */
async function redriveOnce(schedule: RedriveSchedule, signal: AbortSignal): Promise<void> {
  const { bundleFile, environment, onLine } = schedule;
  // It speaks to no Extracta.
  const { UPLOADER_API_TOKEN: _, UPLOADER_EXTRACTA_URL: __, ...own } = environment;
  const host = createFunctionHost({
    functionName: 'extracta-uploader-redrive',
    bundleFile,
    environment: own,
    timeoutMs: TIMEOUT_MS,
    concurrency: 1,
    onLine,
  });
  try {
    await host.invoke({}, signal);
  } finally {
    await host.stop();
  }
}
