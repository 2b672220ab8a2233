import { SQSClient } from '@aws-sdk/client-sqs';
import { type LocalSqs, startLocalSqs } from '../../lib/local/sqs.ts';

export const REGION = 'us-east-1';

export interface SqsUnderTest extends AsyncDisposable {
  readonly sqs: LocalSqs;
  readonly client: SQSClient;
}

export async function sqsUnderTest(visibilitySeconds = 30): Promise<SqsUnderTest> {
  const sqs = await startLocalSqs({
    queueName: 'arrivals',
    deadLetterQueueName: 'dead',
    visibilitySeconds,
    region: REGION,
  });
  const client = new SQSClient({
    endpoint: sqs.endpoint,
    region: REGION,
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  });
  const dispose = async () => {
    client.destroy();
    await sqs.close();
  };
  return { sqs, client, [Symbol.asyncDispose]: dispose };
}
