import { setTimeout as sleep } from 'node:timers/promises';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { each } from '../../../lib/local/put.ts';
import { isSettled } from '../../../lib/local/report.ts';
import type { DocumentItem, LedgerItem, SlotItem } from '../../../lib/pipeline/model.ts';
import { type FaultDocument, makeDocuments } from './documents.ts';
import { type Evidence, readLedger, readLetters } from './evidence.ts';
import { type Faults, type Figures, figuresOf } from './figures.ts';
import { type Broken, brokenPromises } from './promises.ts';
import { API_TOKEN, BUCKET, openScene, type Scene } from './scene.ts';
import { shortfalls } from './shortfalls.ts';
import { traceOf } from './trace.ts';

export interface FaultRunOptions {
  readonly documents: number;
  readonly kills: number;
  readonly seed: number;
  /** What does not rest by then is left in flight. Default 220,000. */
  readonly patienceMs?: number;
  onProgress(line: string): void;
}

export interface FaultRun {
  readonly figures: Figures;
  readonly broken: readonly (Broken & { readonly trace: readonly string[] })[];
  /** Everything that the function and its host had to say. */
  readonly log: readonly string[];
}

/** Of fifty kills, 42 while a request is open at Extracta. */
const OPEN_SHARE = 0.84;
const PATIENCE_MS = 220_000;
const INTERVAL_MS = 500;

/** Puts documents into the bucket, lets everything go wrong, waits for rest, and holds what is there to the promises. */
export async function runFaults(options: FaultRunOptions): Promise<FaultRun> {
  const startedMs = performance.now();
  const openKills = Math.round(options.kills * OPEN_SHARE);
  const documents = makeDocuments(options.documents, BUCKET, options.seed);
  const kills = { openKills, ledgerKills: options.kills - openKills };
  await using scene = await openScene({ documents, seed: options.seed, ...kills });
  await putAll(documents, scene);
  const evidence = await evidenceOf(scene, documents, await restOf(scene, documents, options));
  const figures = figuresOf(evidence, faultsOf(scene, performance.now() - startedMs));
  const broken = [...brokenPromises(evidence), ...shortfalls(figures, options.kills, openKills)];
  const traced = broken.map((each) => ({ ...each, trace: traceOf(each, evidence) }));
  return { figures, broken: traced, log: evidence.log };
}

function faultsOf({ extractaFaults, ledgerKills, s3Faults, dynamodbFaults }: Scene, tookMs: number): Faults {
  return {
    kills: extractaFaults.kills + ledgerKills.done,
    killsWithARequestOpen: extractaFaults.kills,
    s3: s3Faults.figures,
    dynamodb: dynamodbFaults.figures,
    seconds: Math.round(tookMs / 100) / 10,
  };
}

/** One in ten is put twice at once: the same bytes are the same document, told of by two events. */
async function putAll(documents: readonly FaultDocument[], { clients }: Scene): Promise<void> {
  const put = async ({ key, bytes }: FaultDocument) => {
    await clients.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: bytes() }));
  };
  await each(documents, async (document) => {
    await Promise.all(document.isPutTwice ? [put(document), put(document)] : [put(document)]);
  });
}

interface Rest {
  readonly items: readonly LedgerItem[];
  readonly messagesLeft: number;
}

/** As things stand once the queue is found empty twice, for then nothing can move any more; or when patience ends. */
async function restOf(
  scene: Scene,
  documents: readonly FaultDocument[],
  { onProgress, patienceMs = PATIENCE_MS }: FaultRunOptions,
): Promise<Rest> {
  const untilMs = performance.now() + patienceMs;
  for (let quiet = 0; ; ) {
    const messagesLeft = await countMessages(scene);
    const items = await readLedger(scene.clients, scene.stack.tableName);
    const settled = items.filter((item) => item.kind === 'document' && isSettled(item)).length;
    onProgress(progressOf(scene, settled, documents.length, messagesLeft));
    quiet = messagesLeft === 0 ? quiet + 1 : 0;
    if (quiet === 2 || performance.now() > untilMs) return { items, messagesLeft };
    await sleep(INTERVAL_MS);
  }
}

async function countMessages({ clients, stack }: Scene): Promise<number> {
  const { Attributes = {} } = await clients.sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: stack.queueUrl, AttributeNames: ['All'] }),
  );
  const {
    ApproximateNumberOfMessages,
    ApproximateNumberOfMessagesNotVisible,
    ApproximateNumberOfMessagesDelayed,
  } = Attributes;
  return (
    Number(ApproximateNumberOfMessages) +
    Number(ApproximateNumberOfMessagesNotVisible) +
    Number(ApproximateNumberOfMessagesDelayed)
  );
}

function progressOf(scene: Scene, settled: number, documents: number, messagesLeft: number): string {
  const { extractaFaults, ledgerKills, s3Faults, dynamodbFaults, extracta } = scene;
  const cuts = extractaFaults.uploads.filter(({ treatment }) => treatment.startsWith('cut')).length;
  return [
    `${settled} of ${documents} settled`,
    `${extracta.truth().length} files at Extracta`,
    `${extractaFaults.kills} + ${ledgerKills.done} kills`,
    `${cuts} cuts`,
    `${s3Faults.figures.failed + dynamodbFaults.figures.failed} answers of 5xx`,
    `${messagesLeft} messages`,
  ].join(' · ');
}

async function evidenceOf(scene: Scene, documents: readonly FaultDocument[], rest: Rest): Promise<Evidence> {
  const { stack, clients, extracta, containers, extractaFaults } = scene;
  const items = rest.items.filter((item): item is DocumentItem => item.kind === 'document');
  return {
    documents,
    items: new Map(items.map((item) => [item.partition, item])),
    slots: rest.items.filter((item): item is SlotItem => item.kind === 'slot'),
    files: extracta.truth(),
    uploads: extractaFaults.uploads,
    heardOf: (fileId) => containers.heardOf(fileId),
    messagesLeft: rest.messagesLeft,
    letters: await readLetters(clients, stack.deadLetterQueueUrl),
    violations: extracta.violations(),
    log: containers.lines,
    secrets: [API_TOKEN, 'files.extracta.invalid'],
  };
}
