import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { buildApp } from 'fauxqs';
import { type CloudClients, type Connection, createClients } from '../../lib/aws/clients.ts';

/** Servers that speak AWS's protocols, on loopback, any free port. */

export interface RunningServer {
  readonly clients: CloudClients;
  readonly url: string;
  close(): Promise<void>;
}

type Endpoints = Connection['endpoints'];

// dynalite ships no types.
const dynalite = createRequire(import.meta.url)('dynalite') as (options: { createTableMs: number }) => Server;

export async function startDynalite(): Promise<RunningServer> {
  const server = dynalite({ createTableMs: 0 });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const clients = clientsFor({ dynamodb: url });
  const close = async () => {
    clients.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return { clients, url, close };
}

/** S3 and SQS in one. */
export async function startFauxqs(): Promise<RunningServer> {
  const app = buildApp({ logger: false });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const clients = clientsFor({ s3: url, sqs: url });
  const close = async () => {
    clients.destroy();
    await app.close();
  };
  return { clients, url, close };
}

export function clientsFor(endpoints: Endpoints, maxAttempts = 3): CloudClients {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  return createClients({
    forcePathStyle: true,
    maxAttempts,
    // A test judges nothing by the clock: a busy machine may take its time to connect.
    connectTimeoutMs: 60_000,
    answerTimeoutMs: 60_000,
    connection: { region: 'us-east-1', credentials, endpoints },
  });
}
