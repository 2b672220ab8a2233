import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DeadLetter } from '../../lib/pipeline/model.ts';
import type { DeadLetters, FoundLetter, Outbox } from '../../lib/pipeline/ports.ts';
import type { Received } from './outbox.suite.ts';

export interface OpenDeadLetters {
  readonly deadLetters: DeadLetters;
  readonly outbox: Outbox;
  /** Everything that can be received from the queue now. */
  received(): Promise<readonly Received[]>;
  /** Dead letters that anybody could receive now. */
  visible(): Promise<number>;
  /** SQS's own move of a message: its attributes stay on it. */
  moved(body: string, attributes?: Readonly<Record<string, string>>): Promise<void>;
  close(): Promise<void>;
}

const letter: DeadLetter = {
  body: JSON.stringify({ uploader: 'arrival', parkId: 'park-1' }),
  reason: 'extracta.unavailable',
  message: 'Extracta said: "no" – 漢字',
  httpStatus: 503,
  attempts: 8,
  redrives: 2,
  firstSeenAtMs: 1_767_225_600_000,
  parkId: 'park-1',
};

const never = new AbortController().signal;
const MINUTE = 60_000;
const handleOf = ({ handle }: FoundLetter) => handle;
const CONFIRMED = { confirmed: true };

/** What dead letters must be, whatever they are made of. */
export function deadLettersContract(name: string, open: () => Promise<OpenDeadLetters>): void {
  describe(`dead letters in ${name}`, () => {
    let opened: OpenDeadLetters;
    beforeEach(async () => {
      opened = await open();
    });
    afterEach(() => opened.close());
    const receive = () => opened.deadLetters.receive(MINUTE, never);

    test('a letter is found as it was parked', async () => {
      await opened.outbox.park(letter);
      const [found, ...more] = await receive();
      expect(more).toEqual([]);
      expect(found).toMatchObject({ body: letter.body, letter, redrives: 2 });
      expect(found?.sentAtMs).toBeGreaterThan(0);
    });

    test('what a letter does not know is left out', async () => {
      const { httpStatus: _, parkId: __, ...plain } = { ...letter, message: '' };
      await opened.outbox.park(plain);
      expect((await receive())[0]?.letter).toEqual(plain);
    });

    test('what SQS itself moved bears no letter, and so often was sent back as is written on it', async () => {
      await opened.moved('{}');
      expect((await receive())[0]).toMatchObject({ body: '{}', letter: undefined, redrives: 0 });
      await opened.moved('{}', { redrives: '2' });
      expect((await receive())[0]).toMatchObject({ letter: undefined, redrives: 2 });
    });

    test('a letter that was received is hidden, until it is given back', async () => {
      await opened.outbox.park(letter);
      const handles = (await receive()).map(handleOf);
      expect(await opened.visible()).toBe(0);
      await opened.deadLetters.giveBack(handles);
      expect(await opened.visible()).toBe(1);
    });

    test('many are given out ten at a time, each once, and given back all together', async () => {
      for (let n = 0; n < 23; n += 1) await opened.outbox.park({ ...letter, body: `letter ${n}` });
      const found: FoundLetter[] = [];
      for (let some = await receive(); some.length > 0; some = await receive()) {
        expect(some.length).toBeLessThanOrEqual(10);
        found.push(...some);
      }
      expect(new Set(found.map(({ body }) => body)).size).toBe(23);
      await opened.deadLetters.giveBack(found.map(handleOf));
      expect(await opened.visible()).toBe(23);
    });

    test('what is removed is gone, and confirmed by its position', async () => {
      for (let n = 0; n < 3; n += 1) await opened.outbox.park({ ...letter, body: `letter ${n}` });
      const handles = (await receive()).map(handleOf);
      expect(await opened.deadLetters.remove(handles.slice(1))).toEqual([CONFIRMED, CONFIRMED]);
      await opened.deadLetters.giveBack(handles);
      expect(await opened.visible()).toBe(1);
    });

    test('what is sent back lies in the queue as it was, with its count where one is given', async () => {
      const { deadLetters } = opened;
      const messages = [{ body: letter.body }, { body: '{"key":"漢字 😀 \\uFFFF"}', redrives: 1 }];
      expect(await deadLetters.sendBack(messages)).toEqual([CONFIRMED, CONFIRMED]);
      const received = [...(await opened.received())].sort((a, b) => a.body.length - b.body.length);
      expect(received.map(({ attributes }) => attributes)).toEqual([{ redrives: '1' }, {}]);
      expect(JSON.parse(received[0]?.body ?? '')).toEqual({ key: '漢字 😀 \uFFFF' });
      expect(received[1]?.body).toBe(letter.body);
    });

    test('nothing to send, to remove or to give back is nothing to do', async () => {
      expect(await opened.deadLetters.sendBack([])).toEqual([]);
      expect(await opened.deadLetters.remove([])).toEqual([]);
      await opened.deadLetters.giveBack([]);
    });

    test('a signal that has aborted ends the wait: nothing is found', async () => {
      await opened.outbox.park(letter);
      expect(await opened.deadLetters.receive(MINUTE, AbortSignal.abort())).toEqual([]);
      expect(await opened.visible()).toBe(1);
    });
  });
}
