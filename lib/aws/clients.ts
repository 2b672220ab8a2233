import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { quickToCopy } from './quick-copies.ts';
import { createTransport } from './transport.ts';

export interface CloudOptions {
  /** `http://host/bucket/key` instead of `http://bucket.host/key`: most S3 servers that are not AWS need it. Default false. */
  readonly forcePathStyle?: boolean;
  /** Requests per call, the first one included. Default 3. */
  readonly maxAttempts?: number;
  /** Until a connection stands. Default 2 s. */
  readonly connectTimeoutMs?: number;
  /** From the request to the head of its answer, and, but for S3, between two pieces of the answer. Default 10 s. */
  readonly answerTimeoutMs?: number;
  /** For servers in this process. Without it the SDK reads the standard AWS variables and nothing else. */
  readonly connection?: Connection;
}

export interface Connection {
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly endpoints: {
    readonly s3?: string;
    readonly sqs?: string;
    readonly dynamodb?: string;
    readonly secretsManager?: string;
  };
}

export interface CloudClients {
  readonly s3: S3Client;
  readonly sqs: SQSClient;
  readonly dynamodb: DynamoDBClient;
  readonly secretsManager: SecretsManagerClient;
  /** Closes the connections of those that were made. */
  destroy(): void;
}

interface Client {
  readonly config: object;
  destroy(): void;
}

/**
 * The AWS clients, each made when it is first asked for. Endpoints (`AWS_ENDPOINT_URL_S3`, `…_SQS`, `…_DYNAMODB`,
 * `…_SECRETS_MANAGER`), region and credentials come from the standard variables, which the SDK reads itself.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
 */
export function createClients(options: CloudOptions = {}): CloudClients {
  const made: Client[] = [];
  const kept = <T extends Client>(client: T): T => {
    quickToCopy(client.config);
    made.push(client);
    return client;
  };
  const once = <T extends Client>(make: () => T): (() => T) => {
    let client: T | undefined;
    return () => {
      client ??= kept(make());
      return client;
    };
  };
  const endpoints = options.connection?.endpoints;
  const s3 = once(() => new S3Client(s3Config(options)));
  const sqs = once(() => new SQSClient(config(options, endpoints?.sqs)));
  const dynamodb = once(() => new DynamoDBClient(config(options, endpoints?.dynamodb)));
  const secretsManager = once(() => new SecretsManagerClient(config(options, endpoints?.secretsManager)));
  return {
    get s3() {
      return s3();
    },
    get sqs() {
      return sqs();
    },
    get dynamodb() {
      return dynamodb();
    },
    get secretsManager() {
      return secretsManager();
    },
    destroy() {
      for (const client of made) client.destroy();
    },
  };
}

function config(options: CloudOptions, endpoint: string | undefined, idleBodyMs?: number) {
  const connectMs = options.connectTimeoutMs ?? 2_000;
  const answerMs = options.answerTimeoutMs ?? 10_000;
  return {
    maxAttempts: options.maxAttempts ?? 3,
    requestHandler: createTransport({ connectMs, answerMs, idleBodyMs: idleBodyMs ?? answerMs }),
    ...(options.connection === undefined
      ? {}
      : { region: options.connection.region, credentials: options.connection.credentials }),
    ...(endpoint === undefined ? {} : { endpoint }),
  };
}

/** Longer than a form waits for its document: the form says which document it was that stalled. */
const IDLE_DOCUMENT_MS = 60_000;

/** Checksums only where S3 demands them: CRC64NVME in JavaScript doubles the CPU, and TLS and the byte guard cover transit. */
function s3Config(options: CloudOptions) {
  return {
    ...config(options, options.connection?.endpoints.s3, IDLE_DOCUMENT_MS),
    forcePathStyle: options.forcePathStyle ?? false,
    requestChecksumCalculation: 'WHEN_REQUIRED' as const,
    responseChecksumValidation: 'WHEN_REQUIRED' as const,
    // The transport can't wait for the word.
    expectContinueHeader: false,
  };
}
