import {
  CreateTableCommand,
  type DynamoDBClient,
  ResourceInUseException,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { ledgerFailure } from './errors.ts';
import { ledgerTable } from './ledger-table.ts';

const PATIENCE_SECONDS = 60;

/** Makes the ledger's table where the stack does not: on a person's machine and in tests. One that exists is kept. */
export async function createLedgerTable(client: DynamoDBClient, tableName: string): Promise<void> {
  try {
    await client.send(new CreateTableCommand(ledgerTable(tableName)));
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw ledgerFailure(error, 'CreateTable');
  }
  await waitUntilTableExists(
    { client, maxWaitTime: PATIENCE_SECONDS, minDelay: 1 },
    { TableName: tableName },
  );
}
