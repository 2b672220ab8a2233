import {
  ListObjectsCommand,
  type ListObjectsCommandOutput,
  ListObjectsV2Command,
  PutObjectCommand,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { listingPage } from '../../../lib/local/s3-listing.ts';
import { BUCKET, s3UnderTest, temporaryFolder } from '../../support/local-s3.ts';

const AWKWARD = [
  'plain.pdf',
  'it\'s & <b>"quoted"</b>.pdf',
  '100% + more.pdf',
  'with space/and+plus.pdf',
  'Ελληνικά/日本語.pdf',
  '😀 beyond the first plane.pdf',
  '\uffee before it in bytes.pdf',
  '&amp; already.pdf',
  ' leading and trailing ',
  '0012',
];

async function putAll(client: S3Client, keys: readonly string[]) {
  await Promise.all(keys.map((Key) => client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: Key }))));
}

const inBytes = (keys: readonly string[]) =>
  keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));

test.each([undefined, 'url' as const])(
  'awkward keys come back as they were put (encoding-type %s)',
  async (encoding) => {
    await using dir = await temporaryFolder();
    await using local = await s3UnderTest(dir.path);
    await putAll(local.client, AWKWARD);
    const listed: string[] = [];
    const pages = paginateListObjectsV2(
      { client: local.client, pageSize: 3 },
      { Bucket: BUCKET, ...(encoding === undefined ? {} : { EncodingType: encoding }) },
    );
    for await (const page of pages) {
      expect(page.KeyCount).toBeLessThanOrEqual(3);
      listed.push(...(page.Contents ?? []).map(({ Key = '' }) => Key));
    }
    const spell = (key: string) => (encoding === 'url' ? decodeURIComponent(key) : key);
    expect(listed.map(spell)).toEqual(inBytes(AWKWARD));
  },
);

test('line breaks and control characters come back where the client asks for URL encoding', async () => {
  await using dir = await temporaryFolder();
  await using local = await s3UnderTest(dir.path);
  const keys = ['a\r\nb.pdf', 'tab\tc.pdf', 'bell\u0007.pdf'];
  await putAll(local.client, keys);
  const { Contents = [] } = await local.client.send(
    new ListObjectsV2Command({ Bucket: BUCKET, EncodingType: 'url' }),
  );
  expect(Contents.map(({ Key = '' }) => decodeURIComponent(Key))).toEqual(inBytes(keys));
});

test('folders are common prefixes, counted and paged like keys', async () => {
  await using dir = await temporaryFolder();
  await using local = await s3UnderTest(dir.path);
  await putAll(local.client, ['a/1', 'a/2', 'b', 'c & d/1', 'c & d/e/2', 'f/']);
  const list = { Bucket: BUCKET, Delimiter: '/', MaxKeys: 2 };
  const first = await local.client.send(new ListObjectsV2Command(list));
  expect(names(first)).toEqual({ keys: ['b'], prefixes: ['a/'] });
  expect(first).toMatchObject({ IsTruncated: true, KeyCount: 2, MaxKeys: 2 });
  const ContinuationToken = first.NextContinuationToken;
  const second = await local.client.send(new ListObjectsV2Command({ ...list, ContinuationToken }));
  expect(names(second)).toEqual({ keys: [], prefixes: ['c & d/', 'f/'] });
  expect(second).toMatchObject({ IsTruncated: false });
  expect(second.NextContinuationToken).toBeUndefined();
  const inside = await local.client.send(new ListObjectsV2Command({ ...list, Prefix: 'c & d/' }));
  expect(names(inside)).toEqual({ keys: ['c & d/1'], prefixes: ['c & d/e/'] });
});

test('the first version pages by marker', async () => {
  await using dir = await temporaryFolder();
  await using local = await s3UnderTest(dir.path);
  await putAll(local.client, ['a/1', 'b', 'c']);
  const list = { Bucket: BUCKET, Delimiter: '/', MaxKeys: 2 };
  const first = await local.client.send(new ListObjectsCommand(list));
  expect(names(first)).toEqual({ keys: ['b'], prefixes: ['a/'] });
  const second = await local.client.send(new ListObjectsCommand({ ...list, Marker: first.NextMarker }));
  expect(names(second)).toEqual({ keys: ['c'], prefixes: [] });
});

test('start-after, max-keys of nothing, size and ETag', async () => {
  await using dir = await temporaryFolder();
  await using local = await s3UnderTest(dir.path);
  await putAll(local.client, ['a', 'bb', 'ccc']);
  const after = await local.client.send(new ListObjectsV2Command({ Bucket: BUCKET, StartAfter: 'a' }));
  expect(after.Contents).toMatchObject([
    { Key: 'bb', Size: 2, ETag: '"21ad0bd836b90d08f4cf640b4c298e7c"' },
    { Key: 'ccc', Size: 3 },
  ]);
  const none = await local.client.send(new ListObjectsV2Command({ Bucket: BUCKET, MaxKeys: 0 }));
  expect(none).toMatchObject({ KeyCount: 0, IsTruncated: false });
});

test('a foreign continuation token, a wrong max-keys and an unknown bucket are refused', async () => {
  await using dir = await temporaryFolder();
  await using local = await s3UnderTest(dir.path);
  const token = new ListObjectsV2Command({ Bucket: BUCKET, ContinuationToken: 'abc' });
  await expect(local.client.send(token)).rejects.toMatchObject({ name: 'InvalidArgument' });
  const maxKeys = new ListObjectsV2Command({ Bucket: BUCKET, MaxKeys: -1 });
  await expect(local.client.send(maxKeys)).rejects.toMatchObject({ name: 'InvalidArgument' });
  const unknown = new ListObjectsV2Command({ Bucket: 'another' });
  await expect(local.client.send(unknown)).rejects.toMatchObject({ name: 'NoSuchBucket' });
});

test('a prefix that leads out of the bucket finds nothing', async () => {
  await using dir = await temporaryFolder();
  await using local = await s3UnderTest(dir.path, { buckets: [BUCKET, 'other'] });
  await local.client.send(new PutObjectCommand({ Bucket: 'other', Key: 'secret.pdf', Body: 'x' }));
  for (const Prefix of ['../other/', '..', './', '//']) {
    const { KeyCount } = await local.client.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix }));
    expect(KeyCount).toBe(0);
  }
});

describe('pages, for any keys and any page size', () => {
  const key = fc.stringMatching(/^[ab/😀\uffee]{1,8}$/u);
  test('hold every key or its common prefix once, in byte order', () => {
    const anything = fc.record({
      keys: fc.uniqueArray(key),
      maxKeys: fc.integer({ min: 1, max: 4 }),
      delimiter: fc.constantFrom('', '/'),
      prefix: fc.constantFrom('', 'a', 'a/', 'b'),
    });
    fc.assert(
      fc.property(anything, ({ keys, maxKeys, delimiter, prefix }) => {
        const seen: string[] = [];
        for (let after: string | undefined = ''; after !== undefined; ) {
          const page: ReturnType<typeof listingPage> = listingPage(keys, {
            prefix,
            delimiter,
            maxKeys,
            after,
          });
          seen.push(...inBytes([...page.keys, ...page.commonPrefixes]));
          after = page.next;
        }
        const expected = new Set(
          keys
            .filter((one) => one.startsWith(prefix))
            .map((one) => {
              const end = delimiter === '' ? -1 : one.indexOf(delimiter, prefix.length);
              return end === -1 ? one : one.slice(0, end + 1);
            }),
        );
        expect(seen).toEqual(inBytes([...expected]));
      }),
    );
  });
});

function names(page: Pick<ListObjectsCommandOutput, 'Contents' | 'CommonPrefixes'>) {
  return {
    keys: (page.Contents ?? []).map(({ Key }) => Key),
    prefixes: (page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix),
  };
}
