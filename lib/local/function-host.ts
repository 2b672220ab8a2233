import { randomUUID } from 'node:crypto';
import { devNull } from 'node:os';
import { Container, type ContainerOptions, FunctionFailure } from './function-container.ts';

export interface FunctionHostOptions {
  /** Default: the upload function's. */
  readonly functionName?: string;
  /** The built bundle: an ES module that exports `handler`. */
  readonly bundleFile: string;
  /** What the function's environment holds beside what Lambda itself puts there. Nothing is inherited. */
  readonly environment: Readonly<Record<string, string>>;
  /** An invocation that takes longer is killed with its process. */
  readonly timeoutMs: number;
  /** Processes, and so invocations, at once. */
  readonly concurrency: number;
  /** What the function writes, line by line. */
  onLine(line: string): void;
  readonly nowMs?: () => number;
}

export interface FunctionHost {
  /** The function's answer. Rejects with a `FunctionFailure`; an aborted signal kills the invocation (`stopped`). */
  invoke(event: unknown, signal?: AbortSignal): Promise<unknown>;
  /** Has one container ready; rejects if the bundle can't be loaded. */
  warm(): Promise<void>;
  /** Kills what runs. */
  stop(): Promise<void>;
}

const UPLOAD_FUNCTION = 'extracta-uploader-upload';
const MEMORY_LIMIT_MB = 512;
/** Lambda gives a sandbox ten seconds to load; a busy machine gets more. https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html */
const LOAD_MS = 60_000;

/** Runs a Lambda bundle as Lambda does: in processes of their own, each with one invocation at a time, kept warm. */
export function createFunctionHost(options: FunctionHostOptions): FunctionHost {
  const pool = createPool({ ...options, environment: lambdaEnvironment(options) });
  const turns = createTurns(options.concurrency);
  const withContainer = <T>(work: (container: Container) => Promise<T>): Promise<T> =>
    turns(async () => {
      const container = await pool.take();
      return work(container).finally(() => pool.giveBack(container));
    });
  return {
    invoke: (event, signal) => withContainer((container) => invoke(container, event, options, signal)),
    warm: () => withContainer(async () => undefined),
    stop: pool.stop,
  };
}

async function invoke(
  container: Container,
  event: unknown,
  { timeoutMs, functionName = UPLOAD_FUNCTION, nowMs = Date.now }: FunctionHostOptions,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  const stop = () => void container.kill(stoppedFailure());
  if (signal?.aborted === true) throw stoppedFailure();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    const identity = { requestId: randomUUID(), functionName, memoryLimitMb: MEMORY_LIMIT_MB };
    return await container.invoke({ ...identity, event, deadlineMs: nowMs() + timeoutMs }, timeoutMs);
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

/** The one that was used last is taken first: the others may stay cold for ever. */
function createPool(options: ContainerOptions) {
  const all = new Set<Container>();
  const idle: Container[] = [];
  let stopped = false;
  const start = async () => {
    const container = Container.start(options);
    all.add(container);
    try {
      await container.loaded(LOAD_MS);
    } catch (error) {
      all.delete(container);
      throw error;
    }
    return container;
  };
  return {
    take: async (): Promise<Container> => {
      if (stopped) throw stoppedFailure();
      for (let warm = idle.pop(); warm !== undefined; warm = idle.pop()) {
        if (warm.alive) return warm;
        all.delete(warm);
      }
      return start();
    },
    giveBack: (container: Container) => {
      if (container.alive) idle.push(container);
      else all.delete(container);
    },
    stop: async () => {
      stopped = true;
      await Promise.all([...all].map((container) => container.kill(stoppedFailure())));
    },
  };
}

const stoppedFailure = () => new FunctionFailure('stopped', 'The function was stopped.');

/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html */
function lambdaEnvironment({
  environment,
  functionName = UPLOAD_FUNCTION,
}: FunctionHostOptions): Record<string, string> {
  return {
    TZ: 'UTC',
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: functionName,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(MEMORY_LIMIT_MB),
    // A person's own AWS profile has no say in a local run.
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    ...environment,
  };
}

/** At most `cap` at once; the others wait, first come, first served. */
function createTurns(cap: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let free = cap;
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((turn) => waiting.push(turn));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}
