import { paginateScan } from '@aws-sdk/client-dynamodb';
import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import type { CloudClients } from '../../../lib/aws/clients.ts';
import { fromAttributes } from '../../../lib/aws/ledger-items.ts';
import type { Violation } from '../../../lib/local/extracta/account.ts';
import type { AcceptedFile } from '../../../lib/local/extracta/store.ts';
import type { DocumentItem, LedgerItem, SlotItem } from '../../../lib/pipeline/model.ts';
import type { FaultDocument } from './documents.ts';
import type { Upload } from './extracta-faults.ts';

/** What is there when the run has come to rest, or has not. */
export interface Evidence {
  readonly documents: readonly FaultDocument[];
  /** By the document's `object`. */
  readonly items: ReadonlyMap<string, DocumentItem>;
  readonly slots: readonly SlotItem[];
  /** What Extracta holds. */
  readonly files: readonly AcceptedFile[];
  readonly uploads: readonly Upload[];
  /** Whether the answer that brought this file reached an invocation that lived to its end. */
  readonly heardOf: (fileId: string) => boolean;
  readonly messagesLeft: number;
  /** The `parkId`s of the dead letters. */
  readonly letters: ReadonlySet<string>;
  readonly violations: readonly Violation[];
  readonly log: readonly string[];
  /** What no line of the log may hold. */
  readonly secrets: readonly string[];
}

export async function readLedger(
  { dynamodb }: CloudClients,
  tableName: string,
): Promise<readonly LedgerItem[]> {
  const items: LedgerItem[] = [];
  const pages = paginateScan({ client: dynamodb }, { TableName: tableName, ConsistentRead: true });
  for await (const { Items = [] } of pages)
    items.push(...Items.map((item) => fromAttributes<LedgerItem>(item)));
  return items;
}

export async function readLetters({ sqs }: CloudClients, queueUrl: string): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (;;) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: queueUrl,
        MaxNumberOfMessages: 10,
        MessageAttributeNames: ['All'],
      }),
    );
    if (Messages.length === 0) return found;
    for (const { MessageAttributes } of Messages) found.add(MessageAttributes?.['parkId']?.StringValue ?? '');
  }
}
