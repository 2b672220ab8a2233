import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { queueFailure } from './errors.ts';

/** How many messages a queue holds. SQS calls every one of these numbers approximate. */
export interface QueueDepth {
  readonly waiting: number;
  /** Given out, and neither deleted nor shown again yet. */
  readonly inFlight: number;
  readonly delayed: number;
}

/** Throws `queue.unavailable`. */
export async function queueDepth(client: SQSClient, queueUrl: string): Promise<QueueDepth> {
  const attributes = await queueAttributes(client, queueUrl);
  const count = (kind: string) => Number(attributes[`ApproximateNumberOfMessages${kind}`] ?? 0);
  return { waiting: count(''), inFlight: count('NotVisible'), delayed: count('Delayed') };
}

/** Throws `queue.unavailable`. */
export async function queueAttributes(
  client: SQSClient,
  queueUrl: string,
): Promise<Readonly<Record<string, string>>> {
  const command = new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['All'] });
  try {
    return (await client.send(command)).Attributes ?? {};
  } catch (error) {
    throw queueFailure(error, 'GetQueueAttributes');
  }
}
