import { ListQueuesCommand } from '@aws-sdk/client-sqs';
import { afterEach, expect, test, vi } from 'vitest';
import { createClients } from '../../../lib/aws/clients.ts';
import { type StandIn, startStandIn } from './stand-in.ts';

let standIn: StandIn;
afterEach(async () => {
  vi.unstubAllEnvs();
  await standIn?.close();
});

test('endpoint, region and credentials come from the standard variables', async () => {
  standIn = await startStandIn(() => ({ status: 200, body: '{}' }));
  vi.stubEnv('AWS_ENDPOINT_URL_SQS', standIn.url);
  vi.stubEnv('AWS_REGION', 'eu-north-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'ANYONE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'anything');
  const clients = createClients();
  await clients.sqs.send(new ListQueuesCommand());
  expect(standIn.requests[0]?.headers.authorization).toMatch(/Credential=ANYONE\/\d+\/eu-north-1\/sqs\//);
  clients.destroy();
});

test('a server that does not answer is asked as often as is said, and given up', async () => {
  standIn = await startStandIn(() => undefined);
  const connection = {
    region: 'eu-north-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    endpoints: { sqs: standIn.url },
  };
  const clients = createClients({ maxAttempts: 2, answerTimeoutMs: 300, connection });
  await expect(clients.sqs.send(new ListQueuesCommand())).rejects.toMatchObject({ name: 'TimeoutError' });
  expect(standIn.requests).toHaveLength(2);
  clients.destroy();
});

test('a client is made once', () => {
  const clients = createClients({
    connection: { region: 'x', credentials: { accessKeyId: 'a', secretAccessKey: 'b' }, endpoints: {} },
  });
  expect(clients.s3).toBe(clients.s3);
  expect(clients.dynamodb).toBe(clients.dynamodb);
  expect(clients.secretsManager).toBe(clients.secretsManager);
});
