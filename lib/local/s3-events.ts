import { randomBytes } from 'node:crypto';
import type { S3Event } from 'aws-lambda';

/** An object that lies in the bucket now, and how it came there. */
export interface ObjectCreated {
  readonly bucket: string;
  /** As S3 knows it, not URL-encoded. */
  readonly key: string;
  readonly sizeBytes: number;
  /** Unquoted. */
  readonly eTag: string;
  readonly how: 'Put' | 'Copy' | 'CompleteMultipartUpload';
  readonly atMs: number;
  readonly sequencer: string;
}

/**
 * What S3 sends to a queue when an object is created, in the shape that it documents for unversioned buckets.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
 */
export function objectCreatedEvent(created: ObjectCreated, region: string): S3Event {
  return {
    Records: [
      {
        eventVersion: '2.1',
        eventSource: 'aws:s3',
        awsRegion: region,
        eventTime: new Date(created.atMs).toISOString(),
        eventName: `ObjectCreated:${created.how}`,
        userIdentity: { principalId: 'LOCAL' },
        requestParameters: { sourceIPAddress: '127.0.0.1' },
        responseElements: {
          'x-amz-request-id': randomBytes(8).toString('hex').toUpperCase(),
          'x-amz-id-2': randomBytes(48).toString('base64'),
        },
        s3: {
          s3SchemaVersion: '1.0',
          configurationId: 'uploader',
          bucket: {
            name: created.bucket,
            ownerIdentity: { principalId: 'LOCAL' },
            arn: `arn:aws:s3:::${created.bucket}`,
          },
          object: {
            key: eventKey(created.key),
            size: created.sizeBytes,
            eTag: created.eTag,
            sequencer: created.sequencer,
          },
        },
      },
    ],
  };
}

/** The key as S3 spells it in events: `application/x-www-form-urlencoded`, `+` for a space, slashes left alone. */
export function eventKey(key: string): string {
  return encodeURIComponent(key)
    .replace(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+')
    .replaceAll('%2F', '/');
}

/** Room for 1,048,576 events in one millisecond. */
const COUNTER_BITS = 20n;

/** Hexadecimal numbers that only rise, from one start to the next as well, as long as the clock does. */
export function createSequencer(nowMs: () => number): () => string {
  let last = 0n;
  return () => {
    const fromClock = BigInt(nowMs()) << COUNTER_BITS;
    last = fromClock > last ? fromClock : last + 1n;
    return last.toString(16).toUpperCase().padStart(18, '0');
  };
}
