import {
  CreateBucketCommand,
  DeleteObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe } from 'vitest';
import { createDocumentSource } from '../../lib/aws/documents.ts';
import { virtualClock } from '../support/memory/clock.ts';
import { memorySource } from '../support/memory/source.ts';
import { type RunningServer, startFauxqs } from './servers.ts';
import { type OpenSource, sourceContract } from './source.suite.ts';

const openMemory = (versioned: boolean) => async (): Promise<OpenSource> => {
  const source = memorySource({ clock: virtualClock(), versioned });
  return {
    source,
    bucket: 'inbox',
    versioned,
    put: async (key, bytes, options) => source.put('inbox', key, bytes, options),
    remove: async (key) => source.remove('inbox', key),
    close: async () => {},
  };
};

sourceContract('memory, versioned', openMemory(true));
sourceContract('memory, unversioned', openMemory(false));

describe('over HTTP', () => {
  let fauxqs: RunningServer;
  let buckets = 0;
  beforeAll(async () => {
    fauxqs = await startFauxqs();
  });
  afterAll(() => fauxqs.close());

  sourceContract('an S3 server without versions', () => openBucket(fauxqs, `inbox-${++buckets}`));
});

async function openBucket({ clients: { s3 } }: RunningServer, bucket: string): Promise<OpenSource> {
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  return {
    source: createDocumentSource({ client: s3 }),
    bucket,
    versioned: false,
    put: async (key, bytes, { contentType, metadata } = {}) => {
      const object = { Bucket: bucket, Key: key };
      await s3.send(
        new PutObjectCommand({
          ...object,
          Body: Buffer.from(bytes),
          ContentType: contentType,
          Metadata: metadata,
        }),
      );
      const { ETag = '' } = await s3.send(new HeadObjectCommand(object));
      return {
        bucket,
        key,
        eTag: ETag.replaceAll('"', ''),
        sizeBytes: Buffer.byteLength(bytes),
        eventTimeMs: 1,
      };
    },
    remove: async (key) => void (await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }))),
    close: async () => {},
  };
}
