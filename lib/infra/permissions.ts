import { Aws } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { LEDGER_INDEXES } from '../aws/ledger-table.ts';

/** What the upload function works with, beside the documents. */
export interface Surroundings {
  readonly queue: IQueue;
  readonly deadLetterQueue: IQueue;
  readonly table: ITable;
  readonly apiToken: ISecret;
  /** The key of all of these, where it is not AWS's. */
  readonly encryptionKey?: IKey | undefined;
}

/** All that the upload function may do, each with its reason. CDK's own grants are wider (`GetObject*`, `List*`). */
export function uploadPermissions(around: Surroundings, logs: ILogGroup): readonly PolicyStatement[] {
  return [
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
    allow('ReadTheToken', ['secretsmanager:GetSecretValue'], arnOf(around.apiToken)),
    ...decryptTheToken(around),
    ...useTheKey(around.encryptionKey, ['dynamodb', 's3', 'secretsmanager', 'sqs']),
    allow('WriteItsLog', ['logs:CreateLogStream', 'logs:PutLogEvents'], logs.logGroupArn),
  ];
}

/** The documents of one bucket. `patterns` are as `keyPattern` makes them; `number` tells sources apart. */
export function readDocuments(
  bucket: IBucket,
  patterns: readonly string[],
  number: string,
): readonly PolicyStatement[] {
  const objects = patterns.map((pattern) => bucket.arnForObjects(pattern));
  return [
    // By version where the event named one, else by key with If-Match.
    allow(`ReadDocuments${number}`, ['s3:GetObject', 's3:GetObjectVersion'], ...objects),
    // Without it S3 answers 403 for a deleted object, which looks like a right that is missing, not like 404.
    allow(`TellMissingFromForbidden${number}`, ['s3:ListBucket'], bucket.bucketArn),
  ];
}

/** What is read with a key of one's own: a bucket's, or an existing secret's. */
export function decrypt(sid: string, key: IKey, service: string): PolicyStatement {
  return by([service], allow(sid, ['kms:Decrypt'], key.keyArn));
}

/** What the scheduled redrive works with. */
export type RedriveSurroundings = Pick<Surroundings, 'queue' | 'deadLetterQueue' | 'table' | 'encryptionKey'>;

/** All that the scheduled redrive may do: neither documents nor the token are its business. */
export function redrivePermissions(around: RedriveSurroundings, logs: ILogGroup): readonly PolicyStatement[] {
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
    findParked(around.table),
    ...useTheKey(around.encryptionKey, ['dynamodb', 'sqs']),
    allow('WriteItsLog', ['logs:CreateLogStream', 'logs:PutLogEvents'], logs.logGroupArn),
  ];
}

/** All that it may do where nothing is sent back by itself. */
export function countPermissions(
  { table, encryptionKey }: Pick<RedriveSurroundings, 'table' | 'encryptionKey'>,
  logs: ILogGroup,
): readonly PolicyStatement[] {
  return [
    findParked(table),
    ...readWithTheKey(encryptionKey),
    allow('WriteItsLog', ['logs:CreateLogStream', 'logs:PutLogEvents'], logs.logGroupArn),
  ];
}

function readWithTheKey(key: IKey | undefined): readonly PolicyStatement[] {
  if (key === undefined) return [];
  return [by(['dynamodb'], allow('ReadWithTheKey', ['kms:Decrypt', 'kms:DescribeKey'], key.keyArn))];
}

const findParked = (table: ITable) =>
  allow('FindParkedDocuments', ['dynamodb:Query'], indexArn(table, 'byUnsettled'));

/** What a person, or another function, needs to read the ledger: any item, and every index. */
export function readTheLedger(table: ITable): {
  readonly actions: string[];
  readonly resourceArns: string[];
} {
  const indexes = Object.keys(LEDGER_INDEXES) as (keyof typeof LEDGER_INDEXES)[];
  return {
    actions: ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:Scan'],
    resourceArns: [table.tableArn, ...indexes.map((name) => indexArn(table, name))],
  };
}

const indexArn = (table: ITable, index: keyof typeof LEDGER_INDEXES) =>
  `${table.tableArn}/index/${LEDGER_INDEXES[index].name}`;

/** Where only the secret's name is known, its ARN ends in six characters that AWS chose. */
const arnOf = (secret: ISecret) => secret.secretFullArn ?? `${secret.secretArn}-??????`;

function decryptTheToken({ apiToken, encryptionKey }: Surroundings): readonly PolicyStatement[] {
  const key = apiToken.encryptionKey;
  return key === undefined || key === encryptionKey
    ? []
    : [decrypt('DecryptTheToken', key, 'secretsmanager')];
}

/**
 * One key for all: every service uses it in the name of who calls. Messages and items are read and written; only through
 * the services named, never directly. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
 */
function useTheKey(key: IKey | undefined, services: readonly string[]): readonly PolicyStatement[] {
  if (key === undefined) return [];
  const actions = ['Decrypt', 'DescribeKey', 'Encrypt', 'GenerateDataKey', 'ReEncryptFrom', 'ReEncryptTo'];
  const all = actions.map((action) => `kms:${action}`);
  return [by(services, allow('UseTheKey', all, key.keyArn))];
}

/**
 * The star is for China, where a service's name may end in `.amazonaws.com.cn`: KMS's guide says nothing of it.
 * https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
 */
function by(services: readonly string[], statement: PolicyStatement): PolicyStatement {
  const names = services.map((service) => `${service}.${Aws.REGION}.amazonaws.com*`);
  statement.addCondition('StringLike', { 'kms:ViaService': names });
  return statement;
}

function allow(sid: string, actions: string[], ...resources: string[]): PolicyStatement {
  return new PolicyStatement({ sid, actions, resources });
}
