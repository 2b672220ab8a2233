import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { buildApp } from 'fauxqs';

export interface LocalSqsOptions {
  readonly queueName: string;
  readonly deadLetterQueueName: string;
  readonly visibilitySeconds: number;
  readonly region: string;
}

export interface LocalSqs {
  /** `http://127.0.0.1:port` */
  readonly endpoint: string;
  readonly queueUrl: string;
  readonly queueArn: string;
  readonly deadLetterQueueUrl: string;
  /** Ends every connection, also long polls. All messages are forgotten. */
  close(): Promise<void>;
}

/** Receives are not attempts: SQS's own redrive is the backstop for crashes only. */
const MAX_RECEIVE_COUNT = 1000;
/** The longest that SQS keeps a message. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html */
const RETENTION_SECONDS = 14 * 24 * 60 * 60;
/** fauxqs owns every queue by this account. */
const ACCOUNT = '000000000000';

/** An SQS on 127.0.0.1, in memory, with a queue and its dead-letter queue. */
export async function startLocalSqs(options: LocalSqsOptions): Promise<LocalSqs> {
  const { queueName, deadLetterQueueName, region } = options;
  const app = buildApp({ logger: false, defaultRegion: region });
  const endpoint = await app.listen({ host: '127.0.0.1', port: 0 });
  const arn = (name: string) => `arn:aws:sqs:${region}:${ACCOUNT}:${name}`;
  // The URL that fauxqs itself gives holds a host name that not every resolver knows.
  const url = (name: string) => `${endpoint}/${ACCOUNT}/${name}`;
  await createQueues(endpoint, options, arn(deadLetterQueueName));
  return {
    endpoint,
    queueUrl: url(queueName),
    queueArn: arn(queueName),
    deadLetterQueueUrl: url(deadLetterQueueName),
    close: () => app.close(),
  };
}

async function createQueues(endpoint: string, options: LocalSqsOptions, deadLetterTargetArn: string) {
  const { queueName, deadLetterQueueName, visibilitySeconds, region } = options;
  const client = new SQSClient({
    endpoint,
    region,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const MessageRetentionPeriod = String(RETENTION_SECONDS);
  try {
    await client.send(
      new CreateQueueCommand({ QueueName: deadLetterQueueName, Attributes: { MessageRetentionPeriod } }),
    );
    await client.send(
      new CreateQueueCommand({
        QueueName: queueName,
        Attributes: {
          MessageRetentionPeriod,
          VisibilityTimeout: String(visibilitySeconds),
          RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: MAX_RECEIVE_COUNT }),
        },
      }),
    );
  } finally {
    client.destroy();
  }
}
