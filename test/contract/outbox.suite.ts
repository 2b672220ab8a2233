import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DeadLetter } from '../../lib/pipeline/model.ts';
import type { Outbox } from '../../lib/pipeline/ports.ts';

export interface OpenOutbox {
  readonly outbox: Outbox;
  /** Body and attributes of everything that can be received now. */
  received(): Promise<readonly Received[]>;
  receivedDead(): Promise<readonly Received[]>;
  /** How many messages wait out a delay. */
  delayed(): Promise<number>;
  close(): Promise<void>;
}

export interface Received {
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
}

const letter: DeadLetter = {
  body: JSON.stringify({ uploader: 'arrival', parkId: 'park-1' }),
  reason: 'extracta.rejected',
  message: 'Extracta said: "no" – 漢字',
  httpStatus: 400,
  attempts: 3,
  redrives: 1,
  firstSeenAtMs: 1_767_225_600_000,
  parkId: 'park-1',
};

const attributes = {
  reasonCode: 'extracta.rejected',
  message: 'Extracta said: "no" – 漢字',
  httpStatus: '400',
  attempts: '3',
  redrives: '1',
  firstSeenAtMs: '1767225600000',
  parkId: 'park-1',
};

/** What every outbox must do, whatever it is made of. */
export function outboxContract(name: string, open: () => Promise<OpenOutbox>): void {
  describe(`an outbox in ${name}`, () => {
    let opened: OpenOutbox;
    beforeEach(async () => {
      opened = await open();
    });
    afterEach(() => opened.close());

    test('a message can be received as it was sent', async () => {
      const body = JSON.stringify({ uploader: 'arrival', key: 'a "b"\r\n<&> 漢字' });
      await opened.outbox.send(body, 0);
      expect(await opened.received()).toEqual([{ body, attributes: {} }]);
      expect(await opened.receivedDead()).toEqual([]);
    });

    test.each([60_000, 900_000, 3_600_000])(
      'a message that is delayed by %d ms is not there yet',
      async (delayMs) => {
        await opened.outbox.send('{}', delayMs);
        expect(await opened.received()).toEqual([]);
        expect(await opened.delayed()).toBe(1);
      },
    );

    test('a message that should have gone already goes at once', async () => {
      await opened.outbox.send('{}', -5_000);
      expect(await opened.received()).toHaveLength(1);
    });

    test('JSON with characters that SQS refuses arrives meaning the same', async () => {
      const message = { key: '\uFFFF \uFFFE 😀 \uD800 \u0000' };
      await opened.outbox.send(JSON.stringify(message), 0);
      const [received] = await opened.received();
      expect(JSON.parse(received?.body ?? '')).toEqual(message);
    });

    test('a dead letter lies in the dead-letter queue with its reason', async () => {
      await opened.outbox.park(letter);
      expect(await opened.receivedDead()).toEqual([{ body: letter.body, attributes }]);
      expect(await opened.received()).toEqual([]);
    });

    test('what a dead letter does not know is left out', async () => {
      const { httpStatus: _, parkId: __, ...plain } = letter;
      await opened.outbox.park({ ...plain, body: 'no JSON at all', message: '' });
      const { httpStatus: ___, parkId: ____, message: _____, ...known } = attributes;
      expect(await opened.receivedDead()).toEqual([{ body: 'no JSON at all', attributes: known }]);
    });

    test('a reason is cut, and freed of the characters that SQS refuses, rather than refused', async () => {
      await opened.outbox.park({ ...letter, message: `\u0000\u001B\uFFFF${'x'.repeat(5_000)}` });
      const [received] = await opened.receivedDead();
      expect(received?.attributes['message']).toBe(`\uFFFD\uFFFD\uFFFD${'x'.repeat(1_021)}`);
    });

    test('a body as large as SQS takes goes without its reasons', async () => {
      const body = 'x'.repeat(1024 ** 2);
      await opened.outbox.park({ ...letter, body });
      const [received] = await opened.receivedDead();
      expect(received?.body.length).toBe(body.length);
      expect(received?.attributes).toEqual({});
    });
  });
}
