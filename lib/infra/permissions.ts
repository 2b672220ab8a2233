import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { LEDGER_INDEXES } from '../aws/ledger-table.ts';

/** What the upload function works with. */
export interface Surroundings {
  readonly bucket: IBucket;
  readonly queue: IQueue;
  readonly deadLetterQueue: IQueue;
  readonly table: ITable;
  readonly apiToken: ISecret;
}

/** All that the upload function may do, each with its reason. CDK's own grants are wider (`GetObject*`, `List*`). */
export function uploadPermissions(around: Surroundings, logs: ILogGroup): readonly PolicyStatement[] {
  return [
    // By version where the event named one, else by key with If-Match.
    allow('ReadDocuments', ['s3:GetObject', 's3:GetObjectVersion'], around.bucket.arnForObjects('*')),
    // Without it S3 answers 403 for a deleted object, which looks like a right that is missing, not like 404.
    allow('TellMissingFromForbidden', ['s3:ListBucket'], around.bucket.bucketArn),
    allow(
      'ReceiveArrivals',
      ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility', 'sqs:GetQueueAttributes'],
      around.queue.queueArn,
    ),
    // Receipts, late looks, and copies of messages that grow too old.
    allow('QueueForItself', ['sqs:SendMessage'], around.queue.queueArn),
    allow('Park', ['sqs:SendMessage'], around.deadLetterQueue.queueArn),
    // Never Query, Scan or Delete: indexes are for people.
    allow(
      'KeepTheLedger',
      ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
      around.table.tableArn,
    ),
    allow('ReadTheToken', ['secretsmanager:GetSecretValue'], around.apiToken.secretArn),
    allow('WriteItsLog', ['logs:CreateLogStream', 'logs:PutLogEvents'], logs.logGroupArn),
  ];
}

/** What the scheduled redrive works with. */
export type RedriveSurroundings = Pick<Surroundings, 'queue' | 'deadLetterQueue' | 'table'>;

/** All that the scheduled redrive may do: neither documents nor the token are its business. */
export function redrivePermissions(around: RedriveSurroundings, logs: ILogGroup): readonly PolicyStatement[] {
  const parkedDocuments = `${around.table.tableArn}/index/${LEDGER_INDEXES.byUnsettled.name}`;
  return [
    allow(
      'ReadDeadLetters',
      ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility'],
      around.deadLetterQueue.queueArn,
    ),
    allow('SendThemBack', ['sqs:SendMessage'], around.queue.queueArn),
    // What the ledger says of a letter's document, and the note that it was sent back.
    allow('AskTheLedger', ['dynamodb:GetItem', 'dynamodb:PutItem'], around.table.tableArn),
    // Documents whose letter is gone, or out of reach.
    allow('FindParkedDocuments', ['dynamodb:Query'], parkedDocuments),
    allow('WriteItsLog', ['logs:CreateLogStream', 'logs:PutLogEvents'], logs.logGroupArn),
  ];
}

function allow(sid: string, actions: string[], resource: string): PolicyStatement {
  return new PolicyStatement({ sid, actions, resources: [resource] });
}
