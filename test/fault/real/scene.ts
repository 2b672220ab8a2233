import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleLambda } from '../../../lambdas/bundle.ts';
import { type CloudClients, createClients } from '../../../lib/aws/clients.ts';
import { parseUploaderConfig } from '../../../lib/config/uploader-config.ts';
import { type LocalExtracta, startLocalExtracta } from '../../../lib/local/extracta/server.ts';
import { type LocalStack, startLocalStack } from '../../../lib/local/stack.ts';
import { tagIn } from '../../../lib/pipeline/file-name.ts';
import { DYNAMODB_FAILS, S3_FAILS, ServiceFaults } from './aws-faults.ts';
import { Containers } from './containers.ts';
import type { FaultDocument } from './documents.ts';
import { ExtractaFaults } from './extracta-faults.ts';
import { startFaultProxy } from './fault-proxy.ts';
import { LedgerKills } from './ledger-kills.ts';

export const BUCKET = 'documents';
export const API_TOKEN = 'token-of-the-fault-run';
const CLASSIFICATION = { id: '-OfaultRun1234567890', name: 'Fault run' };

const WAITS_DIVISOR = 100;
/** 5 min / 25: a hundredth would be less than a process takes to start on a busy machine. */
const FUNCTION_TIMEOUT_MS = 12_000;
/** 30 min / 138: a killed delivery comes back when its leases have just lapsed. */
const VISIBILITY_SECONDS = 13;
/** Before they are divided. The embedded Extracta shows a file as soon as it has it. */
const WAITS = { quietMs: 100_000, lateLookMs: 200_000 };
/** 5 % errors and 50 kills spend attempts that an ordinary month does not. */
const MAX_ATTEMPTS = 100;
const CONCURRENCY = 4;
/** Fewer at once, so that a kill does not end all that its container was given. */
const RECORDS_AT_ONCE = 4;

export interface SceneOptions {
  readonly documents: readonly FaultDocument[];
  readonly openKills: number;
  readonly ledgerKills: number;
  readonly seed: number;
}

/** What goes wrong on the way to AWS. */
interface AwsFaults {
  readonly ledgerKills: LedgerKills;
  readonly s3Faults: ServiceFaults;
  readonly dynamodbFaults: ServiceFaults;
}

/** The whole uploader in processes of its own, and everything that goes wrong around it. */
export interface Scene extends AwsFaults, AsyncDisposable {
  readonly stack: LocalStack;
  /** Past the faults. */
  readonly clients: CloudClients;
  readonly extracta: LocalExtracta;
  readonly containers: Containers;
  readonly extractaFaults: ExtractaFaults;
}

export async function openScene(options: SceneOptions): Promise<Scene> {
  await using opened = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'uploader-fault-'));
  opened.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  const containers = opened.use(new Containers());
  const { extracta, extractaFaults } = await openExtracta(options, containers);
  opened.defer(extracta.close);
  const faults = awsFaults(options, containers);
  const stack = await startLocalStack({
    ...(await functionIn(folder)),
    dataDir: join(folder, 'data'),
    extractaUrl: extracta.url,
    functionEndpoints: (endpoints) => proxied(endpoints, faults, opened),
    onLine: containers.read,
  });
  opened.defer(stack.stop);
  const clients = opened.adopt(clientsFor(stack), (made) => made.destroy());
  const everything = opened.move();
  const close = () => everything.disposeAsync();
  return { ...faults, stack, clients, extracta, containers, extractaFaults, [Symbol.asyncDispose]: close };
}

function awsFaults({ documents, ledgerKills: kills, seed }: SceneOptions, containers: Containers): AwsFaults {
  return {
    ledgerKills: new LedgerKills({ kills, documents: documents.length, seed, containers }),
    s3Faults: new ServiceFaults('s3', seed, S3_FAILS),
    dynamodbFaults: new ServiceFaults('dynamodb', seed, DYNAMODB_FAILS),
  };
}

/** The emulators behind proxies, which are closed with all that is open. */
async function proxied(
  { s3, sqs, dynamodb }: LocalStack['endpoints'],
  { ledgerKills, s3Faults, dynamodbFaults }: AwsFaults,
  opened: AsyncDisposableStack,
): Promise<LocalStack['endpoints']> {
  const toS3 = opened.use(await startFaultProxy(s3, s3Faults.treat));
  const toDynamoDb = opened.use(
    await startFaultProxy(dynamodb, (request) => ledgerKills.treat(request) ?? dynamodbFaults.treat(request)),
  );
  return { s3: toS3.endpoint, sqs, dynamodb: toDynamoDb.endpoint };
}

async function openExtracta({ documents, openKills, seed }: SceneOptions, containers: Containers) {
  const byTag = new Map(documents.map((document) => [document.tag, document]));
  const held = () => extracta.truth().map(({ fileName }) => tagIn(fileName));
  const faults = new ExtractaFaults({ seed, kills: openKills, containers, byTag, tagIn, held });
  const extracta = await startLocalExtracta({
    token: API_TOKEN,
    classifications: [CLASSIFICATION],
    // The gate's 2 s are divided as well, and nobody can hold a pace of 20 ms over two processes.
    paceMs: 0,
    script: faults.script,
  });
  return { extracta, extractaFaults: faults };
}

/** The function, built now, and what it is told. */
async function functionIn(folder: string) {
  const { file } = await bundleLambda('upload', join(folder, 'bundle'));
  return {
    bundleFile: join(import.meta.dirname, 'announcing-handler.ts'),
    configFile: await writeConfig(folder),
    apiToken: API_TOKEN,
    waitsDivisor: WAITS_DIVISOR,
    functionTimeoutMs: FUNCTION_TIMEOUT_MS,
    visibilitySeconds: VISIBILITY_SECONDS,
    concurrency: CONCURRENCY,
    extraEnvironment: {
      FAULT_BUNDLE_FILE: file,
      UPLOADER_EXTRACTA_IS_EMBEDDED: 'true',
      UPLOADER_RECORD_CONCURRENCY: String(RECORDS_AT_ONCE),
    },
  };
}

async function writeConfig(folder: string): Promise<string> {
  const route = { name: 'fault', prefix: '', classificationId: CLASSIFICATION.id, batch: { by: 'folder' } };
  const config = parseUploaderConfig({ routes: [route], maxAttempts: MAX_ATTEMPTS, waits: WAITS });
  const file = join(folder, 'uploader.config.json');
  await writeFile(file, JSON.stringify(config));
  return file;
}

function clientsFor({ endpoints, environment }: LocalStack): CloudClients {
  const credentials = {
    accessKeyId: environment['AWS_ACCESS_KEY_ID'] ?? '',
    secretAccessKey: environment['AWS_SECRET_ACCESS_KEY'] ?? '',
  };
  const region = environment['AWS_REGION'] ?? '';
  return createClients({ connection: { region, credentials, endpoints }, forcePathStyle: true });
}
