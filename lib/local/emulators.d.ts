/** The parts of two untyped packages that lib/local uses. */

declare module '@20minutes/s3rver' {
  import type { RequestListener } from 'node:http';
  import type { S3Context, S3Middleware } from '@20minutes/s3rver/context';
  import type FilesystemStore from '@20minutes/s3rver/lib/stores/filesystem.js';

  export default class S3rver {
    constructor(options: {
      directory: string;
      silent: boolean;
      allowMismatchedSignatures: boolean;
      vhostBuckets: boolean;
    });
    store: FilesystemStore;
    readonly context: { store: FilesystemStore };
    readonly middleware: S3Middleware[];
    callback(): RequestListener;
    on(event: 'error', listener: (error: unknown, context?: S3Context) => void): this;
  }
}

/** Koa's context, as far as it is used. */
declare module '@20minutes/s3rver/context' {
  import type { IncomingMessage } from 'node:http';

  export interface S3Context {
    readonly method: string;
    /** Percent-encoded. */
    readonly path: string;
    query: Record<string, string | string[] | undefined>;
    readonly headers: Record<string, string | undefined>;
    readonly req: IncomingMessage;
    readonly request: { body?: unknown };
    readonly response: { get(header: string): string };
    status: number;
    type: string;
    body: unknown;
  }

  export type S3Middleware = (context: S3Context, next: () => Promise<void>) => Promise<void>;
}

declare module '@20minutes/s3rver/lib/models/error.js' {
  /** Answered as S3's error XML; `code` decides the status. */
  export default class S3Error extends Error {
    constructor(code: string, message: string, detail?: Record<string, unknown>);
    readonly code: string;
    readonly status: number;
  }
}

declare module '@20minutes/s3rver/lib/models/object.js' {
  const S3Object: {
    /** The names of the metadata that are kept beside `x-amz-meta-…`. */
    readonly ALLOWED_METADATA: Iterable<string>;
  };
  export default S3Object;
}

declare module '@20minutes/s3rver/lib/stores/filesystem.js' {
  import type { Readable } from 'node:stream';

  export type Metadata = Record<string, unknown>;

  export interface StoredObject {
    readonly bucket: string;
    readonly key: string;
    readonly content: Readable | Buffer;
    readonly metadata: Metadata;
  }

  export default class FilesystemStore {
    constructor(rootDirectory: string);
    static decodeKeyPath(keyPath: string): string;
    static encodeKeyPath(key: string): string;
    getBucket(bucket: string): Promise<unknown>;
    getBucketPath(bucket: string): string;
    getResourcePath(bucket: string, key: string | undefined, resource: string): string;
    getMetadata(bucket: string, key: string): Promise<Metadata>;
    putMetadata(bucket: string, key: string, metadata: Metadata, md5?: string): Promise<void>;
    putBucket(bucket: string): Promise<unknown>;
    getObject(bucket: string, key: string, options?: object): Promise<StoredObject | null>;
    putObject(object: StoredObject): Promise<{ size: number; md5: string }>;
    copyObject(
      sourceBucket: string,
      sourceKey: string,
      bucket: string,
      key: string,
      replacement: Metadata | null,
    ): Promise<Metadata>;
    deleteObject(bucket: string, key: string): Promise<void>;
    initiateUpload(bucket: string, key: string, uploadId: string, metadata: Metadata): Promise<void>;
    putPart(
      bucket: string,
      uploadId: string,
      partNumber: string,
      content: Readable,
    ): Promise<{ size: number; md5: string }>;
    putObjectMultipart(
      bucket: string,
      uploadId: string,
      parts: readonly { readonly number: number; readonly etag: string }[],
    ): Promise<{ size: number; md5: string }>;
  }
}

declare module 'dynalite' {
  import type { Server } from 'node:http';

  export default function dynalite(options: {
    path?: string;
    createTableMs?: number;
    deleteTableMs?: number;
    updateTableMs?: number;
  }): Server;
}
