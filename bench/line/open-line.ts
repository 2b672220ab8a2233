import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleFolder, HANDLER_FILE } from '../../lambdas/bundle-folder.ts';
import { type CloudClients, createClients } from '../../lib/aws/clients.ts';
import { parseUploaderConfig } from '../../lib/config/uploader-config.ts';
import type { Script } from '../../lib/local/extracta/behaviour.ts';
import { type LocalExtracta, startLocalExtracta } from '../../lib/local/extracta/server.ts';
import { type LocalStack, startLocalStack } from '../../lib/local/stack.ts';
import { FunctionProcesses } from './measured.ts';

const TOKEN = 'token-of-the-benchmark';
const CLASSIFICATION = { id: '-Obenchmark123456789', name: 'Benchmark' };

/** Of the one that puts: on a busy machine an emulator may be slow. */
const PATIENCE_MS = 120_000;

export interface LineOptions {
  /** Beside its one route. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly route?: Readonly<Record<string, unknown>>;
  readonly waitsDivisor?: number;
  readonly concurrency?: number;
  readonly functionTimeoutMs?: number;
  readonly script?: Script;
  /** One journal line of the function's. */
  onEvent(event: Readonly<Record<string, unknown>>): void;
  /** Whatever is neither that nor a metric. */
  onLine(line: string): void;
  /** Every line that the function wrote, in bytes with its end. */
  onLogged?(bytes: number): void;
}

/** The local stack with the deployed bundle, its processes measured, and an Extracta that answers at once. */
export interface Line extends AsyncDisposable {
  readonly stack: LocalStack;
  readonly clients: CloudClients;
  readonly extracta: LocalExtracta;
  readonly processes: FunctionProcesses;
}

export async function openLine(options: LineOptions): Promise<Line> {
  await using opened = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'uploader-bench-'));
  opened.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  const { script, functionTimeoutMs } = options;
  const extracta = await startLocalExtracta({
    token: TOKEN,
    classifications: [CLASSIFICATION],
    paceMs: 0,
    ...(script === undefined ? {} : { script }),
  });
  opened.defer(extracta.close);
  const processes = new FunctionProcesses();
  const stack = await startLocalStack({
    dataDir: join(folder, 'data'),
    bundleFile: join(import.meta.dirname, 'measured-handler.ts'),
    configFile: await writeConfig(folder, options),
    extractaUrl: extracta.url,
    apiToken: TOKEN,
    waitsDivisor: options.waitsDivisor ?? 1,
    concurrency: options.concurrency ?? 2,
    ...(functionTimeoutMs === undefined ? {} : { functionTimeoutMs }),
    extraEnvironment: {
      BENCH_BUNDLE_FILE: join(await bundleFolder('upload'), HANDLER_FILE),
      UPLOADER_EXTRACTA_IS_EMBEDDED: 'true',
    },
    onLine: (line) => read(line, processes, options),
  });
  opened.defer(stack.stop);
  const clients = opened.adopt(clientsFor(stack), (made) => made.destroy());
  const everything = opened.move();
  return { stack, clients, extracta, processes, [Symbol.asyncDispose]: () => everything.disposeAsync() };
}

function read(line: string, processes: FunctionProcesses, options: LineOptions): void {
  if (processes.read(line)) return;
  options.onLogged?.(Buffer.byteLength(line) + 1);
  const said = line.startsWith('{') ? (JSON.parse(line) as Readonly<Record<string, unknown>>) : {};
  if ('event' in said) options.onEvent(said);
  else if (!('_aws' in said)) options.onLine(line);
}

async function writeConfig(folder: string, { config, route }: LineOptions): Promise<string> {
  const only = { name: 'bench', prefix: '', classificationId: CLASSIFICATION.id, ...route };
  const file = join(folder, 'uploader.config.json');
  await writeFile(file, JSON.stringify(parseUploaderConfig({ ...config, routes: [only] })));
  return file;
}

function clientsFor({ endpoints, environment }: LocalStack): CloudClients {
  const credentials = {
    accessKeyId: environment['AWS_ACCESS_KEY_ID'] ?? '',
    secretAccessKey: environment['AWS_SECRET_ACCESS_KEY'] ?? '',
  };
  const region = environment['AWS_REGION'] ?? '';
  return createClients({
    connection: { region, credentials, endpoints },
    forcePathStyle: true,
    answerTimeoutMs: PATIENCE_MS,
  });
}
