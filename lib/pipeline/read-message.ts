import { realVersionId, unquotedETag } from './identity.ts';
import { isSize, type Json, Malformed, nonEmpty, object, optionalText, text } from './json-shape.ts';
import type { Arrival, ArrivalMessage, Message } from './model.ts';
import { ownMessage } from './own-message.ts';
import { requireStorable } from './storable.ts';

/** What one queue message turned out to hold. */
export type Reading =
  | {
      readonly kind: 'arrivals';
      readonly messages: readonly ArrivalMessage[];
      readonly ignored: readonly string[];
    }
  | { readonly kind: 'ours'; readonly message: Exclude<Message, ArrivalMessage> }
  | { readonly kind: 'malformed'; readonly why: string };

/**
 * Reads an SQS body: an S3 event notification, EventBridge's "Object Created", either of them in an SNS envelope, or
 * a message of our own. Never throws.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
 */
export function readMessage(body: string): Reading {
  try {
    return readJson(object(JSON.parse(body), 'the body'));
  } catch (error) {
    return { kind: 'malformed', why: error instanceof Malformed ? error.message : 'the body is no JSON' };
  }
}

function readJson(json: Json): Reading {
  if (typeof json['uploader'] === 'string') return readOurs(json);
  if (json['Type'] === 'Notification' && typeof json['Message'] === 'string') {
    return readJson(object(JSON.parse(json['Message']), 'the SNS message'));
  }
  if (json['Event'] === 's3:TestEvent') return arrivals([], ['test-event']);
  if (Array.isArray(json['Records'])) return readRecords(json['Records']);
  if (json['source'] === 'aws.s3') return readEventBridge(json);
  throw new Malformed('the body is no S3 event');
}

function arrivals(found: readonly Arrival[], ignored: readonly string[]): Reading {
  const markers = found.filter(isFolderMarker).map(() => 'folder-marker');
  const messages = found.filter((arrival) => !isFolderMarker(arrival));
  return {
    kind: 'arrivals',
    messages: messages.map((arrival) => ({ uploader: 'arrival', arrival })),
    ignored: [...ignored, ...markers],
  };
}

function isFolderMarker({ key, sizeBytes }: Arrival): boolean {
  return key.endsWith('/') && (sizeBytes ?? 0) === 0;
}

function readRecords(records: readonly unknown[]): Reading {
  if (records.length === 0) return arrivals([], ['no-records']);
  const all = records.map((record) => object(record, 'a record'));
  const created = all.filter(isCreation);
  return arrivals(
    created.map(readRecord),
    all.filter((record) => !created.includes(record)).map(() => 'not-a-creation'),
  );
}

function isCreation({ eventName }: Json): boolean {
  // Some S3-compatible servers write the name as it stands in the notification's configuration.
  return typeof eventName === 'string' && /^(?:s3:)?ObjectCreated:/.test(eventName);
}

function readRecord(record: Json): Arrival {
  const s3 = object(record['s3'], "a record's s3");
  const stored = object(s3['object'], "a record's s3.object");
  return arrivalOf({
    bucket: object(s3['bucket'], "a record's s3.bucket")['name'],
    key: decodedKey(text(stored['key'], "a record's key")),
    versionId: stored['versionId'],
    eTag: stored['eTag'],
    sizeBytes: stored['size'],
    sequencer: stored['sequencer'],
    time: record['eventTime'],
  });
}

/** In S3's own notifications a key is URL-encoded with `+` for space; in EventBridge's it is plain. */
function decodedKey(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch {
    throw new Malformed("a record's key is not URL-encoded");
  }
}

function readEventBridge(event: Json): Reading {
  if (event['detail-type'] !== 'Object Created') return arrivals([], ['not-a-creation']);
  const detail = object(event['detail'], 'the detail');
  const stored = object(detail['object'], "the detail's object");
  const arrival = arrivalOf({
    bucket: object(detail['bucket'], "the detail's bucket")['name'],
    key: text(stored['key'], 'the key'),
    versionId: stored['version-id'],
    eTag: stored['etag'],
    sizeBytes: stored['size'],
    sequencer: stored['sequencer'],
    time: event['time'],
  });
  return arrivals([arrival], []);
}

interface RawArrival {
  readonly bucket: unknown;
  readonly key: string;
  readonly versionId: unknown;
  readonly eTag: unknown;
  readonly sizeBytes: unknown;
  readonly sequencer: unknown;
  readonly time: unknown;
}

function arrivalOf(raw: RawArrival): Arrival {
  const versionId = realVersionId(optionalText(raw.versionId, 'the version id'));
  const eTag = unquotedETag(optionalText(raw.eTag, 'the ETag') ?? '');
  if (versionId === undefined && eTag === '')
    throw new Malformed('an object has neither version id nor ETag');
  const eventTimeMs = Date.parse(text(raw.time, "the event's time"));
  if (Number.isNaN(eventTimeMs)) throw new Malformed("the event's time is no time");
  const sequencer = optionalText(raw.sequencer, 'the sequencer');
  return requireStorable({
    bucket: nonEmpty(raw.bucket, "the bucket's name"),
    key: nonEmpty(raw.key, 'the key'),
    ...(versionId === undefined ? {} : { versionId }),
    eTag,
    ...(isSize(raw.sizeBytes) ? { sizeBytes: raw.sizeBytes } : {}),
    ...(sequencer === undefined ? {} : { sequencer }),
    eventTimeMs,
  });
}

function readOurs(json: Json): Reading {
  const message = ownMessage(json);
  return message.uploader === 'arrival'
    ? { kind: 'arrivals', messages: [message], ignored: [] }
    : { kind: 'ours', message };
}
