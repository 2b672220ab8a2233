import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { requestShield } from '../../../lib/local/dynamodb-shield.ts';
import { listenOnLoopback } from '../../../lib/local/loopback.ts';

test('a request that comes in while the last ones are answered is not let in behind them', async () => {
  const letIn: ServerResponse[] = [];
  const server = createServer((_, response) => {
    letIn.push(response);
    server.emit('let in');
  });
  const shield = requestShield(server);
  const endpoint = await listenOnLoopback(server, 0);
  const ask = () => fetch(endpoint, { method: 'POST', body: 'x' }).then((response) => response.text());
  const entered = once(server, 'let in');
  const first = ask();
  await entered;
  const drained = shield.drained();
  await expect(ask()).rejects.toThrow('fetch failed');
  letIn[0]?.end('answered');
  await drained;
  expect(letIn.length).toBe(1);
  expect(await first).toBe('answered');
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
});
