import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import { GetBucketVersioningCommand, HeadBucketCommand } from '@aws-sdk/client-s3';
import { LEDGER_INDEXES } from '../../aws/ledger-table.ts';
import type { OpenLine } from '../open-line.ts';
import { arrivalFindings } from './arrivals.ts';
import { checked, type Finding, ok, unknown, wrong } from './finding.ts';

/** The bucket, what it announces, and the ledger. `queue` undefined: it could not be asked. */
export async function storageFindings(
  open: OpenLine,
  queue: Readonly<Record<string, string>> | undefined,
): Promise<readonly Finding[]> {
  const isLocal = open.line.origin === 'local';
  const { bucket } = open.line;
  if (bucket === undefined)
    return [
      unknown('bucket', 'No bucket is named.', 'Give --bucket.'),
      ...(await checked('ledger', () => ledger(open))),
    ];
  const found = await checked('bucket', () => bucketThere(open, bucket));
  const isThere = found.every(({ verdict }) => verdict === 'ok');
  // The embedded S3 has neither versions nor a notification to be set: it announces every object by itself.
  const more =
    isThere && !isLocal
      ? [
          ...(await checked('versioning', () => versioning(open, bucket))),
          ...(await arrivalFindings(open, bucket, queue)),
        ]
      : [];
  return [...found, ...more, ...(await checked('ledger', () => ledger(open)))];
}

async function bucketThere({ clients }: OpenLine, bucket: string): Promise<Finding> {
  try {
    await clients.s3.send(new HeadBucketCommand({ Bucket: bucket }));
    return ok('bucket', `${bucket} is there.`);
  } catch (error) {
    const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
    if (status === 404)
      return wrong(
        'bucket',
        `There is no bucket ${bucket}.`,
        'Deploy the stack again, or name the bucket with --bucket.',
      );
    if (status === 403)
      return wrong(
        'bucket',
        `This command may not see ${bucket}.`,
        'Allow s3:ListBucket on it, or use another AWS_PROFILE.',
      );
    throw error;
  }
}

async function versioning({ clients }: OpenLine, bucket: string): Promise<Finding> {
  const { Status } = await clients.s3.send(new GetBucketVersioningCommand({ Bucket: bucket }));
  if (Status === 'Enabled') return ok('versioning', 'The bucket keeps versions.');
  return wrong(
    'versioning',
    `The bucket keeps no versions (${Status ?? 'never switched on'}): an object that is overwritten before it was read is gone.`,
    `aws s3api put-bucket-versioning --bucket ${bucket} --versioning-configuration Status=Enabled`,
  );
}

async function ledger({ table }: OpenLine): Promise<Finding> {
  const check = 'ledger';
  const remedy = 'Deploy the stack again, or name the ledger with --table.';
  try {
    const { Table } = await table.client.send(new DescribeTableCommand({ TableName: table.tableName }));
    if (Table?.TableStatus !== 'ACTIVE' && Table?.TableStatus !== 'UPDATING')
      return wrong(check, `The table ${table.tableName} is ${Table?.TableStatus}.`, remedy);
    const there = new Set(Table.GlobalSecondaryIndexes?.map(({ IndexName }) => IndexName));
    const missing = Object.values(LEDGER_INDEXES).filter(({ name }) => !there.has(name));
    if (missing.length > 0)
      return wrong(check, `The table has no index ${missing.map(({ name }) => name).join(', ')}.`, remedy);
    return ok(check, `The table ${table.tableName} and its indexes are there.`);
  } catch (error) {
    if ((error as Error).name !== 'ResourceNotFoundException') throw error;
    return wrong(check, `There is no table ${table.tableName}.`, remedy);
  }
}
