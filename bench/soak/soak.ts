import { setTimeout as sleep } from 'node:timers/promises';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { bundleFolder, HANDLER_FILE } from '../../lambdas/bundle-folder.ts';
import { redriveOnSchedule } from '../../lib/local/redrive-schedule.ts';
import { type Holdings, holdings } from '../line/holdings.ts';
import { type Line, openLine } from '../line/open-line.ts';
import { failingScript, Load, type LoadFigures, MAX_ATTEMPTS } from './load.ts';
import { type Containers, type Judgement, judgedSamples, type Sample } from './samples.ts';

export interface SoakOptions {
  readonly minutes: number;
  /** Ends the load early; what was measured until then is judged. */
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

export interface Soak {
  readonly minutes: number;
  readonly load: LoadFigures;
  /** What the function said of documents, how often. */
  readonly events: Readonly<Record<string, number>>;
  readonly invocations: number;
  readonly messagesLeft: number;
  readonly containers: Containers;
  readonly functions: readonly Judgement[];
  /** Emulators, the pump, the embedded Extracta and the one that puts: all in one process. */
  readonly stack: readonly Judgement[];
  /** What the stack's process grew by, from the middle third to the last, for each document put meanwhile. */
  readonly stackBytesADocument: number;
  readonly isFlat: boolean;
}

const CONTAINERS = 4;
const BURST_EVERY_MS = 2_000;
const SAY_EVERY_MS = 30_000;
const REDRIVE_EVERY_MS = 20_000;
/** Quiet time 1 s, attempts 50 ms apart: what would take hours happens within the run. */
const WAITS_DIVISOR = 100;
const WAITS = { quietMs: 100_000, lateLookMs: 200_000 };
/** A duplicate waits for its document's lease. */
const FUNCTION_TIMEOUT_MS = 120_000;
const REST_MS = 150_000;

/** Mixed load on the local stack, its processes sampled at rest before each burst of documents. */
export async function soak(options: SoakOptions): Promise<Soak> {
  const events: Record<string, number> = {};
  await using line = await openLine({
    config: { maxAttempts: MAX_ATTEMPTS, waits: WAITS },
    waitsDivisor: WAITS_DIVISOR,
    concurrency: CONTAINERS,
    functionTimeoutMs: FUNCTION_TIMEOUT_MS,
    script: failingScript(),
    onEvent: ({ event }) => {
      events[String(event)] = (events[String(event)] ?? 0) + 1;
    },
    onLine: options.say,
  });
  const load = new Load(line);
  const redriving = new AbortController();
  const redrives = redriven(line, redriving.signal, options.say);
  const startedMs = performance.now();
  const samples = await sampled(line, load, options, events);
  const minutes = (performance.now() - startedMs) / 60_000;
  redriving.abort();
  await redrives;
  const messagesLeft = await rested(line, options.signal);
  return {
    ...judgedSamples(samples),
    minutes,
    load: load.figures,
    events,
    messagesLeft,
    invocations: line.processes.used().invocations,
  };
}

async function redriven(line: Line, signal: AbortSignal, say: (line: string) => void): Promise<void> {
  await redriveOnSchedule(
    {
      bundleFile: `${await bundleFolder('redrive')}/${HANDLER_FILE}`,
      environment: line.stack.environment,
      everyMs: REDRIVE_EVERY_MS,
      onLine: (text) => {
        if (!text.startsWith('{')) say(text);
      },
      sleep: (ms, until) => sleep(ms, undefined, { signal: until }).catch(() => undefined),
    },
    signal,
  );
}

async function sampled(
  line: Line,
  load: Load,
  { minutes, signal, say }: SoakOptions,
  events: Readonly<Record<string, number>>,
): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  const startedMs = performance.now();
  let saidMs = startedMs;
  while (performance.now() - startedMs < minutes * 60_000 && !signal.aborted) {
    const burstMs = performance.now();
    samples.push(sampleOf(line, load));
    if (burstMs - saidMs >= SAY_EVERY_MS) {
      saidMs = burstMs;
      say(progress(samples, (burstMs - startedMs) / 60_000, events));
    }
    await load.burst();
    const leftMs = BURST_EVERY_MS - (performance.now() - burstMs);
    await sleep(Math.max(0, leftMs), undefined, { signal }).catch(() => undefined);
  }
  return samples;
}

function sampleOf({ processes }: Line, load: Load): Sample {
  const { held, pids } = processes;
  const sum = (of: (each: Holdings) => number) => held.reduce((total, each) => total + of(each), 0);
  return {
    documents: load.figures.documents,
    pids,
    functions: {
      rssBytes: sum(({ rssBytes }) => rssBytes),
      sockets: sum(({ sockets }) => sockets),
      timers: sum(({ timers }) => timers),
      handles: sum(({ handles }) => handles),
    },
    stack: holdings(),
  };
}

function progress(
  samples: readonly Sample[],
  minutes: number,
  events: Readonly<Record<string, number>>,
): string {
  const last = samples.at(-1);
  if (last === undefined) return '';
  const { functions, stack, documents } = last;
  const told = (of: Holdings) =>
    `${Math.round(of.rssBytes / 1024 ** 2)} MB, ${of.sockets} sockets, ${of.timers} timers, ${of.handles} handles`;
  const uploaded = events['document.uploaded'] ?? 0;
  return `${minutes.toFixed(1)} min · ${documents} put, ${uploaded} uploaded · functions ${told(functions)} · stack ${told(stack)}`;
}

/** Waits until the queue is empty, unless it is to end. Resolves with the messages that are left in it. */
async function rested({ clients, stack }: Line, signal: AbortSignal): Promise<number> {
  const untilMs = performance.now() + REST_MS;
  for (;;) {
    const { Attributes = {} } = await clients.sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: stack.queueUrl, AttributeNames: ['All'] }),
    );
    const left = COUNTS.reduce((sum, name) => sum + Number(Attributes[name]), 0);
    if (left === 0 || performance.now() > untilMs || signal.aborted) return left;
    await sleep(500, undefined, { signal }).catch(() => undefined);
  }
}

const COUNTS = [
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesNotVisible',
  'ApproximateNumberOfMessagesDelayed',
] as const;
