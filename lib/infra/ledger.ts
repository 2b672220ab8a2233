import { RemovalPolicy } from 'aws-cdk-lib';
import { type Attribute, AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { LEDGER_INDEXES, LEDGER_KEY, type LedgerAttribute, type LedgerIndex } from '../aws/ledger-table.ts';

export interface LedgerOptions {
  /** Default: AWS's own for DynamoDB. */
  readonly encryptionKey?: IKey | undefined;
  /** Default: RETAIN. */
  readonly removalPolicy?: RemovalPolicy | undefined;
}

/** The ledger: one item a document. It is the product, so it outlives the stack and can't be deleted by accident. */
export function ledgerTable(scope: Construct, options: LedgerOptions): Table {
  const { encryptionKey, removalPolicy = RemovalPolicy.RETAIN } = options;
  // Not TableV2: with a key of one's own it can't be synthesized without a region.
  const table = new Table(scope, 'Ledger', {
    partitionKey: attribute(LEDGER_KEY.hash),
    sortKey: attribute(LEDGER_KEY.range),
    billingMode: BillingMode.PAY_PER_REQUEST,
    encryption: encryptionKey ? TableEncryption.CUSTOMER_MANAGED : TableEncryption.AWS_MANAGED,
    encryptionKey,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtection: removalPolicy !== RemovalPolicy.DESTROY,
    removalPolicy,
  });
  const indexes: readonly LedgerIndex[] = Object.values(LEDGER_INDEXES);
  for (const { name, hash, range } of indexes) {
    table.addGlobalSecondaryIndex({
      indexName: name,
      partitionKey: attribute(hash),
      ...(range && { sortKey: attribute(range) }),
    });
  }
  return table;
}

function attribute({ name, type }: LedgerAttribute): Attribute {
  return { name, type: type === 'S' ? AttributeType.STRING : AttributeType.NUMBER };
}
