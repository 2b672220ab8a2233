import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import S3Error from '@20minutes/s3rver/lib/models/error.js';
import S3Object from '@20minutes/s3rver/lib/models/object.js';
import FilesystemStore, {
  type Metadata,
  type StoredObject,
} from '@20minutes/s3rver/lib/stores/filesystem.js';
import { KeyedLock } from './keyed-lock.ts';
import {
  bytesOfParts,
  dropEmptyFolders,
  eTagOfParts,
  moveInto,
  type ReceivedBody,
  receiveBody,
  requireParts,
  type UploadedPart,
  unlessMissing,
} from './s3-bodies.ts';
import type { ObjectCreated } from './s3-events.ts';
import { isUsableBucket, requireUsableBucket, requireUsableKey } from './s3-names.ts';

const KEPT_METADATA = new Set<string>(S3Object.ALLOWED_METADATA);

export type Stored = Omit<ObjectCreated, 'atMs' | 'sequencer'>;

export interface AtomicStoreOptions {
  readonly objectsDir: string;
  /** Where bodies are written until they are whole; on the same file system. */
  readonly incomingDir: string;
  /**
   * Called while nobody else can write the key, so that the order of calls is the order of versions; the writer is
   * answered when it has resolved. Never rejects.
   */
  onStored(stored: Stored): Promise<void>;
}

/**
 * s3rver's store with what it lacks: it overwrites objects in place, so that a GET under way would return half old, half
 * new bytes. Here a body is written beside and renamed when it is whole, and its bytes and its ETag change as one.
 */
export class AtomicStore extends FilesystemStore {
  readonly #options: AtomicStoreOptions;
  readonly #locks = new KeyedLock();

  constructor(options: AtomicStoreOptions) {
    super(options.objectsDir);
    this.#options = options;
  }

  /** Whatever else lies beside the buckets' folders is none. */
  override async getBucket(bucket: string): Promise<unknown> {
    return isUsableBucket(bucket) ? super.getBucket(bucket) : null;
  }

  override getBucketPath(bucket: string): string {
    requireUsableBucket(bucket);
    return super.getBucketPath(bucket);
  }

  override getResourcePath(bucket: string, key = '', resource: string): string {
    requireUsableBucket(bucket);
    requireUsableKey(key);
    return super.getResourcePath(bucket, key, resource);
  }

  /** Resolves once the body is open: from then on it is of one version, whatever is put. */
  override async getObject(bucket: string, key: string, options?: object): Promise<StoredObject | null> {
    return this.#alone(bucket, key, () => super.getObject(bucket, key, options));
  }

  /** For listings: size, ETag and time of one version; undefined if it is gone by now. */
  async facts(bucket: string, key: string): Promise<Metadata | undefined> {
    return this.#alone(bucket, key, () => this.getMetadata(bucket, key)).catch(unlessMissing);
  }

  override async putObject(object: StoredObject): Promise<{ size: number; md5: string }> {
    return this.#keep(object, 'Put');
  }

  override async copyObject(
    sourceBucket: string,
    sourceKey: string,
    bucket: string,
    key: string,
    replacement: Metadata | null,
  ): Promise<Metadata> {
    requireUsableKey(key);
    const source = await this.getObject(sourceBucket, sourceKey);
    if (source === null) throw new S3Error('NoSuchKey', 'The specified key does not exist.');
    const { content } = source;
    await this.#keep({ bucket, key, content, metadata: replacement ?? source.metadata }, 'Copy');
    return this.getMetadata(bucket, key);
  }

  /** As s3rver's own, but never half written, whenever the process dies; the ETag first, as the metadata vouch for nothing. */
  override async putMetadata(bucket: string, key: string, metadata: Metadata, md5?: string): Promise<void> {
    const allowed = Object.entries(metadata).filter(
      ([name]) => KEPT_METADATA.has(name) || name.startsWith('x-amz-meta-'),
    );
    if (md5 !== undefined) await this.#writeWhole(this.getResourcePath(bucket, key, 'object.md5'), md5);
    const json = JSON.stringify(Object.fromEntries(allowed), undefined, 2);
    await this.#writeWhole(this.getResourcePath(bucket, key, 'metadata.json'), json);
  }

  async #writeWhole(file: string, text: string): Promise<void> {
    const beside = join(this.#options.incomingDir, randomUUID());
    await writeFile(beside, text);
    await rename(beside, file);
  }

  override async deleteObject(bucket: string, key: string): Promise<void> {
    const files = ['object', 'object.md5', 'metadata.json'].map((name) =>
      this.getResourcePath(bucket, key, name),
    );
    await this.#alone(bucket, key, async () => {
      for (const file of files) await rm(file, { force: true });
    });
    dropEmptyFolders(this.getResourcePath(bucket, key, 'object'), this.getBucketPath(bucket));
  }

  override async initiateUpload(
    bucket: string,
    key: string,
    uploadId: string,
    metadata: Metadata,
  ): Promise<void> {
    requireUsableKey(key);
    await super.initiateUpload(bucket, key, uploadId, metadata);
  }

  override async putPart(bucket: string, uploadId: string, partNumber: string, content: Readable) {
    const number = Number(partNumber);
    if (!Number.isInteger(number) || number < 1 || number > 10_000) {
      throw new S3Error('InvalidArgument', 'Part number must be an integer between 1 and 10000, inclusive');
    }
    const part = join(await this.#uploadDir(bucket, uploadId), String(number));
    const { file, sizeBytes, md5 } = await receiveBody(this.#options.incomingDir, content);
    await rename(file, part);
    await writeFile(`${part}.md5`, md5);
    return { size: sizeBytes, md5 };
  }

  override async putObjectMultipart(bucket: string, uploadId: string, parts: readonly UploadedPart[]) {
    const dir = await this.#uploadDir(bucket, uploadId);
    const key = await readFile(join(dir, 'key'), 'utf8');
    const metadata = JSON.parse(await readFile(join(dir, 'metadata'), 'utf8')) as Metadata;
    await requireParts(dir, parts);
    const object = { bucket, key, metadata, content: bytesOfParts(dir, parts) };
    const result = await this.#keep(object, 'CompleteMultipartUpload', eTagOfParts(parts));
    await rm(dir, { recursive: true, force: true });
    return result;
  }

  async abortUpload(bucket: string, uploadId: string): Promise<void> {
    await rm(await this.#uploadDir(bucket, uploadId), { recursive: true, force: true });
  }

  #alone<T>(bucket: string, key: string, work: () => Promise<T>): Promise<T> {
    return this.#locks.run(this.getResourcePath(bucket, key, 'object'), work);
  }

  async #uploadDir(bucket: string, uploadId: string): Promise<string> {
    const dir = join(this.getResourcePath(bucket, undefined, 'uploads'), uploadId);
    const exists = /^[0-9a-f]{32}$/.test(uploadId) && (await stat(dir).catch(unlessMissing)) !== undefined;
    if (!exists) throw new S3Error('NoSuchUpload', 'The specified multipart upload does not exist.');
    return dir;
  }

  async #keep(
    object: StoredObject,
    how: Stored['how'],
    eTag?: string,
  ): Promise<{ size: number; md5: string }> {
    // Throws before a body is read that could not be kept.
    const target = this.getResourcePath(object.bucket, object.key, 'object');
    const body = await receiveBody(this.#options.incomingDir, object.content);
    await this.#replace(object, target, body, { eTag: eTag ?? body.md5, how });
    return { size: body.sizeBytes, md5: eTag ?? body.md5 };
  }

  /** A crash between the steps leaves whole bytes without an ETag, which s3rver then works out anew: never a false one. */
  async #replace(object: StoredObject, target: string, body: ReceivedBody, as: Pick<Stored, 'eTag' | 'how'>) {
    const { bucket, key, metadata } = object;
    let told: Promise<void> | undefined;
    await this.#alone(bucket, key, async () => {
      await rm(`${target}.md5`, { force: true });
      await rm(this.getResourcePath(bucket, key, 'metadata.json'), { force: true });
      moveInto(body.file, target);
      await this.putMetadata(bucket, key, metadata, as.eTag);
      told = this.#options.onStored({ bucket, key, sizeBytes: body.sizeBytes, ...as });
    });
    await told;
  }
}
