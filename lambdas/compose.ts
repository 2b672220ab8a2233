import { type CloudClients, type CloudOptions, createClients } from '../lib/aws/clients.ts';
import { createDocumentSource } from '../lib/aws/documents.ts';
import { createJournal, type Telemetry } from '../lib/aws/journal.ts';
import { createLedger } from '../lib/aws/ledger.ts';
import { createOutbox } from '../lib/aws/outbox.ts';
import { createSecretToken, fixedToken } from '../lib/aws/secret.ts';
import { changeVisibility } from '../lib/aws/visibility.ts';
import { createExtracta } from '../lib/extracta/client.ts';
import type { TokenSource } from '../lib/extracta/token.ts';
import { ContainerMemory } from '../lib/pipeline/container-memory.ts';
import type { UploaderError } from '../lib/pipeline/failures.ts';
import type { Ports } from '../lib/pipeline/ports.ts';
import type { PipelineSettings } from '../lib/pipeline/settings.ts';
import { chance, clock } from './clock-and-chance.ts';
import { type ApiToken, readSettings, type Settings } from './settings.ts';
import { composedOf } from './shell.ts';

/** What one container works with, from its first invocation to its last. */
export interface Composition {
  readonly ports: Ports;
  readonly settings: PipelineSettings;
  readonly memory: ContainerMemory;
  /** Records of one delivery that are worked on at once. */
  readonly recordConcurrency: number;
  /** When a kept message shows itself again. A failure is returned: the queue's own visibility then stands. */
  makeVisible(receiptHandle: string, visibleInMs: number): Promise<UploaderError | undefined>;
}

export type Compose = (telemetry: Telemetry) => Promise<Composition>;

/** A rotated token is met by re-reading on 401; this bounds how long a withdrawn one is used. */
const TOKEN_CACHE_MS = 5 * 60_000;

/**
 * For ledger and queue, to which an invocation still speaks when it closes: one that hangs is given up after 6 s and a
 * short pause between the two requests, while 10 s are kept for closing.
 */
const QUICK: CloudOptions = { maxAttempts: 2, connectTimeoutMs: 1_000, answerTimeoutMs: 3_000 };

/** Settings of the environment. */
export const composeFromEnvironment: Compose = composedOf(() => readSettings(), compose);

/** Settings -> clients -> ports. Nothing is asked of the network before the first record. */
export function compose(settings: Settings, telemetry: Telemetry): Composition {
  const { forcePathStyle, queueUrl, deadLetterQueueUrl, tableName } = settings;
  const clients = createClients({ forcePathStyle });
  const { dynamodb, sqs } = createClients(QUICK);
  const secrets = new Set<string>();
  const token = known(tokenSource(settings.apiToken, clients), secrets);
  const ports: Ports = {
    ledger: createLedger({ client: dynamodb, tableName }),
    source: createDocumentSource({ client: clients.s3 }),
    extracta: createExtracta({ baseUrl: settings.extractaUrl, token, clock, chance }),
    outbox: createOutbox({ client: sqs, queueUrl, deadLetterQueueUrl }),
    clock,
    chance,
    journal: createJournal(telemetry, () => [...secrets]),
  };
  return {
    ports,
    settings: settings.pipeline,
    memory: new ContainerMemory(),
    recordConcurrency: settings.recordConcurrency,
    makeVisible: (receiptHandle, visibleInMs) => changeVisibility(sqs, queueUrl, receiptHandle, visibleInMs),
  };
}

function tokenSource(apiToken: ApiToken, clients: CloudClients): TokenSource {
  if ('value' in apiToken) return fixedToken(apiToken.value);
  const { secretId } = apiToken;
  return createSecretToken({ client: clients.secretsManager, secretId, clock, cacheForMs: TOKEN_CACHE_MS });
}

/** Every token that is handed out is known to the journal first, so that no line can hold it. */
function known(source: TokenSource, secrets: Set<string>): TokenSource {
  const noted = async (asked: Promise<string>) => {
    const token = await asked;
    secrets.add(token);
    return token;
  };
  return {
    get: (signal) => noted(source.get(signal)),
    refresh: (signal) => noted(source.refresh(signal)),
  };
}
