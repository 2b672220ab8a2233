import { ChangeMessageVisibilityCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { UploaderError } from '../pipeline/failures.ts';
import { queueFailure } from './errors.ts';

/** 12 hours. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html */
const MAX_VISIBILITY_SECONDS = 43_200;

/**
 * When a kept message shows itself again: whole seconds, rounded up. A failure is returned, not thrown: the queue's own
 * visibility then stands, and the message comes back all the same.
 */
export async function changeVisibility(
  client: SQSClient,
  queueUrl: string,
  receiptHandle: string,
  visibleInMs: number,
): Promise<UploaderError | undefined> {
  const VisibilityTimeout = visibilitySeconds(visibleInMs);
  const change = { QueueUrl: queueUrl, ReceiptHandle: receiptHandle, VisibilityTimeout };
  try {
    await client.send(new ChangeMessageVisibilityCommand(change));
    return undefined;
  } catch (error) {
    return queueFailure(error, 'ChangeMessageVisibility');
  }
}

export function visibilitySeconds(visibleInMs: number): number {
  return Math.min(Math.max(Math.ceil(visibleInMs / 1000), 0), MAX_VISIBILITY_SECONDS);
}
