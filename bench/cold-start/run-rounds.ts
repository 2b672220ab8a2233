import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { bundleEntry, bundleLambda, type LambdaBundle } from '../../lambdas/bundle.ts';
import { sqsRecord } from '../../lib/local/pump-record.ts';
import { LOCAL_ACCESS_KEY_ID } from '../../lib/local/s3.ts';
import type { Asked } from '../section.ts';
import { inTurn } from '../streaming/plan.ts';
import { type ColdStart, startCold } from './cold-start.ts';
import { CLASSIFICATION_ID, DOCUMENT_BYTES, REGION, TABLE_NAME, TOKEN } from './names.ts';
import { type Places, type StandIns, startStandIns } from './stand-ins.ts';

const NAMES = ['ours', 'bare', 'plain'] as const;

/** `plain` is `bare` as esbuild bundles it without our settings. */
export type ColdName = (typeof NAMES)[number];

/** One process of each, one after the other. */
export type Round = Readonly<Record<ColdName, ColdStart>>;

export interface Rounds {
  readonly rounds: readonly Round[];
  readonly bundles: Bundles;
}

export type Bundles = Readonly<Record<ColdName, Pick<LambdaBundle, 'file' | 'sizeBytes' | 'metafile'>>>;

interface Scene {
  readonly bundles: Bundles;
  readonly runnerFile: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly standIns: StandIns;
}

/** Discarded: the stand-ins compile as they go, and the bundles come from the disk. */
const WARM_UP_ROUNDS = 2;
/** Where nobody listens: a first upload asks no queue. */
const NOWHERE = 'http://127.0.0.1:9';
const ACKNOWLEDGED = '{"batchItemFailures":[]}';

/** Starts all cold, round after round; which one goes first changes. Throws where one did not do its work. */
export async function runRounds(count: number, { signal }: Asked): Promise<Rounds> {
  await using opened = new AsyncDisposableStack();
  const all = count + WARM_UP_ROUNDS;
  const scene = await openScene(NAMES.length * all, signal, opened);
  const rounds: Round[] = [];
  for (let at = 0; at < all; at += 1) {
    const round: Partial<Record<ColdName, ColdStart>> = {};
    for (const name of inTurn(NAMES, at)) {
      const document = NAMES.length * at + NAMES.indexOf(name);
      round[name] = await start(scene, scene.bundles[name].file, document, signal);
    }
    rounds.push(round as Round);
  }
  const uploaded = await scene.standIns.accepted();
  if (uploaded !== all) throw new Error(`${uploaded} of ${all} documents were uploaded`);
  rounds.forEach(checkAnswers);
  return { rounds: rounds.slice(WARM_UP_ROUNDS), bundles: scene.bundles };
}

/** What failed may well be fast. */
export function checkAnswers({ ours, bare, plain }: Round): void {
  const answered = JSON.stringify(ours.answer);
  if (answered !== ACKNOWLEDGED) throw new Error(`A first upload was answered ${answered}`);
  for (const { answer } of [bare, plain])
    if (answer !== DOCUMENT_BYTES) throw new Error(`A bare handler read ${JSON.stringify(answer)} bytes`);
}

async function openScene(
  documents: number,
  signal: AbortSignal,
  opened: AsyncDisposableStack,
): Promise<Scene> {
  const folder = opened.adopt(await mkdtemp(join(tmpdir(), 'uploader-cold-start-')), (made) =>
    rm(made, { recursive: true, force: true, maxRetries: 3 }),
  );
  const entry = (file: string) => bundleEntry(join(import.meta.dirname, `${file}.ts`), join(folder, file));
  const bundles: Bundles = {
    ours: await bundleLambda('upload', join(folder, 'upload')),
    bare: await entry('bare-handler'),
    plain: await bundledPlainly('bare-handler', join(folder, 'plain')),
  };
  const { file: runnerFile } = await entry('cold-process');
  const standIns = opened.use(await startStandIns(join(folder, 'data'), documents, signal));
  const configFile = join(folder, 'uploader.config.json');
  const routes = [{ prefix: '', classificationId: CLASSIFICATION_ID }];
  await writeFile(configFile, JSON.stringify({ routes }));
  return { bundles, runnerFile, standIns, environment: environmentOf(standIns.places, configFile) };
}

/** What `esbuild --bundle --minify --platform=node` makes of it. */
async function bundledPlainly(name: string, folder: string): Promise<Bundles['plain']> {
  const file = join(folder, 'index.cjs');
  const { metafile } = await build({
    entryPoints: [join(import.meta.dirname, `${name}.ts`)],
    outfile: file,
    bundle: true,
    minify: true,
    platform: 'node',
    metafile: true,
  });
  return { file, metafile, sizeBytes: (await stat(file)).size };
}

/** The same for all. The token is given and not fetched: the bare handler asks Secrets Manager for nothing either. */
function environmentOf({ s3, dynamodb, extracta }: Places, configFile: string) {
  return {
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: LOCAL_ACCESS_KEY_ID,
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_S3: s3,
    AWS_ENDPOINT_URL_DYNAMODB: dynamodb,
    AWS_ENDPOINT_URL_SQS: NOWHERE,
    UPLOADER_CONFIG_FILE: configFile,
    UPLOADER_TABLE_NAME: TABLE_NAME,
    UPLOADER_QUEUE_URL: `${NOWHERE}/000000000000/arrivals`,
    UPLOADER_DEAD_LETTER_QUEUE_URL: `${NOWHERE}/000000000000/dead-letters`,
    UPLOADER_EXTRACTA_URL: extracta,
    UPLOADER_API_TOKEN: TOKEN,
    UPLOADER_FORCE_PATH_STYLE: 'true',
  };
}

function start(scene: Scene, bundleFile: string, document: number, signal: AbortSignal): Promise<ColdStart> {
  const { runnerFile, environment, standIns } = scene;
  const event = deliveryOf(standIns.places.events[document] ?? '', document);
  return startCold({ runnerFile, bundleFile, event, environment, signal });
}

function deliveryOf(Body: string, document: number) {
  const nowMs = String(Date.now());
  const Attributes = {
    ApproximateReceiveCount: '1',
    SentTimestamp: nowMs,
    ApproximateFirstReceiveTimestamp: nowMs,
  };
  const message = { MessageId: `m-${document}`, ReceiptHandle: `r-${document}`, Body, Attributes };
  return { Records: [sqsRecord(message, `arn:aws:sqs:${REGION}:000000000000:arrivals`, REGION)] };
}
