import type { Dashboard, Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Function as Lambda } from 'aws-cdk-lib/aws-lambda';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { UploaderAlarms, type Watched } from './alarms.ts';
import { apiTokenSecret } from './api-token.ts';
import { UploaderDashboard } from './dashboard.ts';
import { documentsBucket } from './documents-bucket.ts';
import { letLog } from './encryption.ts';
import { UploaderEvents } from './events.ts';
import type { ExtractaUploaderProps } from './extracta-uploader-props.ts';
import { bundlesOf } from './function-code.ts';
import { ledgerTable } from './ledger.ts';
import { type Network, networkOf } from './network.ts';
import { readTheLedger } from './permissions.ts';
import { arrivalsQueue, deadLetterQueue } from './queues.ts';
import { type RedriveParts, redriveFunction } from './redrive-function.ts';
import { configAmong, refuseProps } from './refusals.ts';
import { FUNCTION_TIMEOUT } from './sizing.ts';
import type { SourceOptions } from './source-options.ts';
import { type Source, Sources } from './sources.ts';
import { problemsAtSynth } from './synth-checks.ts';
import { type UploadParts, uploadFunction } from './upload-function.ts';
import { uploaderMetric } from './uploader-metrics.ts';

export type { BundleDirectories, ExtractaUploaderProps } from './extracta-uploader-props.ts';
export type { SourceOptions } from './source-options.ts';
export type { Source } from './sources.ts';

/**
 * Documents that land in `bucket` arrive in Extracta's document classification; `table` says where each one is. Props
 * that can't work are refused, here with a `ConfigProblems` or when the app is synthesized: what was given, what to change.
 */
export class ExtractaUploader extends Construct {
  /** Where documents are dropped. */
  readonly bucket: IBucket;
  /** Arrivals on their way. */
  readonly queue: Queue;
  /** What was parked, with its reason. */
  readonly deadLetterQueue: Queue;
  /** The ledger: document -> classification, batch, file. */
  readonly table: Table;
  /** Holds Extracta's API token, once a person has put it there. */
  readonly apiToken: ISecret;
  /** Takes arrivals from the queue and sends documents: the function, its role, its log, its mapping to the queue. */
  readonly upload: UploadParts;
  /** Sends dead letters back, and counts what is parked: the function, its role, its log, its schedule. */
  readonly redrive: RedriveParts;
  /** Where both functions run; undefined without `vpc`. */
  readonly network: Network | undefined;
  readonly alarms: UploaderAlarms;
  /** The story of the documents, left to right. */
  readonly dashboard: Dashboard;
  /** Tells a bus what becomes of documents; undefined without `eventBus`. */
  readonly events: UploaderEvents | undefined;
  private readonly arrivals: Sources;
  private readonly encryptionKey: IKey | undefined;

  constructor(scope: Construct, id: string, props: ExtractaUploaderProps) {
    super(scope, id);
    const config = configAmong(this, props);
    refuseProps(this, props, config);
    const { encryptionKey, timeout = FUNCTION_TIMEOUT } = props;
    this.encryptionKey = encryptionKey;
    if (encryptionKey !== undefined) letLog(this, encryptionKey);

    const ownBucket = props.bucket ? undefined : documentsBucket(this, props);
    this.deadLetterQueue = deadLetterQueue(this, props);
    this.queue = arrivalsQueue(this, { encryptionKey, deadLetters: this.deadLetterQueue, timeout });
    this.table = ledgerTable(this, props);
    this.apiToken = props.apiToken ?? apiTokenSecret(this, encryptionKey);
    this.network = networkOf(this, props);

    const { queue, deadLetterQueue: deadLetters, table, apiToken, network } = this;
    const around = { queue, deadLetterQueue: deadLetters, table, apiToken, encryptionKey };
    const options = { ...props, ...around, network, config, timeout, bundles: bundlesOf(this, props) };
    this.upload = uploadFunction(this, options);
    this.redrive = redriveFunction(this, options);

    this.arrivals = new Sources(this, { ...around, routes: config.routes, role: this.upload.role });
    this.bucket = ownBucket
      ? this.arrivals.addOwn(ownBucket)
      : this.addSource(props.bucket as IBucket, props.arrivals).bucket;
    const { alarmTopic, runbookUrl, eventBus, eventKinds: kinds } = props;
    this.events = eventBus && new UploaderEvents(this, 'Events', { table, eventBus, kinds, encryptionKey });
    this.alarms = new UploaderAlarms(this, 'Alarms', { ...this.watched(), alarmTopic, runbookUrl });
    const seen = { ...this.watched(), alarms: this.alarms, uploadLogs: this.upload.logs };
    this.dashboard = new UploaderDashboard(this, 'Story', seen).dashboard;
    const { uploadFunction: lambda } = this;
    const { all: sources } = this.arrivals;
    const checked = {
      queue,
      deadLetterQueue: deadLetters,
      uploadFunction: lambda,
      ownBucket,
      sources,
      config,
    };
    this.node.addValidation({ validate: () => problemsAtSynth(checked) });
  }

  private watched(): Watched {
    const { queue, deadLetterQueue, table, uploadFunction, redriveFunction, events } = this;
    return { queue, deadLetterQueue, table, uploadFunction, redriveFunction, pipes: events?.pipes };
  }

  get uploadFunction(): Lambda {
    return this.upload.lambda;
  }

  get redriveFunction(): Lambda {
    return this.redrive.lambda;
  }

  /** Every bucket whose documents arrive, and which of their keys. */
  get sources(): readonly Source[] {
    return this.arrivals.all;
  }

  /** Documents of a further bucket arrive too; routes hold for all buckets alike. Throws `ConfigProblems`. */
  addSource(bucket: IBucket, options: SourceOptions = {}): Source {
    return this.arrivals.add(bucket, options);
  }

  /** Lets someone ask what became of documents: read any item of the ledger, and query every index. */
  grantReadLedger(grantee: IGrantable): Grant {
    this.encryptionKey?.grantDecrypt(grantee);
    return Grant.addToPrincipal({ grantee, ...readTheLedger(this.table) });
  }

  /** Lets someone look at what was parked, without taking it away. */
  grantReadDeadLetters(grantee: IGrantable): Grant {
    this.encryptionKey?.grantDecrypt(grantee);
    const actions = ['sqs:ReceiveMessage', 'sqs:ChangeMessageVisibility', 'sqs:GetQueueAttributes'];
    return Grant.addToPrincipal({ grantee, actions, resourceArns: [this.deadLetterQueue.queueArn] });
  }

  /** Any metric of the functions by its name, such as `ClaimsLost`. Default: its sum over five minutes. */
  metric(metricName: string, options?: MetricOptions): Metric {
    return uploaderMetric(this.table, metricName, options);
  }

  /** Documents that arrived in Extracta. */
  metricDocumentsUploaded(options?: MetricOptions): Metric {
    return uploaderMetric(this.table, 'DocumentsUploaded', options);
  }

  /** Bytes of documents that arrived in Extracta. */
  metricBytesUploaded(options?: MetricOptions): Metric {
    return uploaderMetric(this.table, 'BytesUploaded', options);
  }

  /** Documents that wait in the dead-letter queue for a person or the redrive, counted as they were parked. */
  metricDocumentsParked(options?: MetricOptions): Metric {
    return uploaderMetric(this.table, 'DocumentsParked', options);
  }

  /** Documents that there was nothing to be done with: gone or overwritten before they were read. */
  metricDocumentsSkipped(options?: MetricOptions): Metric {
    return uploaderMetric(this.table, 'DocumentsSkipped', options);
  }

  /** How long one document took from the first byte to Extracta's answer, in ms. Default: the 99th of a hundred. */
  metricSendTime(options?: MetricOptions): Metric {
    return uploaderMetric(this.table, 'SendTime', { statistic: 'p99', ...options });
  }

  /** How often the line to Extracta was paused. */
  metricBreakerOpenings(options?: MetricOptions): Metric {
    return uploaderMetric(this.table, 'BreakerOpenings', options);
  }

  /** Age of the oldest arrival that was not taken up, in seconds. */
  metricOldestArrival(options?: MetricOptions): Metric {
    return this.queue.metricApproximateAgeOfOldestMessage(options);
  }

  /** Dead letters that are there now. */
  metricDeadLetters(options?: MetricOptions): Metric {
    return this.deadLetterQueue.metricApproximateNumberOfMessagesVisible(options);
  }
}
