import type { Rule } from 'aws-cdk-lib/aws-events';
import type { Role } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Bucket, IBucket } from 'aws-cdk-lib/aws-s3';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { acknowledgeObjectsOf } from './acknowledgements.ts';
import { arrivalsRule } from './arrivals-by-event-bridge.ts';
import { addNotification, announceOwnBucket, letS3Send } from './arrivals-by-notification.ts';
import { letSend } from './encryption.ts';
import { decrypt, readDocuments } from './permissions.ts';
import { type KeyFilter, keyFilter, keyPattern, reachOf, type SourceOptions } from './source-options.ts';
import { refuseSource } from './source-refusals.ts';

/** A bucket whose documents arrive, and which of its keys. */
export interface Source {
  readonly bucket: IBucket;
  readonly filter: KeyFilter;
  /** The EventBridge rule that announces its arrivals; undefined where S3 sends to the queue itself. */
  readonly rule?: Rule | undefined;
}

/** What sources are added to. */
export interface SourcesProps {
  readonly routes: readonly { readonly prefix: string }[];
  readonly queue: Queue;
  readonly deadLetterQueue: Queue;
  /** Reads the documents. */
  readonly role: Role;
  /** The one key of the uploader, which the role may use already. */
  readonly encryptionKey?: IKey | undefined;
}

/** The buckets whose documents arrive. */
export class Sources {
  readonly all: Source[] = [];
  private readonly scope: Construct;
  private readonly props: SourcesProps;
  private readonly lets = new Set<string>();

  constructor(scope: Construct, props: SourcesProps) {
    this.scope = scope;
    this.props = props;
  }

  /** A bucket that is made elsewhere in this construct: every key of it. */
  addOwn(bucket: Bucket): Bucket {
    this.letSend('s3');
    announceOwnBucket(bucket, this.props.queue);
    this.read({ bucket, filter: keyFilter({}) });
    return bucket;
  }

  /** Any other bucket. Throws `ConfigProblems`. */
  add(bucket: IBucket, options: SourceOptions): Source {
    const filter = keyFilter(options);
    refuseSource(this.scope, { bucket, filter, options }, this.all, this.props.routes);
    if (options.announcedBy === 'event-bridge') {
      this.letSend('events');
      const { queue, deadLetterQueue } = this.props;
      const rule = arrivalsRule(this.scope, this.nextId(), { bucket, filter, queue, deadLetterQueue });
      return this.read({ bucket, filter, rule });
    }
    this.letSend('s3');
    addNotification(bucket, filter, this.props.queue);
    return this.read({ bucket, filter });
  }

  /** S3's right to the queue is said once for all buckets, EventBridge's once a rule; that to the key once each. */
  private letSend(service: 's3' | 'events'): void {
    if (this.lets.has(service)) return;
    this.lets.add(service);
    const { queue, encryptionKey } = this.props;
    if (service === 's3') letS3Send(queue);
    if (encryptionKey !== undefined) letSend(this.scope, encryptionKey, service);
  }

  /** The first is `Source`, the second `Source2`: ids of resources and of statements. */
  private nextId(): string {
    return this.all.length === 0 ? 'Source' : `Source${this.all.length + 1}`;
  }

  private read(source: Source): Source {
    const { routes, role, encryptionKey } = this.props;
    const number = this.all.length === 0 ? '' : String(this.all.length + 1);
    const { bucket } = source;
    const patterns = reachOf(routes, source.filter).map(keyPattern);
    for (const statement of readDocuments(bucket, patterns, number)) role.addToPolicy(statement);
    const key = bucket.encryptionKey;
    if (key && key !== encryptionKey) role.addToPolicy(decrypt(`DecryptDocuments${number}`, key, 's3'));
    acknowledgeObjectsOf(role, bucket, patterns);
    this.all.push(source);
    return source;
  }
}
