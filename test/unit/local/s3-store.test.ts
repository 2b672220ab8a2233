import { setImmediate as turn } from 'node:timers/promises';
import type { Metadata, StoredObject } from '@20minutes/s3rver/lib/stores/filesystem.js';
import { expect, test } from 'vitest';
import { AtomicStore } from '../../../lib/local/s3-store.ts';
import { BUCKET, bytesOf, temporaryFolder } from '../../support/local-s3.ts';

/** Looks at an object in the middle of its replacement. */
class PeekedAt extends AtomicStore {
  peek: Promise<StoredObject | null> | undefined;

  override async putMetadata(bucket: string, key: string, metadata: Metadata, md5?: string): Promise<void> {
    const peek = this.getObject(bucket, key);
    this.peek = peek;
    // Nobody waits for the clock: whoever does not wait for the replacement has answered long before.
    for (let turns = 0; turns < 2000; turns += 1) await turn();
    await super.putMetadata(bucket, key, metadata, md5);
  }
}

test('who asks for an object while it is replaced gets bytes, ETag and metadata of one version', async () => {
  await using dir = await temporaryFolder();
  const store = new PeekedAt({
    objectsDir: dir.path,
    incomingDir: dir.path,
    onStored: async () => undefined,
  });
  await store.putBucket(BUCKET);
  const metadata = { 'content-type': 'application/pdf' };
  const object = { bucket: BUCKET, key: 'a.pdf', content: Buffer.from('new'), metadata };
  const { md5 } = await store.putObject(object);
  const peeked = await store.peek;
  expect(peeked?.metadata).toMatchObject({ etag: `"${md5}"`, 'content-type': 'application/pdf' });
  expect((await bytesOf(peeked?.content)).toString()).toBe('new');
});
