import type { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import type { IEventBus } from 'aws-cdk-lib/aws-events';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { UploaderConfig } from '../config/uploader-config.ts';
import type { EventKind } from './event-kinds.ts';
import type { SourceOptions } from './source-options.ts';

/**
 * What an `ExtractaUploader` may be told. Only `routes` must be given. Everything of `uploader.config.json` may be given
 * as a prop of the same name: `new ExtractaUploader(this, 'Uploader', { ...await readUploaderConfig(file) })`.
 */
export interface ExtractaUploaderProps extends UploaderConfig {
  /**
   * Where documents are dropped. Default: a bucket is made that is private, versioned, encrypted, takes TLS only, and is
   * kept when the stack goes. A bucket that exists keeps every notification that it has.
   */
  readonly bucket?: IBucket | undefined;
  /**
   * Which keys of `bucket` arrive, and how they are announced. Only for a bucket that exists; more of them by
   * `addSource`. Default: every key, by S3 notification.
   */
  readonly arrivals?: SourceOptions | undefined;
  /**
   * The secret that holds Extracta's API token, as plain text. Default: one is made with a placeholder in it, and
   * documents wait until a person has put the token there.
   */
  readonly apiToken?: ISecret | undefined;
  /**
   * The key for all that is made here and holds data: bucket, queues, ledger, secret and logs. S3, EventBridge and
   * CloudWatch Logs are given what they need in its policy; a key that was imported has a policy that can't be changed
   * from here, and must say so itself (docs/iam.md). Default: keys that AWS owns or manages. They have
   * no monthly price; KMS charges the requests for DynamoDB's.
   */
  readonly encryptionKey?: IKey | undefined;
  /**
   * The network of both functions. It must let them reach S3, SQS, DynamoDB, Secrets Manager, and Extracta by the
   * Internet. Default: none, the functions run in Lambda's own network.
   */
  readonly vpc?: IVpc | undefined;
  /** Where in `vpc`. Default: its private subnets with a way out. */
  readonly vpcSubnets?: SubnetSelection | undefined;
  /** Default: one is made for both functions, with no way in, and TCP to the ports of HTTPS and Extracta as the way out. */
  readonly securityGroups?: ISecurityGroup[] | undefined;
  /** Deliveries at once, each of up to ten documents; 2 to 1,000. Default: 10. */
  readonly maxConcurrency?: number | undefined;
  /**
   * How long one delivery may take. It must hold the largest document, `maxDocumentBytes`, at 10 MB/s, wherever either of
   * them is given; the queue's visibility follows from it. Default: 5 minutes.
   */
  readonly timeout?: Duration | undefined;
  /** Of the upload function, in MB; 820 to 10,240. Default: 1,024, enough for ten documents at once, whatever their size. */
  readonly memorySize?: number | undefined;
  /**
   * Whether dead letters that failed for a reason that passes come back by themselves: after 1, 6 and 24 hours. Default:
   * true; else all of them wait for a person. The schedule runs either way, and counts what is parked or long unknown:
   * alarms need it. With `false` its function may read the ledger's index alone, and moves nothing.
   */
  readonly autoRedrive?: boolean | undefined;
  /** Who is told when an alarm rings, and when it ends. Default: nobody; the alarms are there to be looked at. */
  readonly alarmTopic?: ITopic | undefined;
  /**
   * Where your people read docs/runbook.md, an https URL: each alarm's description links to its section there,
   * `#dead-letters`. Default: the file's path in this package.
   */
  readonly runbookUrl?: string | undefined;
  /**
   * Where it is told that a document was uploaded, parked or skipped (docs/events.md). Default: nowhere, and the ledger has
   * no stream.
   */
  readonly eventBus?: IEventBus | undefined;
  /** Which of these are told; only with `eventBus`. Default: all three, by a pipe each. */
  readonly eventKinds?: readonly EventKind[] | undefined;
  /** How long the functions' logs keep what is written. Default: three months; what became of a document the ledger keeps. */
  readonly logRetention?: RetentionDays | undefined;
  /**
   * What becomes of the bucket, the ledger and the functions' log groups that are made here, when they leave the stack.
   * With `DESTROY` the ledger loses its protection against deletion, and S3 still refuses to delete a bucket that is not
   * empty. Default: `RETAIN`; what the logs hold still ends with `logRetention`.
   */
  readonly removalPolicy?: RemovalPolicy | undefined;
  /**
   * The folders of the bundled functions, each with its `index.cjs`, as `bundleLambda(name)` makes them. Default: those
   * that come with the package, or that `npm run bundle` made.
   */
  readonly bundleDirectories?: BundleDirectories | undefined;
}

export interface BundleDirectories {
  readonly upload: string;
  readonly redrive: string;
}
