import {
  type AttributeValue,
  paginateQuery,
  paginateScan,
  QueryCommand,
  type QueryCommandInput,
} from '@aws-sdk/client-dynamodb';
import type { DocumentItem } from '../pipeline/model.ts';
import { ledgerFailure } from './errors.ts';
import type { LedgerTable } from './ledger.ts';
import { documentOf, type UnsettledState } from './ledger-items.ts';
import { LEDGER_INDEXES, type LedgerIndex } from './ledger-table.ts';

/** Questions that people and schedules ask of the ledger. Indexes lag behind writes: act on what `Ledger.read` says. */
export interface LedgerQueries {
  /** The documents in this state, first seen first. */
  unsettled(state: UnsettledState): AsyncIterable<DocumentItem>;
  /** The documents whose mapped file is in this Extracta batch. */
  byBatch(batchId: string): AsyncIterable<DocumentItem>;
  /** The document whose mapped file this is. */
  byFile(fileId: string): Promise<DocumentItem | undefined>;
  /** Every document, by reading the whole table, in no order. */
  documents(): AsyncIterable<DocumentItem>;
}

/** Page by page, as far as the caller reads. Throws `ledger.throttled`, `ledger.unavailable`. */
export function createLedgerQueries(table: LedgerTable): LedgerQueries {
  const { byUnsettled, byBatch } = LEDGER_INDEXES;
  return {
    unsettled: (state) => queried(table, indexQuery(table, byUnsettled, state)),
    byBatch: (batchId) => queried(table, indexQuery(table, byBatch, batchId)),
    byFile: (fileId) => byFile(table, fileId),
    documents: () => scanned(table),
  };
}

function indexQuery(table: LedgerTable, index: LedgerIndex, value: string): QueryCommandInput {
  return {
    TableName: table.tableName,
    IndexName: index.name,
    KeyConditionExpression: '#hash = :value',
    ExpressionAttributeNames: { '#hash': index.hash.name },
    ExpressionAttributeValues: { ':value': { S: value } },
  };
}

function queried({ client }: LedgerTable, query: QueryCommandInput): AsyncIterable<DocumentItem> {
  return documentsIn(paginateQuery({ client }, query), 'Query');
}

function scanned({ client, tableName }: LedgerTable): AsyncIterable<DocumentItem> {
  const onlyDocuments = {
    FilterExpression: '#kind = :document',
    ExpressionAttributeNames: { '#kind': 'kind' },
    ExpressionAttributeValues: { ':document': { S: 'document' } },
  };
  return documentsIn(
    paginateScan({ client }, { TableName: tableName, ConsistentRead: true, ...onlyDocuments }),
    'Scan',
  );
}

interface Page {
  readonly Items?: Record<string, AttributeValue>[] | undefined;
}

async function* documentsIn(pages: AsyncIterable<Page>, operation: string): AsyncGenerator<DocumentItem> {
  try {
    for await (const { Items } of pages) yield* (Items ?? []).map(documentOf);
  } catch (error) {
    throw ledgerFailure(error, operation);
  }
}

async function byFile(table: LedgerTable, fileId: string): Promise<DocumentItem | undefined> {
  try {
    const query = { ...indexQuery(table, LEDGER_INDEXES.byFile, fileId), Limit: 1 };
    const [found] = (await table.client.send(new QueryCommand(query))).Items ?? [];
    return found === undefined ? undefined : documentOf(found);
  } catch (error) {
    throw ledgerFailure(error, 'Query');
  }
}
