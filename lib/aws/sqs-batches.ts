import type { BatchResultErrorEntry, SendMessageBatchRequestEntry } from '@aws-sdk/client-sqs';
import { UploaderError } from '../pipeline/failures.ts';
import type { Confirmation } from '../pipeline/ports.ts';
import { sizeBytes } from './dead-letter-attributes.ts';
import { queueFailure } from './errors.ts';
import { MAX_MESSAGE_BYTES } from './outbox.ts';

/** What SQS takes in one request, and what it answers entry by entry. */

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html */
export const MAX_ENTRIES = 10;

export type Entry = Omit<SendMessageBatchRequestEntry, 'Id'>;

/** A request takes ten messages, and in all of them as many bytes as in one. */
export function requestsOf(entries: readonly Entry[]): readonly (readonly Entry[])[] {
  const requests: Entry[][] = [];
  let roomBytes = 0;
  for (const entry of entries) {
    const bytes = Buffer.byteLength(entry.MessageBody ?? '') + sizeBytes(entry.MessageAttributes ?? {});
    const open = requests.at(-1);
    if (open === undefined || open.length === MAX_ENTRIES || bytes > roomBytes) {
      requests.push([entry]);
      roomBytes = MAX_MESSAGE_BYTES - bytes;
    } else {
      open.push(entry);
      roomBytes -= bytes;
    }
  }
  return requests;
}

interface BatchAnswer {
  readonly Successful?: readonly { readonly Id: string | undefined }[] | undefined;
  readonly Failed?: readonly BatchResultErrorEntry[] | undefined;
}

/** A request may succeed in part: entry by entry, by its position. What is not said to have succeeded did not. */
export async function confirmed(
  operation: string,
  count: number,
  send: () => Promise<BatchAnswer>,
): Promise<readonly Confirmation[]> {
  const positions = Array.from({ length: count }, (_, at) => String(at));
  try {
    const { Successful = [], Failed = [] } = await send();
    const isDone = new Set(Successful.map(({ Id }) => Id));
    return positions.map((id) =>
      isDone.has(id)
        ? { confirmed: true }
        : refused(
            operation,
            Failed.find(({ Id }) => Id === id),
          ),
    );
  } catch (error) {
    return positions.map(() => ({ confirmed: false, failure: queueFailure(error, operation) }));
  }
}

function refused(operation: string, entry: BatchResultErrorEntry | undefined): Confirmation {
  const why = entry === undefined ? 'no answer for this entry' : `${entry.Code}: ${entry.Message ?? ''}`;
  return { confirmed: false, failure: new UploaderError('queue.unavailable', `SQS ${operation}: ${why}`) };
}

export function chunks<T>(all: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, at) =>
    all.slice(at * size, (at + 1) * size),
  );
}
