import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { expect, it, onTestFinished } from 'vitest';
import { BadInput } from '../../../lib/local/bad-input.ts';
import { checkClassification } from '../../../lib/local/classification-check.ts';
import { CANARY_TOKEN } from '../../support/leaks/canaries.ts';

const never = new AbortController().signal;

async function checked(
  handle: (request: IncomingMessage, response: ServerResponse) => unknown,
): Promise<unknown> {
  const server = createServer(handle).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close().closeAllConnections());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/base`;
  return checkClassification({ url, token: CANARY_TOKEN }, '-Class', never).catch((error: unknown) => error);
}

const answering = (status: number, body: unknown) =>
  checked((_, response) => void response.writeHead(status).end(JSON.stringify(body)));

it.each([
  [400, { status: 'error', message: 'Classification not found' }, /does not know the classification -Class/],
  [401, { message: 'Invalid API key' }, /refuses the token \(401\)/],
])('%i %j ends the run in one line', async (status, body, says) => {
  const refusal = await answering(status, body);
  expect(refusal).toBeInstanceOf(BadInput);
  expect((refusal as BadInput).message).toMatch(says);
});

it.each([
  [200, { name: 'Invoices' }],
  [429, { status: 'error', message: 'Too many calls for this classification' }],
  [503, { status: 'error', message: 'Classification not found' }],
  [400, { status: 'error', message: 'Classification is being trained' }],
  [404, { message: 'Route POST:/base/documentClassification/viewClassification not found' }],
])('%i %j refuses nothing, and is told of if it is no answer', async (status, body) => {
  const said = await answering(status, body);
  if (status === 200) expect(said).toBeUndefined();
  else
    expect(said).toMatch(
      new RegExp(`could not be asked: Extracta answered ${status}.*The first upload will tell`),
    );
});

it('says so where nothing listens', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const address = { url: `http://127.0.0.1:${port}`, token: CANARY_TOKEN };
  await expect(checkClassification(address, '-Class', never)).rejects.toThrow(
    /Nothing answers at .*ECONNREFUSED/,
  );
});

it('reads no more of an endless answer than a refusal can need, and leaves no connection', async () => {
  let sentBytes = 0;
  const closed = Promise.withResolvers<void>();
  const answer = await checked((request, response) => {
    request.socket.once('close', () => closed.resolve());
    const pieces = (function* () {
      const piece = Buffer.alloc(64 * 1024, ' ');
      for (; sentBytes < 100 * 1024 * 1024; sentBytes += piece.length) yield piece;
    })();
    Readable.from(pieces).pipe(response.writeHead(400));
  });
  await closed.promise;
  expect(answer).toMatch(/could not be asked/);
  expect(sentBytes).toBeLessThan(50 * 1024 * 1024);
});
