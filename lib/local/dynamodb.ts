import { mkdir } from 'node:fs/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { createLedgerTable } from '../aws/create-ledger-table.ts';
import { requestShield } from './dynamodb-shield.ts';
import { holdFolder } from './folder-hold.ts';
import { listenOnLoopback } from './loopback.ts';

export interface LocalDynamoDbOptions {
  /** Where tables and items are kept. Default: in memory. One process at a time: else throws `FolderInUse`. */
  readonly dataDir?: string;
  /** The ledger's table; made if it is not there. */
  readonly tableName: string;
  readonly region: string;
}

export interface LocalDynamoDb {
  /** `http://127.0.0.1:port` */
  readonly endpoint: string;
  /** Finishes the requests that have come in whole, then ends every connection. */
  close(): Promise<void>;
}

/** A DynamoDB on 127.0.0.1 with the ledger's table. */
export async function startLocalDynamoDb(options: LocalDynamoDbOptions): Promise<LocalDynamoDb> {
  const { dataDir: path } = options;
  if (path !== undefined) await mkdir(path, { recursive: true });
  await using opened = new AsyncDisposableStack();
  if (path !== undefined) opened.use(await holdFolder(path));
  const server = dynalite({
    ...(path === undefined ? {} : { path }),
    createTableMs: 0,
    deleteTableMs: 0,
    updateTableMs: 0,
  });
  const shield = requestShield(server);
  opened.defer(() => closed(server, shield));
  const endpoint = await listenOnLoopback(server, 0);
  await createTable(endpoint, options);
  const everything = opened.move();
  return { endpoint, close: () => everything.disposeAsync() };
}

async function createTable(endpoint: string, { tableName, region }: LocalDynamoDbOptions): Promise<void> {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new DynamoDBClient({ endpoint, region, credentials });
  try {
    await createLedgerTable(client, tableName);
  } finally {
    client.destroy();
  }
}

async function closed(
  server: ReturnType<typeof dynalite>,
  shield: { drained(): Promise<void> },
): Promise<void> {
  const done = new Promise<void>((resolve) => server.close(() => resolve()));
  await shield.drained();
  server.closeAllConnections();
  await done;
}
