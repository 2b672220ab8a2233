import {
  GetBucketVersioningCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { realVersionId, unquotedETag } from '../pipeline/identity.ts';
import type { Arrival } from '../pipeline/model.ts';

/** What lies under a prefix now, a page at a time, however much it is. */
export interface ObjectPage {
  readonly objects: readonly ListedObject[];
  /** A listing that begins after this goes on from here. Undefined on an empty last page. */
  readonly lastKey: string | undefined;
}

export interface ListedObject {
  /** As its own event would name it. */
  readonly arrival: Arrival;
  /** Archived ones can't be read. */
  readonly storageClass: string | undefined;
}

export interface Listing {
  readonly bucket: string;
  readonly prefix: string;
  /** Only keys after this one, in the order of their bytes. */
  readonly afterKey: string | undefined;
  readonly signal: AbortSignal;
}

/**
 * Whether versions are what tells its objects apart: S3 names one in every event since versioning was first switched on.
 * A server that has no versions at all says so by not knowing the question.
 */
export async function isVersioned(client: S3Client, bucket: string, signal: AbortSignal): Promise<boolean> {
  try {
    const { Status } = await client.send(new GetBucketVersioningCommand({ Bucket: bucket }), {
      abortSignal: signal,
    });
    return Status !== undefined;
  } catch (error) {
    const { name, $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
    if (name === 'NotImplemented' || $metadata?.httpStatusCode === 501) return false;
    throw error;
  }
}

/**
 * The present version of every object, folder markers left out. In a versioned bucket only ListObjectVersions tells the
 * version id, without which a document would get a second item. Rejects with the SDK's own errors.
 */
export async function* objectPages(
  client: S3Client,
  listing: Listing,
  versioned: boolean,
): AsyncGenerator<ObjectPage> {
  yield* versioned ? versionPages(client, listing) : plainPages(client, listing);
}

async function* plainPages(client: S3Client, listing: Listing): AsyncGenerator<ObjectPage> {
  const { bucket, prefix, afterKey, signal } = listing;
  let token: string | undefined;
  do {
    const command = new ListObjectsV2Command({
      Bucket: bucket,
      Prefix: prefix,
      ...(token === undefined ? { StartAfter: afterKey } : { ContinuationToken: token }),
    });
    const {
      Contents = [],
      IsTruncated,
      NextContinuationToken,
    } = await client.send(command, { abortSignal: signal });
    yield pageOf(bucket, Contents);
    token = IsTruncated === true ? NextContinuationToken : undefined;
  } while (token !== undefined);
}

async function* versionPages(client: S3Client, listing: Listing): AsyncGenerator<ObjectPage> {
  const { bucket, prefix, afterKey, signal } = listing;
  let markers: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } | undefined = {
    KeyMarker: afterKey,
  };
  while (markers !== undefined) {
    const command: ListObjectVersionsCommand = new ListObjectVersionsCommand({
      Bucket: bucket,
      Prefix: prefix,
      ...markers,
    });
    const page = await client.send(command, { abortSignal: signal });
    yield pageOf(
      bucket,
      (page.Versions ?? []).filter(({ IsLatest }) => IsLatest === true),
    );
    markers =
      page.IsTruncated === true
        ? { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker }
        : undefined;
  }
}

interface Entry {
  readonly Key?: string | undefined;
  readonly VersionId?: string | undefined;
  readonly ETag?: string | undefined;
  readonly Size?: number | undefined;
  readonly LastModified?: Date | undefined;
  readonly StorageClass?: string | undefined;
}

function pageOf(bucket: string, entries: readonly Entry[]): ObjectPage {
  return { objects: entries.flatMap((entry) => listed(bucket, entry)), lastKey: entries.at(-1)?.Key };
}

function listed(bucket: string, entry: Entry): readonly ListedObject[] {
  const { Key: key, ETag, Size: sizeBytes = 0, LastModified, StorageClass } = entry;
  const isFolderMarker = key?.endsWith('/') && sizeBytes === 0;
  if (key === undefined || ETag === undefined || isFolderMarker) return [];
  const versionId = realVersionId(entry.VersionId);
  const arrival: Arrival = {
    bucket,
    key,
    ...(versionId === undefined ? {} : { versionId }),
    eTag: unquotedETag(ETag),
    sizeBytes,
    eventTimeMs: LastModified?.getTime() ?? 0,
  };
  return [{ arrival, storageClass: StorageClass }];
}
