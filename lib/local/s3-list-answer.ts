import S3Error from '@20minutes/s3rver/lib/models/error.js';
import { keysUnder } from './s3-keys.ts';
import { continuationToken, continuesAfter, type ListingPage, listingPage } from './s3-listing.ts';
import type { AtomicStore } from './s3-store.ts';
import type { XmlElements } from './s3-xml.ts';

export type ListingQuery = Readonly<Record<string, string>>;

/** The answer to ListObjects, or to ListObjectsV2 where `list-type` is 2. */
export async function listBucketResult(
  store: AtomicStore,
  bucket: string,
  query: ListingQuery,
): Promise<XmlElements> {
  const { prefix = '', delimiter = '' } = query;
  const request = {
    prefix,
    delimiter,
    after: after(query),
    maxKeys: Math.min(1000, Number(query['max-keys'] ?? 1000)),
  };
  const keys = request.maxKeys === 0 ? [] : await keysUnder(store.getBucketPath(bucket), prefix);
  const page = listingPage(keys, request);
  const spell = query['encoding-type'] === 'url' ? urlEncoded : (text: string) => text;
  return {
    ListBucketResult: {
      '@': { xmlns: 'http://s3.amazonaws.com/doc/2006-03-01/' },
      Name: bucket,
      Prefix: spell(prefix),
      ...(query['list-type'] === '2' ? secondVersion(query, page, spell) : firstVersion(query, page, spell)),
      MaxKeys: request.maxKeys,
      Delimiter: delimiter === '' ? undefined : spell(delimiter),
      EncodingType: query['encoding-type'],
      IsTruncated: page.next !== undefined,
      Contents: (await Promise.all(page.keys.map((key) => contents(store, bucket, key, spell)))).flat(),
      CommonPrefixes: page.commonPrefixes.map((name) => ({ Prefix: spell(name) })),
    },
  };
}

function after(query: ListingQuery): string {
  const token = query['continuation-token'];
  if (token === undefined) return query['start-after'] ?? query['marker'] ?? '';
  const found = continuesAfter(token);
  if (found === undefined)
    throw new S3Error('InvalidArgument', 'The continuation token provided is incorrect');
  return found;
}

type Spell = (text: string) => string;

const secondVersion = (query: ListingQuery, page: ListingPage, spell: Spell): XmlElements => ({
  KeyCount: page.keys.length + page.commonPrefixes.length,
  StartAfter: query['start-after'] === undefined ? undefined : spell(query['start-after']),
  ContinuationToken: query['continuation-token'],
  NextContinuationToken: page.next === undefined ? undefined : continuationToken(page.next),
});

const firstVersion = (query: ListingQuery, page: ListingPage, spell: Spell): XmlElements => ({
  Marker: spell(query['marker'] ?? ''),
  NextMarker: page.next === undefined || !query['delimiter'] ? undefined : spell(page.next),
});

/** Nothing for an object that was deleted since its key was read. */
async function contents(
  store: AtomicStore,
  bucket: string,
  key: string,
  spell: Spell,
): Promise<XmlElements[]> {
  const facts = await store.facts(bucket, key);
  if (facts === undefined) return [];
  return [
    {
      Key: spell(key),
      LastModified: new Date(String(facts['last-modified'])).toISOString(),
      ETag: String(facts['etag']),
      Size: Number(facts['content-length']),
      StorageClass: 'STANDARD',
    },
  ];
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html#API_ListObjectsV2_RequestSyntax */
const urlEncoded = (text: string) => encodeURIComponent(text).replaceAll('%2F', '/');
