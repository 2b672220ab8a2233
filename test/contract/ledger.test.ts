import { randomUUID } from 'node:crypto';
import { createServer, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DeleteTableCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CloudClients } from '../../lib/aws/clients.ts';
import { createLedgerTable } from '../../lib/aws/create-ledger-table.ts';
import { createLedger } from '../../lib/aws/ledger.ts';
import { createLedgerQueries } from '../../lib/aws/ledger-queries.ts';
import { memoryLedger, memoryLedgerQueries } from '../support/memory/ledger.ts';
import { ledgerContract, type OpenLedger } from './ledger.suite.ts';
import { documentItem, keyOf, openSlot, slotKey } from './ledger-scene.ts';
import { clientsFor, type RunningServer, startDynalite } from './servers.ts';

ledgerContract('memory', async () => {
  const ledger = memoryLedger();
  return { ledger, queries: memoryLedgerQueries(ledger), close: async () => {} };
});

describe('over HTTP', () => {
  let dynalite: RunningServer;
  beforeAll(async () => {
    dynalite = await startDynalite();
  });
  afterAll(() => dynalite.close());

  ledgerContract('dynalite', () => openTable(dynalite.clients));

  describe('a ledger whose answers are lost on the way', () => {
    test('a write that was applied, lost its answer and was repeated by the SDK was applied', async () => {
      const proxy = await startAnswerLoser(dynalite.url);
      const opened = await openTable(clientsFor({ dynamodb: proxy.url }));
      try {
        proxy.loseNextAnswerTo('PutItem');
        expect(await opened.ledger.write(documentItem('a'), undefined)).toEqual({ applied: true });
        expect(proxy.answersLost()).toBe(1);
        expect(await opened.ledger.read(keyOf(documentItem('a')))).toStrictEqual(documentItem('a'));
      } finally {
        await opened.close();
        await proxy.close();
      }
    });

    test('a last place that was taken, lost its answer and was asked for again was taken, once', async () => {
      const proxy = await startAnswerLoser(dynalite.url);
      const opened = await openTable(clientsFor({ dynamodb: proxy.url }));
      try {
        await opened.ledger.write(openSlot, undefined);
        proxy.loseNextAnswerTo('UpdateItem');
        const place = { slot: slotKey, generation: openSlot.generation, maxFiles: 2, rev: 'mine' };
        expect(await opened.ledger.takePlace(place)).toEqual({ applied: true });
        expect(proxy.answersLost()).toBe(1);
        expect((await opened.ledger.read(slotKey))?.files).toBe(2);
      } finally {
        await opened.close();
        await proxy.close();
      }
    });
  });
});

const given = process.env['UPLOADER_TEST_DYNAMODB_URL'];
const skipped = given === undefined ? ' — skipped: UPLOADER_TEST_DYNAMODB_URL is not set' : '';

describe.skipIf(given === undefined)(`against the DynamoDB that is given${skipped}`, () => {
  ledgerContract('the given DynamoDB', () => openTable(clientsFor({ dynamodb: String(given) })));
});

async function openTable(clients: CloudClients): Promise<OpenLedger> {
  const table = { client: clients.dynamodb, tableName: `ledger-${randomUUID()}` };
  await createLedgerTable(table.client, table.tableName);
  const close = async () => {
    await table.client.send(new DeleteTableCommand({ TableName: table.tableName }));
  };
  return { ledger: createLedger(table), queries: createLedgerQueries(table), close };
}

/** A proxy that lets a request through and can drop what comes back. */
async function startAnswerLoser(targetUrl: string) {
  let doomed: string | undefined;
  let lost = 0;
  const server: Server = createServer((asked, answer) => {
    const operation = String(asked.headers['x-amz-target']).split('.')[1];
    const forwarded = request(
      targetUrl,
      { method: 'POST', path: asked.url, headers: asked.headers },
      (reply) => {
        if (operation !== doomed)
          return void reply.pipe(answer.writeHead(reply.statusCode ?? 502, reply.headers));
        doomed = undefined;
        lost += 1;
        reply.resume().once('end', () => breakOff(answer));
      },
    );
    asked.pipe(forwarded);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    loseNextAnswerTo: (operation: string) => {
      doomed = operation;
    },
    answersLost: () => lost,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}

const breakOff = (answer: ServerResponse) => void answer.socket?.destroy();
