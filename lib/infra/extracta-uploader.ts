import type { Dashboard } from 'aws-cdk-lib/aws-cloudwatch';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { IEventBus } from 'aws-cdk-lib/aws-events';
import type { Function as Lambda } from 'aws-cdk-lib/aws-lambda';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { UploaderConfig } from '../config/uploader-config.ts';
import { UploaderAlarms } from './alarms.ts';
import { apiTokenSecret } from './api-token.ts';
import { UploaderDashboard } from './dashboard.ts';
import { announceArrivals, documentsBucket } from './documents-bucket.ts';
import { UploaderEvents } from './events.ts';
import { ledgerTable } from './ledger.ts';
import { arrivalsQueue, deadLetterQueue } from './queues.ts';
import { redriveFunction } from './redrive-function.ts';
import { uploadFunction } from './upload-function.ts';

export interface ExtractaUploaderProps {
  /** Routes and rules, checked by `parseUploaderConfig`. */
  readonly config: UploaderConfig;
  /** The folders of the bundled functions, as `bundleLambda(name)` makes them. */
  readonly bundleDirectories: { readonly upload: string; readonly redrive: string };
  /**
   * Whether dead letters that failed for a reason that passes come back by themselves: after 1, 6 and 24 hours. Default:
   * true; else all of them wait for a person.
   */
  readonly autoRedrive?: boolean;
  /** Who is told when an alarm rings, and when it ends. Default: nobody; the alarms are there to be looked at. */
  readonly alarmTopic?: ITopic;
  /**
   * Where it is told that a document was uploaded, parked or skipped (docs/events.md). Default: nowhere, and the ledger has
   * no stream.
   */
  readonly eventBus?: IEventBus;
}

/** Documents that land in `bucket` arrive in Extracta's document classification; `table` says where each one is. */
export class ExtractaUploader extends Construct {
  /** Where documents are dropped. */
  readonly bucket: Bucket;
  /** Arrivals on their way. */
  readonly queue: Queue;
  readonly uploadFunction: Lambda;
  /** Sends dead letters back, on a schedule; undefined without `autoRedrive`. */
  readonly redriveFunction: Lambda | undefined;
  /** The ledger: document -> classification, batch, file. */
  readonly table: Table;
  /** What was parked, with its reason. */
  readonly deadLetterQueue: Queue;
  /** Extracta's API token, once a person has set it. */
  readonly apiToken: Secret;
  readonly alarms: UploaderAlarms;
  /** The story of the documents, left to right. */
  readonly dashboard: Dashboard;
  /** Undefined without `eventBus`. */
  readonly events: UploaderEvents | undefined;

  constructor(scope: Construct, id: string, props: ExtractaUploaderProps) {
    super(scope, id);
    this.bucket = documentsBucket(this);
    this.deadLetterQueue = deadLetterQueue(this);
    this.queue = arrivalsQueue(this, this.deadLetterQueue);
    announceArrivals(this.bucket, this.queue);
    this.table = ledgerTable(this);
    this.apiToken = apiTokenSecret(this);
    const { bucket, queue, table, apiToken } = this;
    const { config, bundleDirectories, autoRedrive = true } = props;
    const around = { bucket, queue, deadLetterQueue: this.deadLetterQueue, table, apiToken, config };
    this.uploadFunction = uploadFunction(this, { ...around, bundleDirectory: bundleDirectories.upload });
    this.redriveFunction = autoRedrive
      ? redriveFunction(this, { ...around, bundleDirectory: bundleDirectories.redrive })
      : undefined;
    const { uploadFunction: upload, redriveFunction: redrive, deadLetterQueue: letters } = this;
    const watched = {
      queue,
      deadLetterQueue: letters,
      table,
      uploadFunction: upload,
      redriveFunction: redrive,
    };
    this.alarms = new UploaderAlarms(this, 'Alarms', { ...watched, alarmTopic: props.alarmTopic });
    const seen = { ...watched, alarms: this.alarms, uploadLogs: upload.logGroup };
    this.dashboard = new UploaderDashboard(this, 'Story', seen).dashboard;
    const { eventBus } = props;
    this.events = eventBus && new UploaderEvents(this, 'Events', { table, eventBus });
  }
}
