import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import {
  DescribeTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import { LEDGER_INDEXES } from '../../../lib/aws/ledger-table.ts';
import { startLocalDynamoDb } from '../../../lib/local/dynamodb.ts';
import { FolderInUse, holdFolder } from '../../../lib/local/folder-hold.ts';
import { temporaryFolder } from '../../support/local-s3.ts';

const TableName = 'ledger';
const region = 'us-east-1';
const item = { partition: { S: 'documents/a.pdf' }, sort: { S: 'etag' } };

async function dynamoDbUnderTest(dataDir?: string) {
  const local = await startLocalDynamoDb({ tableName: TableName, region, ...(dataDir ? { dataDir } : {}) });
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  const client = new DynamoDBClient({ endpoint: local.endpoint, region, credentials, maxAttempts: 1 });
  const dispose = async () => {
    client.destroy();
    await local.close();
  };
  return { local, client, [Symbol.asyncDispose]: dispose };
}

test('the ledger table is there, with its indexes, ready for use', async () => {
  await using db = await dynamoDbUnderTest();
  const { Table } = await db.client.send(new DescribeTableCommand({ TableName }));
  expect(Table?.TableStatus).toBe('ACTIVE');
  const names = Table?.GlobalSecondaryIndexes?.map(({ IndexName }) => IndexName);
  expect(names?.toSorted()).toEqual(Object.keys(LEDGER_INDEXES).toSorted());
});

test('a conditional write that meets an item is refused', async () => {
  await using db = await dynamoDbUnderTest();
  const put = { TableName, Item: item, ConditionExpression: 'attribute_not_exists(#p)' };
  const command = new PutItemCommand({ ...put, ExpressionAttributeNames: { '#p': 'partition' } });
  await db.client.send(command);
  await expect(db.client.send(command)).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' });
});

test('items on disk outlive a restart', async () => {
  await using dir = await temporaryFolder();
  {
    await using db = await dynamoDbUnderTest(dir.path);
    await db.client.send(new PutItemCommand({ TableName, Item: { ...item, state: { S: 'uploaded' } } }));
  }
  await using again = await dynamoDbUnderTest(dir.path);
  const { Item } = await again.client.send(new GetItemCommand({ TableName, Key: item }));
  expect(Item?.['state']).toEqual({ S: 'uploaded' });
});

test('a client that goes away in the middle of a request harms nobody', async () => {
  await using db = await dynamoDbUnderTest();
  const { hostname, port } = new URL(db.local.endpoint);
  const socket = connect(Number(port), hostname);
  const head = 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\nexpect: 100-continue\r\n\r\n';
  socket.write(head);
  await once(socket, 'data');
  await new Promise<void>((written) => socket.write('{"half', () => written()));
  socket.destroy();
  await once(socket, 'close');
  await db.client.send(new PutItemCommand({ TableName, Item: item }));
});

test('closing under load finishes what has come in, and ends', async () => {
  await using dir = await temporaryFolder();
  const db = await dynamoDbUnderTest(dir.path);
  const puts = Array.from({ length: 50 }, (_, at) =>
    db.client.send(new PutItemCommand({ TableName, Item: { ...item, sort: { S: String(at) } } })),
  );
  const settled = Promise.allSettled(puts);
  await Promise.race(puts);
  await db.local.close();
  await settled;
  db.client.destroy();
});

test('a folder is for one at a time, and free again after it was closed', async () => {
  await using dir = await temporaryFolder();
  {
    await using _ = await dynamoDbUnderTest(dir.path);
    await expect(dynamoDbUnderTest(dir.path)).rejects.toThrow(FolderInUse);
  }
  await using _ = await dynamoDbUnderTest(dir.path);
});

test('the folder of a process that was killed is free', async () => {
  await using dir = await temporaryFolder();
  const holder = join(dir.path, 'holder.mts');
  const module = new URL('../../../lib/local/folder-hold.ts', import.meta.url).href;
  await writeFile(
    holder,
    `import { holdFolder } from ${JSON.stringify(module)};
    await holdFolder(${JSON.stringify(dir.path)});
    process.on('message', () => {}); // stays until it is killed
    process.send('held');`,
  );
  const child = fork(holder, { execArgv: [] });
  await once(child, 'message');
  await expect(holdFolder(dir.path)).rejects.toThrow(FolderInUse);
  child.kill('SIGKILL');
  await once(child, 'exit');
  await using _ = await holdFolder(dir.path);
});
