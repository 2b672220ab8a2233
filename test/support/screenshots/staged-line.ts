import { PutObjectCommand } from '@aws-sdk/client-s3';
import { createClients } from '../../../lib/aws/clients.ts';
import { createLedger } from '../../../lib/aws/ledger.ts';
import { createLedgerQueries, type LedgerQueries } from '../../../lib/aws/ledger-queries.ts';
import { newPushId } from '../../../lib/local/extracta/push-id.ts';
import { documentKey } from '../../../lib/pipeline/identity.ts';
import type { DocumentItem } from '../../../lib/pipeline/model.ts';
import type { Ledger } from '../../../lib/pipeline/ports.ts';
import { type ConsoleWorld, REJECTED } from '../../flow/console-world.ts';

/** A line at work, with an hour behind it that was written into its ledger: nobody waits an hour for a picture. */
export interface StagedLine extends Disposable {
  /** Resolves when every document stands where the picture wants it. */
  readonly settled: Promise<void>;
}

const BUCKET = 'documents';
const CLASSIFICATION_ID = '-OclassificationAAAA1';
const FOLDERS = ['invoices/2026-03/', 'contracts/', 'scans/'] as const;

export async function stageLine(world: ConsoleWorld): Promise<StagedLine> {
  const { region, endpoints, tableName } = world.line;
  const credentials = { accessKeyId: 'S3RVER', secretAccessKey: 'local' };
  const clients = createClients({ forcePathStyle: true, connection: { region, endpoints, credentials } });
  const table = { client: clients.dynamodb, tableName };
  await writeHour(createLedger(table));
  const put = (Key: string, bytes: number) =>
    clients.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: Buffer.alloc(bytes, 'x') }));
  const held = Promise.withResolvers<void>();
  for (const name of ['lease', 'statement', 'minutes', 'deed'])
    world.treat(name, { holdBefore: held.promise });
  world.treat('photo', REJECTED);
  const queries = createLedgerQueries(table);
  const all = async () => {
    await Promise.all([
      put('scans/photo of a cat.jpg', 48_211),
      put('scans/photo, upside down.jpg', 93_400),
      put('scans/notes.xlsx', 12_000),
      put('invoices/2026-03/empty.pdf', 0),
    ]);
    await until(queries, 'parked', 4);
    await put('contracts/lease.pdf', 2_400_000);
    await until(queries, 'uploading', 1);
    // Its batch is not known before Extracta answers: these wait for it.
    await Promise.all([put('contracts/annex A.pdf', 61_000), put('contracts/annex B.pdf', 44_500)]);
    await until(queries, 'waiting', 2);
    await put('invoices/2026-03/statement.pdf', 780_000);
    await put('board/minutes.docx', 35_000);
    await put('land/deed.tif', 5_200_000);
    await until(queries, 'uploading', 4);
    // All the function's hands are full.
    await Promise.all(['one', 'two', 'three'].map((name) => put(`scans/later ${name}.png`, 20_000)));
  };
  return {
    settled: all(),
    [Symbol.dispose]: () => {
      held.resolve();
      clients.destroy();
    },
  };
}

async function until(
  queries: LedgerQueries,
  state: 'parked' | 'uploading' | 'waiting',
  count: number,
): Promise<void> {
  for (;;) {
    let seen = 0;
    for await (const _ of queries.unsettled(state)) seen += 1;
    if (seen >= count) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** As a working hour is: it swells, ebbs, and once stands still. */
async function writeHour(ledger: Ledger): Promise<void> {
  const batches = new Map(FOLDERS.map((folder) => [folder, newPushId(Date.now())]));
  const nowMs = Date.now();
  let nth = 0;
  for (let minutesAgo = 58; minutesAgo >= 1; minutesAgo -= 1) {
    const busy = minutesAgo > 30 && minutesAgo < 36 ? 0 : 3 + 3 * Math.sin(minutesAgo / 5);
    for (let each = 0; each < Math.round(busy); each += 1) {
      nth += 1;
      const folder = FOLDERS[nth % FOLDERS.length] ?? 'scans/';
      const tookMs = 700 + 420 * ((nth * 7) % 5) + (minutesAgo > 25 && minutesAgo < 31 ? 6_000 : 0);
      const atMs = nowMs - minutesAgo * 60_000 + each * 7_000;
      await ledger.write(uploaded(nth, folder, batches.get(folder) ?? '', atMs, tookMs), undefined);
    }
  }
}

const NAMES = ['invoice', 'agreement', 'page'];

function uploaded(nth: number, folder: string, batchId: string, atMs: number, tookMs: number): DocumentItem {
  const name = `${NAMES[nth % NAMES.length]} ${String(nth).padStart(4, '0')}.pdf`;
  const eTag = nth.toString(16).padStart(32, '0');
  const sizeBytes = 40_000 + nth * 917;
  const arrival = { bucket: BUCKET, key: `${folder}${name}`, eTag, sizeBytes, eventTimeMs: atMs - tookMs };
  const pair = { classificationId: CLASSIFICATION_ID, batchId };
  return {
    ...documentKey(arrival),
    rev: `staged ${nth}`,
    state: 'uploaded',
    arrival,
    firstSeenAtMs: atMs - tookMs,
    updatedAtMs: atMs,
    attempts: 1,
    looks: 0,
    redrives: 0,
    edition: 1,
    sentTo: [pair],
    mapping: {
      ...pair,
      fileId: newPushId(atMs),
      fileName: name,
      numberOfPages: 1 + (nth % 4),
      uploadedAtMs: atMs,
    },
  };
}
