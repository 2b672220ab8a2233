import { createClients } from '../lib/aws/clients.ts';
import { createDeadLetters } from '../lib/aws/dead-letters.ts';
import { createJournal, type Telemetry } from '../lib/aws/journal.ts';
import { createLedger } from '../lib/aws/ledger.ts';
import { createLedgerQueries } from '../lib/aws/ledger-queries.ts';
import type { RedriveVisit } from '../lib/pipeline/redrive-run.ts';
import { chance, clock } from './clock-and-chance.ts';
import type { RedriveSettings } from './settings.ts';

/** What one container of the schedule works with. */
export interface RedriveComposition extends Pick<RedriveVisit, 'ports' | 'settings'> {
  /** Moves nothing: it counts, for the alarms. */
  readonly onlyCounts: boolean;
}

/** Settings -> clients -> ports. It neither reads documents nor speaks to Extracta, so it is given no token. */
export function composeRedrive(settings: RedriveSettings, telemetry: Telemetry): RedriveComposition {
  const { tableName, queueUrl, deadLetterQueueUrl, pipeline, onlyCounts } = settings;
  const { dynamodb, sqs } = createClients();
  const table = { client: dynamodb, tableName };
  const ports = {
    ledger: createLedger(table),
    documents: createLedgerQueries(table),
    deadLetters: createDeadLetters({ client: sqs, queueUrl, deadLetterQueueUrl }),
    clock,
    chance,
    journal: createJournal(telemetry, () => []),
  };
  return { ports, settings: pipeline, onlyCounts };
}
