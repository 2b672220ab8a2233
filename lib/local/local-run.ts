import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type CloudClients, createClients } from '../aws/clients.ts';
import type { LedgerTable } from '../aws/ledger.ts';
import { createLedgerQueries, type LedgerQueries } from '../aws/ledger-queries.ts';
import { createOutbox } from '../aws/outbox.ts';
import { CONFIG_FILE_NAME, parseUploaderConfig } from '../config/uploader-config.ts';
import { DEFAULT_WAITS } from '../pipeline/settings.ts';
import { BadInput } from './bad-input.ts';
import type { StartCommand } from './command.ts';
import { type DataFolder, openDataFolder } from './data-folder.ts';
import { type ExtractaInUse, openExtracta } from './extracta-in-use.ts';
import { FolderInUse } from './folder-hold.ts';
import { PortTaken } from './loopback.ts';
import { REDRIVE_EVERY_MS, redriveOnSchedule } from './redrive-schedule.ts';
import type { RestartPorts } from './restart.ts';
import { type LocalStack, startLocalStack } from './stack.ts';

/** Everything that a run works with, open. Disposing closes it all, in order. */
export interface LocalRun extends AsyncDisposable {
  readonly data: DataFolder;
  readonly extracta: ExtractaInUse;
}

export interface RunningStack extends AsyncDisposable {
  readonly stack: LocalStack;
  readonly table: LedgerTable;
  readonly queries: LedgerQueries;
  readonly ports: RestartPorts;
  /** Sends dead letters back by the schedule, until the signal aborts. Never rejects. */
  redriveOnSchedule(signal: AbortSignal): Promise<void>;
}

export interface FunctionsGiven {
  /** The built functions; a run that ends by itself waits for no redrive. */
  readonly bundleFile: string;
  readonly redriveBundleFile: string | undefined;
  readonly extraEnvironment: Readonly<Record<string, string>>;
}

const IMPATIENT_DIVISOR = 100;

/** How wrong two clocks may be: nothing held by a process that is gone is held longer. */
export const leaseMarginMs = (command: StartCommand): number => DEFAULT_WAITS.skewMs / waitsDivisor(command);

export const waitsDivisor = ({ impatient }: StartCommand): number => (impatient ? IMPATIENT_DIVISOR : 1);

/** How long after its answer was lost "not there" counts. */
export const quietMs = (command: StartCommand, { isEmbedded }: ExtractaInUse): number =>
  (isEmbedded ? EMBEDDED_WAITS : DEFAULT_WAITS).quietMs / waitsDivisor(command);

/** `directory`: where a relative `--data` begins. Throws `BadInput`. */
export async function openRun(
  command: StartCommand,
  apiToken: string | undefined,
  directory: string,
): Promise<LocalRun> {
  await using opened = new AsyncDisposableStack();
  const data = opened.use(await openDataFolder(command.data, directory));
  const place = { dataDir: data.folder, waitsDivisor: waitsDivisor(command) };
  const extracta = opened.use(await openExtracta(command, apiToken, place));
  const everything = opened.move();
  return { data, extracta, [Symbol.asyncDispose]: () => everything.disposeAsync() };
}

/** Throws `BadInput` where the port is taken or the folder is in use. */
export async function openStack(
  command: StartCommand,
  run: LocalRun,
  given: FunctionsGiven,
  onLine: (line: string) => void,
): Promise<RunningStack> {
  await using opened = new AsyncDisposableStack();
  const { data, extracta } = run;
  const stack = await startLocalStack({
    dataDir: data.folder,
    s3Port: command.port,
    bundleFile: given.bundleFile,
    configFile: await writeConfig(command, run),
    extractaUrl: extracta.url,
    apiToken: extracta.token,
    waitsDivisor: waitsDivisor(command),
    extraEnvironment: {
      ...given.extraEnvironment,
      UPLOADER_EXTRACTA_IS_EMBEDDED: String(extracta.isEmbedded),
    },
    onLine,
  }).catch((error: unknown) => {
    throw refusalOf(error, command);
  });
  opened.defer(() => stack.stop());
  const clients = opened.adopt(clientsFor(stack), (made) => made.destroy());
  const everything = opened.move();
  const { bucket, queueUrl, deadLetterQueueUrl, tableName } = stack;
  const table = { client: clients.dynamodb, tableName };
  return {
    stack,
    table,
    queries: createLedgerQueries(table),
    ports: {
      s3: clients.s3,
      bucket,
      outbox: createOutbox({ client: clients.sqs, queueUrl, deadLetterQueueUrl }),
    },
    redriveOnSchedule: async (signal) => {
      const { redriveBundleFile: bundleFile } = given;
      const everyMs = REDRIVE_EVERY_MS / waitsDivisor(command);
      if (bundleFile === undefined) return;
      await redriveOnSchedule({ bundleFile, environment: stack.environment, everyMs, onLine, sleep }, signal);
    },
    [Symbol.asyncDispose]: () => everything.disposeAsync(),
  };
}

const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
  delay(ms, undefined, { signal }).catch(() => undefined);

/** The embedded Extracta shows a file as soon as it has it, and what it has not when we end never comes. */
const EMBEDDED_WAITS = { quietMs: 5000 };

async function writeConfig({ batchBy }: StartCommand, { data, extracta }: LocalRun): Promise<string> {
  const route = {
    name: 'local',
    prefix: '',
    classificationId: extracta.classificationId,
    batch: { by: batchBy },
  };
  const config = parseUploaderConfig({
    routes: [route],
    ...(extracta.isEmbedded ? { waits: EMBEDDED_WAITS } : {}),
  });
  const file = join(data.folder, CONFIG_FILE_NAME);
  await writeFile(file, `${JSON.stringify(config, undefined, 2)}\n`);
  return file;
}

/** A large file takes as long as it takes. */
const PUT_PATIENCE_MS = 24 * 60 * 60 * 1000;

function clientsFor({ endpoints, environment }: LocalStack): CloudClients {
  const credentials = {
    accessKeyId: environment['AWS_ACCESS_KEY_ID'] ?? '',
    secretAccessKey: environment['AWS_SECRET_ACCESS_KEY'] ?? '',
  };
  return createClients({
    connection: { region: environment['AWS_REGION'] ?? '', credentials, endpoints },
    forcePathStyle: true,
    // A body that was half sent can't be sent again.
    maxAttempts: 1,
    answerTimeoutMs: PUT_PATIENCE_MS,
  });
}

function refusalOf(error: unknown, { port, data }: StartCommand): unknown {
  if (error instanceof PortTaken)
    return new BadInput(`Port ${port} is taken: give another --port, or leave it out.`);
  if (error instanceof FolderInUse)
    return new BadInput(`--data ${data} is in use by another run: stop that one, or name another folder.`);
  if ((error as NodeJS.ErrnoException).code === 'EACCES' && port > 0 && port < 1024)
    return new BadInput(`Port ${port} may not be used: give a --port from 1024.`);
  return error;
}
