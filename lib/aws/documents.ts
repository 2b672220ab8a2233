import { Readable } from 'node:stream';
import { GetObjectCommand, HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { UploaderError } from '../pipeline/failures.ts';
import type { Arrival } from '../pipeline/model.ts';
import type { DocumentSource, ObjectFacts, OpenedObject } from '../pipeline/ports.ts';
import { bodyFailure, sourceFailure } from './errors.ts';

/**
 * S3, pinned to the version, else to the ETag, that the arrival names.
 * Throws `document.gone`, `.superseded`, `.access-denied`, `.throttled`, `.unavailable`.
 */
export function createDocumentSource({ client }: { readonly client: S3Client }): DocumentSource {
  return {
    describe: (arrival, signal) => describe(client, arrival, signal),
    open: (arrival, signal) => open(client, arrival, signal),
    present: (bucket, key, signal) => present(client, bucket, key, signal),
  };
}

async function describe(client: S3Client, arrival: Arrival, signal: AbortSignal): Promise<ObjectFacts> {
  const head = await answered('HeadObject', () =>
    client.send(new HeadObjectCommand(pinned(arrival)), { abortSignal: signal }),
  );
  refuseAnotherContent(arrival, head.ETag);
  return {
    sizeBytes: promisedBytes(head.ContentLength),
    ...(head.ContentType === undefined ? {} : { contentType: head.ContentType }),
    metadata: head.Metadata ?? {},
  };
}

/** The body is S3's own stream, so that no byte passes through another one; what breaks it is `document.unavailable`. */
async function open(client: S3Client, arrival: Arrival, signal: AbortSignal): Promise<OpenedObject> {
  const got = await answered('GetObject', () =>
    client.send(new GetObjectCommand(pinned(arrival)), { abortSignal: signal }),
  );
  const body = asReadable(got.Body);
  try {
    refuseAnotherContent(arrival, got.ETag);
    return { sizeBytes: promisedBytes(got.ContentLength), body: breakingAsOurs(body) };
  } catch (error) {
    // An unread body would keep its connection.
    body.destroy();
    throw error;
  }
}

async function present(
  client: S3Client,
  bucket: string,
  key: string,
  signal: AbortSignal,
): Promise<Arrival | undefined> {
  try {
    const head = await answered('HeadObject', () =>
      client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }), { abortSignal: signal }),
    );
    const hasVersion = head.VersionId !== undefined && head.VersionId !== 'null';
    return {
      bucket,
      key,
      ...(hasVersion ? { versionId: head.VersionId as string } : {}),
      eTag: unquoted(head.ETag),
      sizeBytes: promisedBytes(head.ContentLength),
      eventTimeMs: head.LastModified?.getTime() ?? 0,
    };
  } catch (error) {
    if (error instanceof UploaderError && error.code === 'document.gone') return undefined;
    throw error;
  }
}

function pinned({ bucket, key, versionId, eTag }: Arrival) {
  const object = { Bucket: bucket, Key: key };
  return versionId === undefined ? { ...object, IfMatch: `"${eTag}"` } : { ...object, VersionId: versionId };
}

async function answered<T>(operation: string, send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    throw sourceFailure(error, operation);
  }
}

/** Some S3 servers ignore `If-Match`: what they answer instead must not be taken for the document. */
function refuseAnotherContent({ versionId, eTag }: Arrival, answeredETag: string | undefined): void {
  if (versionId !== undefined || answeredETag === undefined || unquoted(answeredETag) === eTag) return;
  throw new UploaderError('document.superseded', 'S3 answered with another ETag than the one asked for');
}

function promisedBytes(contentLength: number | undefined): number {
  if (contentLength !== undefined) return contentLength;
  throw new UploaderError('document.unavailable', 'S3 did not say how long the object is');
}

function asReadable(body: unknown): Readable {
  if (body instanceof Readable) return body;
  throw new UploaderError('document.unavailable', 'S3 answered without a body');
}

const unquoted = (eTag = ''): string => eTag.replace(/^"(.*)"$/, '$1');

/**
 * `_destroy` decides which error a stream emits: here the raw ones of the connection become ours. A stream in between
 * would do it too, at the price of every chunk passing through it.
 * https://nodejs.org/api/stream.html#readable_destroyerr-callback
 */
function breakingAsOurs(body: Readable): Readable {
  const destroy = body._destroy;
  body._destroy = (error, done) =>
    destroy.call(body, error, (left) => done(left == null ? left : bodyFailure(left)));
  return body;
}
