import { Readable } from 'node:stream';
import { GetObjectCommand, HeadBucketCommand, HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { UploaderError } from '../pipeline/failures.ts';
import { realVersionId, unquotedETag } from '../pipeline/identity.ts';
import type { Arrival } from '../pipeline/model.ts';
import type { DocumentSource, ObjectFacts, OpenedObject } from '../pipeline/ports.ts';
import { bodyFailure, sourceFailure } from './errors.ts';

/**
 * S3, pinned to the version, else to the ETag, that the arrival names. Throws `document.gone`, `.superseded`,
 * `.access-denied`, `.throttled`, `.unavailable`; `invocation.ending` where the signal broke a request off.
 */
export function createDocumentSource({ client }: { readonly client: S3Client }): DocumentSource {
  return {
    describe: (arrival, signal) => describe(client, arrival, signal),
    open: (arrival, signal) => open(client, arrival, signal),
    present: (bucket, key, signal) => present(client, bucket, key, signal),
  };
}

interface NamedObject {
  readonly Bucket: string;
  readonly Key: string;
  readonly IfMatch?: string;
  readonly VersionId?: string;
}

async function describe(client: S3Client, arrival: Arrival, signal: AbortSignal): Promise<ObjectFacts> {
  const found = await head(client, pinned(arrival), signal);
  refuseAnotherContent(arrival, found.ETag);
  return {
    sizeBytes: promisedBytes(found.ContentLength),
    ...(found.ContentType === undefined ? {} : { contentType: found.ContentType }),
    metadata: found.Metadata ?? {},
  };
}

/** The body is S3's own stream, so that no byte passes through another one; what breaks it is `document.unavailable`. */
async function open(client: S3Client, arrival: Arrival, signal: AbortSignal): Promise<OpenedObject> {
  const got = await answered('GetObject', signal, () =>
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
    const found = await head(client, { Bucket: bucket, Key: key }, signal);
    const versionId = realVersionId(found.VersionId);
    const eTag = unquotedETag(found.ETag ?? '');
    // Nothing that could be named is nothing that could be read again as the same.
    if (versionId === undefined && eTag === '') return undefined;
    return {
      bucket,
      key,
      ...(versionId === undefined ? {} : { versionId }),
      eTag,
      sizeBytes: promisedBytes(found.ContentLength),
      eventTimeMs: found.LastModified?.getTime() ?? 0,
    };
  } catch (error) {
    if (error instanceof UploaderError && error.code === 'document.gone') return undefined;
    throw error;
  }
}

/** Its 404 has no body, so it doesn't say what is missing: the bucket is asked for before an object counts as gone. */
async function head(client: S3Client, object: NamedObject, signal: AbortSignal) {
  try {
    return await answered('HeadObject', signal, () =>
      client.send(new HeadObjectCommand(object), { abortSignal: signal }),
    );
  } catch (error) {
    if (error instanceof UploaderError && error.httpStatus === 404)
      await confirmBucket(client, object.Bucket, signal);
    throw error;
  }
}

/** Throws unless the bucket is surely there. Needs s3:ListBucket; where that is refused, there is a bucket to refuse it. */
async function confirmBucket(client: S3Client, bucket: string, signal: AbortSignal): Promise<void> {
  try {
    await answered('HeadBucket', signal, () =>
      client.send(new HeadBucketCommand({ Bucket: bucket }), { abortSignal: signal }),
    );
  } catch (error) {
    const { code } = error as UploaderError;
    if (code === 'document.access-denied') return;
    if (code !== 'document.gone') throw error;
    throw new UploaderError('document.unavailable', `There is no bucket ${bucket}: is this the right S3?`, {
      cause: error,
    });
  }
}

function pinned({ bucket, key, versionId, eTag }: Arrival): NamedObject {
  const object = { Bucket: bucket, Key: key };
  return versionId === undefined ? { ...object, IfMatch: `"${eTag}"` } : { ...object, VersionId: versionId };
}

async function answered<T>(operation: string, signal: AbortSignal, send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    throw sourceFailure(error, operation, signal);
  }
}

/** Some S3 servers ignore `If-Match`: what they answer instead must not be taken for the document. */
function refuseAnotherContent({ versionId, eTag }: Arrival, answeredETag: string | undefined): void {
  if (versionId !== undefined || answeredETag === undefined || unquotedETag(answeredETag) === eTag) return;
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

/**
 * `_destroy` decides which error a stream emits: here the raw ones of the connection become ours. A stream in between
 * would do it too, at the price of every chunk passing through it.
 * https://nodejs.org/api/stream.html#readable_destroyerr-callback
 */
function breakingAsOurs(body: Readable): Readable {
  body._destroy = withOurError(body._destroy.bind(body));
  return body;
}

/** Not written behind the `=`: V8 would make it in its old generation, and keep the body until a full collection (ADR 0015). */
function withOurError(destroy: Readable['_destroy']): Readable['_destroy'] {
  return (error, done) => destroy(error, (left) => done(left == null ? left : bodyFailure(left)));
}
