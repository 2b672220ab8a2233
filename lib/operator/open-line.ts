import { type CloudClients, createClients } from '../aws/clients.ts';
import { createDeadLetters } from '../aws/dead-letters.ts';
import { createLedger, type LedgerTable } from '../aws/ledger.ts';
import { createLedgerQueries, type LedgerQueries } from '../aws/ledger-queries.ts';
import { createOutbox } from '../aws/outbox.ts';
import { createSecretToken, fixedToken } from '../aws/secret.ts';
import { createExtracta, type ExtractaClient } from '../extracta/client.ts';
import type { TokenSource } from '../extracta/token.ts';
import type { DeadLetters, Ledger, Outbox } from '../pipeline/ports.ts';
import type { Progress } from '../terminal/progress.ts';
import type { OperatorHost } from './host.ts';
import type { LineInUse } from './line-in-use.ts';
import { Refusal } from './refusal.ts';

/** A line with its doors open. */
export interface OpenLine extends Disposable {
  readonly line: LineInUse;
  readonly host: OperatorHost;
  readonly clients: CloudClients;
  readonly table: LedgerTable;
  readonly ledger: Ledger;
  readonly queries: LedgerQueries;
  readonly deadLetters: DeadLetters;
  readonly outbox: Outbox;
  /** What is told while work goes on. */
  readonly progress: Progress;
}

export function openLine(line: LineInUse, host: OperatorHost, progress: Progress): OpenLine {
  const clients = createClients({
    forcePathStyle: line.origin !== 'stack',
    ...(line.connection === undefined ? {} : { connection: line.connection }),
  });
  const { queueUrl, deadLetterQueueUrl, tableName } = line;
  const queues = { client: clients.sqs, queueUrl, deadLetterQueueUrl };
  const table = { client: clients.dynamodb, tableName };
  return {
    line,
    host,
    clients,
    table,
    ledger: createLedger(table),
    queries: createLedgerQueries(table),
    deadLetters: createDeadLetters(queues),
    outbox: createOutbox(queues),
    progress,
    [Symbol.dispose]: () => clients.destroy(),
  };
}

const TOKEN_CACHE_MS = 60_000;

/** EXTRACTA_API_TOKEN if it is set, else the line's own. Throws `Refusal` where neither is to be had. */
export function tokenOf({ line, host, clients }: OpenLine): TokenSource {
  const given = host.apiToken?.trim() || line.embeddedToken;
  if (given !== undefined) return fixedToken(given);
  if (line.secretId === undefined)
    throw new Refusal('No token to ask Extracta with: set EXTRACTA_API_TOKEN, or give --secret-id.');
  const { secretId } = line;
  return createSecretToken({
    client: clients.secretsManager,
    secretId,
    clock: host.clock,
    cacheForMs: TOKEN_CACHE_MS,
  });
}

/** Throws `Refusal`: a token is shown to the Extracta that the function sends to, and to no other. */
export function extractaUrlOf({ extractaUrl }: LineInUse): string {
  if (extractaUrl !== undefined) return extractaUrl;
  throw new Refusal(
    'The function can’t be asked which Extracta it sends to (lambda:GetFunctionConfiguration): give --extracta-url.',
  );
}

export function extractaOf(open: OpenLine): ExtractaClient {
  const { clock, chance } = open.host;
  return createExtracta({ baseUrl: extractaUrlOf(open.line), token: tokenOf(open), clock, chance });
}
