import { deadLetterOf, redriveAttributes, redrivesOf } from '../../../lib/aws/dead-letter-attributes.ts';
import { UploaderError } from '../../../lib/pipeline/failures.ts';
import type { Confirmation, DeadLetters } from '../../../lib/pipeline/ports.ts';
import { type Interference, noInterference, withInterference } from './interference.ts';
import type { MemoryQueue, MessageAttributes } from './queue.ts';

export interface MemoryDeadLettersOptions {
  readonly queue: MemoryQueue;
  readonly deadLetters: MemoryQueue;
  readonly interference?: Interference;
}

/**
 * A memory queue's dead letters. Operations, each with all that it was given: `deadLetters.receive`, `.sendBack`,
 * `.remove`, `.giveBack`; and within the batches, entry by entry, `.sendBackOne` and `.removeOne`: what throws there was
 * not confirmed, as `Failed` says of an entry of a batch.
 */
export function memoryDeadLetters(options: MemoryDeadLettersOptions): DeadLetters {
  const { queue, deadLetters, interference = noInterference } = options;
  const run = <T>(operation: string, subject: unknown, work: () => T | Promise<T>) =>
    withInterference(interference, `deadLetters.${operation}`, subject, work);
  const eachConfirmed = <T>(operation: string, all: readonly T[], work: (one: T) => Promise<unknown>) =>
    run(operation, all, async () => {
      const answers: Confirmation[] = [];
      for (const one of all) {
        const done = run(`${operation}One`, one, () => work(one));
        answers.push(await done.then((): Confirmation => ({ confirmed: true }), unconfirmed));
      }
      return answers;
    }).catch((error) => all.map(() => unconfirmed(error)));
  return {
    receive: (hiddenMs, signal) =>
      run('receive', hiddenMs, async () => {
        if (signal.aborted) return [];
        const received = await deadLetters.receive(10);
        for (const { receiptHandle } of received) await deadLetters.changeVisibility(receiptHandle, hiddenMs);
        return received.map(({ receiptHandle, body, sentAtMs, attributes }) => {
          const given = sqsAttributes(attributes);
          const letter = deadLetterOf(body, given);
          return { handle: receiptHandle, body, sentAtMs, letter, redrives: redrivesOf(given) };
        });
      }),
    sendBack: (messages) =>
      eachConfirmed('sendBack', messages, ({ body, redrives }) =>
        queue.send(body, 0, redrives === undefined ? {} : texts(redriveAttributes(redrives))),
      ),
    remove: (handles) => eachConfirmed('remove', handles, (handle) => deadLetters.acknowledge(handle)),
    giveBack: (handles) =>
      run('giveBack', handles, async () => {
        for (const handle of handles) await deadLetters.changeVisibility(handle, 0).catch(() => {});
      }).catch(() => {}),
  };
}

const unconfirmed = (error: unknown): Confirmation => ({
  confirmed: false,
  failure: error instanceof UploaderError ? error : new UploaderError('queue.unavailable', String(error)),
});

const sqsAttributes = (attributes: MessageAttributes) =>
  Object.fromEntries(
    Object.entries(attributes).map(([name, StringValue]) => [name, { DataType: 'String', StringValue }]),
  );

const texts = (attributes: ReturnType<typeof redriveAttributes>): MessageAttributes =>
  Object.fromEntries(Object.entries(attributes).map(([name, { StringValue = '' }]) => [name, StringValue]));
