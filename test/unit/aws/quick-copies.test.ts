import { setFlagsFromString } from 'node:v8';
import { expect, test } from 'vitest';
import { createClients } from '../../../lib/aws/clients.ts';

/** V8's own word for it. https://v8.dev/blog/fast-properties */
setFlagsFromString('--allow-natives-syntax');
const isQuickToCopy = new Function('object', 'return %HasFastProperties(object)') as (o: object) => boolean;

test('the configuration that the SDK copies for every request is quick to copy', () => {
  const clients = createClients({
    connection: {
      region: 'us-east-1',
      credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'local' },
      endpoints: {},
    },
  });
  const { s3, sqs, dynamodb, secretsManager } = clients;
  expect([s3, sqs, dynamodb, secretsManager].map(({ config }) => isQuickToCopy(config))).toEqual([
    true,
    true,
    true,
    true,
  ]);
  clients.destroy();
});
