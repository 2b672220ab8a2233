import { deadLetterMessage, delaySeconds } from '../../../lib/aws/outbox.ts';
import type { Outbox } from '../../../lib/pipeline/ports.ts';
import { type Interference, noInterference, withInterference } from './interference.ts';
import type { MemoryQueue } from './queue.ts';

export interface MemoryOutboxOptions {
  readonly queue: MemoryQueue;
  readonly deadLetters: MemoryQueue;
  readonly interference?: Interference;
}

/** The outbox over two memory queues. Operations: `outbox.send`, `outbox.park`. */
export function memoryOutbox(options: MemoryOutboxOptions): Outbox {
  const { queue, deadLetters, interference = noInterference } = options;
  return {
    send: async (body, delayMs) => {
      const delayedMs = delaySeconds(delayMs) * 1000;
      await withInterference(interference, 'outbox.send', { body, delayMs }, () =>
        queue.send(body, delayedMs),
      );
    },
    park: async (letter) => {
      const { MessageBody = '', MessageAttributes = {} } = deadLetterMessage('', letter);
      const texts = Object.entries(MessageAttributes).map(([name, { StringValue = '' }]) => [
        name,
        StringValue,
      ]);
      const attributes = Object.fromEntries(texts) as Record<string, string>;
      await withInterference(interference, 'outbox.park', letter, () =>
        deadLetters.send(MessageBody, 0, attributes),
      );
    },
  };
}
