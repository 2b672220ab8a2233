import { setTimeout as sleep } from 'node:timers/promises';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { type Calls, countCalls } from './calls.ts';
import { type Used, usedBetween } from './measured.ts';
import { type Line, openLine } from './open-line.ts';

export interface LineRun {
  readonly documents: number;
  readonly seconds: number;
  /** Of the function's processes together. */
  readonly function: Used;
  /** Of the process with the emulators, the pump, the embedded Extracta and the one that puts. */
  readonly stackCpuMs: number;
  /** By service: what the function called. */
  readonly calls: Readonly<Record<Service, Calls>>;
  /** What the event-source mapping called of SQS. */
  readonly pollerCalls: Calls;
  /** From the start of each put until the function said that its mapping is recorded. */
  readonly tookMs: readonly number[];
}

export const SERVICES = ['S3', 'DynamoDB', 'SQS', 'Extracta'] as const;
export type Service = (typeof SERVICES)[number];

export interface LineLoad {
  readonly documents: number;
  /** Put before anything is counted: code is compiled, connections stand. */
  readonly warmUp: number;
  readonly documentBytes: number;
  /** A new folder, and so a new batch, after so many. */
  readonly inAFolder: number;
  readonly signal: AbortSignal;
}

/** Put and not yet mapped, at most: enough to keep every container's next delivery full. */
const IN_FLIGHT = 60;
const CONTAINERS = 2;

/** What this process has asked of others since it began to count; counting begins with the first line. */
let counted: (() => Calls) | undefined;

/** Puts documents as fast as the line takes them, and resolves when all are mapped. */
export async function runLine(load: LineLoad): Promise<LineRun> {
  counted ??= countCalls();
  const flow = new Flow();
  await using line = await openLine({
    concurrency: CONTAINERS,
    onEvent: (event) => flow.heard(event),
    onLine: () => undefined,
  });
  await flow.run(line, { ...load, documents: load.warmUp, prefix: 'warm-up' });
  await flow.rested(line);
  const before = readingOf(line, counted());
  const startedMs = performance.now();
  const tookMs = await flow.run(line, { ...load, prefix: 'measured' });
  const seconds = (performance.now() - startedMs) / 1000;
  await flow.rested(line);
  const after = readingOf(line, counted());
  const used = usedBetween(before.used, after.used);
  const polled = usedBetween({ ...NOTHING, calls: before.calls }, { ...NOTHING, calls: after.calls });
  return {
    documents: load.documents,
    seconds,
    function: used,
    stackCpuMs: after.stackCpuMs - before.stackCpuMs,
    calls: byService(used.calls, line),
    pollerCalls: pollerCallsOf(polled.calls, line),
    tookMs,
  };
}

const NOTHING = { cpuMs: 0, billedMs: 0, invocations: 0 };

function readingOf(line: Line, calls: Calls) {
  const { user, system } = process.cpuUsage();
  return { used: line.processes.used(), stackCpuMs: (user + system) / 1000, calls };
}

interface FlowLoad extends LineLoad {
  readonly prefix: string;
}

/** Keeps so many documents on their way, and notes how long each was. */
class Flow {
  readonly #waiting = new Map<string, () => void>();
  #put = 0;
  #acknowledged = 0;
  #deliveries = 0;

  /** Every line of the function's journal. */
  heard({ event, object, acknowledged }: Readonly<Record<string, unknown>>): void {
    if (event === 'document.uploaded') this.#waiting.get(String(object))?.();
    if (event !== 'delivery.answered') return;
    this.#deliveries += 1;
    this.#acknowledged += Number(acknowledged);
  }

  /** Resolves when every invocation has ended and said what it used: that comes after the mappings. */
  async rested({ processes }: Line): Promise<void> {
    while (this.#acknowledged < this.#put || processes.used().invocations < this.#deliveries) await sleep(5);
  }

  async run(line: Line, load: FlowLoad): Promise<readonly number[]> {
    const tookMs: number[] = [];
    const numbers = Array.from({ length: load.documents }, (_, n) => n).values();
    const worker = async () => {
      for (const n of numbers) {
        load.signal.throwIfAborted();
        tookMs.push(await this.#mapped(line, keyOf(n, load), bodyOf(n, load)));
      }
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
    return tookMs;
  }

  async #mapped({ clients, stack }: Line, Key: string, Body: Buffer): Promise<number> {
    const object = `${stack.bucket}/${Key}`;
    const mapped = new Promise<void>((resolve) => this.#waiting.set(object, resolve));
    this.#put += 1;
    const startedMs = performance.now();
    await clients.s3.send(new PutObjectCommand({ Bucket: stack.bucket, Key, Body }));
    await mapped;
    this.#waiting.delete(object);
    return performance.now() - startedMs;
  }
}

const keyOf = (n: number, { prefix, inAFolder }: FlowLoad) =>
  `${prefix} ${Math.floor(n / inAFolder)}/contract-${n}.pdf`;

const bodyOf = (n: number, { documentBytes }: FlowLoad) => Buffer.alloc(documentBytes, `document ${n} `);

function byService(calls: Calls, { stack, extracta }: Line): Record<Service, Calls> {
  const { s3, dynamodb, sqs } = stack.endpoints;
  return {
    S3: callsTo(calls, s3),
    DynamoDB: callsTo(calls, dynamodb),
    SQS: callsTo(calls, sqs),
    Extracta: callsTo(calls, extracta.url),
  };
}

function callsTo(calls: Calls, url: string): Calls {
  const { host } = new URL(url);
  const there = Object.entries(calls).flatMap(([name, count]) =>
    name.startsWith(`${host} `) && count > 0 ? [[name.slice(host.length + 1), count] as const] : [],
  );
  return Object.fromEntries(there);
}

/** Sending is S3's part. */
function pollerCallsOf(calls: Calls, { stack }: Line): Calls {
  const { SendMessage: _, ...polling } = callsTo(calls, stack.endpoints.sqs);
  return polling;
}

export const callCount = (calls: Calls): number => Object.values(calls).reduce((sum, each) => sum + each, 0);
