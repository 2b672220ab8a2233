import type { S3Context, S3Middleware } from '@20minutes/s3rver/context';
import S3Error from '@20minutes/s3rver/lib/models/error.js';
import { type ListingQuery, listBucketResult } from './s3-list-answer.ts';
import type { AtomicStore } from './s3-store.ts';
import { type XmlElements, xmlDocument } from './s3-xml.ts';

/** What S3 does and s3rver does not, in front of its router. The first one is the outermost. */
export function s3Middleware(store: AtomicStore): S3Middleware[] {
  return [
    escapeOnce,
    endBrokenBodies,
    decodeCopySource,
    honourIfMatch,
    abortUploads(store),
    listInPages(store),
  ];
}

const escapeOnce: S3Middleware = async (context, next) => {
  await next();
  if (!isElements(context.body)) return;
  context.type = 'application/xml';
  context.body = xmlDocument(context.body);
};

function isElements(body: unknown): body is XmlElements {
  return typeof body === 'object' && body !== null && Object.getPrototypeOf(body) === Object.prototype;
}

/** A client that goes away in the middle of a signed stream would leave s3rver waiting for the rest. */
const endBrokenBodies: S3Middleware = async (context, next) => {
  context.req.once('close', () => {
    const { body } = context.request;
    if (!context.req.complete && body instanceof Object && 'destroy' in body && body !== context.req) {
      (body as { destroy(error: Error): void }).destroy(new Error('The client went away.'));
    }
  });
  await next();
};

/** s3rver decodes it by `decodeURI`, which leaves %2B, %26, %23 and others as they are. */
const decodeCopySource: S3Middleware = async (context, next) => {
  const source = context.headers['x-amz-copy-source'];
  if (source !== undefined) {
    context.req.headers['x-amz-copy-source'] = encodeURI(
      decodeURIComponent(source.replace(/\?versionId=.*$/, '')),
    );
  }
  await next();
};

/** The answer's ETag belongs to the very bytes that were opened: no write can come between. */
const honourIfMatch: S3Middleware = async (context, next) => {
  await next();
  const wanted = context.headers['if-match'];
  if (wanted === undefined || !['GET', 'HEAD'].includes(context.method) || context.status >= 300) return;
  if (matches(wanted, context.response.get('ETag'))) return;
  (context.body as { destroy?(): void } | undefined)?.destroy?.();
  throw new S3Error('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', {
    Condition: 'If-Match',
  });
};

function matches(wanted: string, eTag: string): boolean {
  const bare = (tag: string) => tag.trim().replace(/^"|"$/g, '');
  return wanted.trim() === '*' || wanted.split(',').some((tag) => bare(tag) === bare(eTag));
}

const abortUploads =
  (store: AtomicStore): S3Middleware =>
  async (context, next) => {
    const uploadId = context.query['uploadId'];
    if (context.method !== 'DELETE' || typeof uploadId !== 'string') return next();
    await store.abortUpload(bucketOf(context), uploadId);
    context.status = 204;
  };

const bucketOf = (context: S3Context) => context.path.split('/')[1] ?? '';

const LISTING_PARAMETER =
  /^(list-type|prefix|delimiter|max-keys|marker|continuation-token|start-after|encoding-type|fetch-owner|x-id|x-amz-.*)$/i;

/** s3rver checks access key, bucket and arguments for an empty page; the keys are put in here. */
const listInPages =
  (store: AtomicStore): S3Middleware =>
  async (context, next) => {
    const query = single(context.query);
    const isListing =
      context.method === 'GET' &&
      /^\/[^/]+\/?$/.test(context.path) &&
      Object.keys(query).every((name) => LISTING_PARAMETER.test(name));
    if (!isListing) return next();
    context.query = emptyPageQuery(query);
    await next();
    context.body = await listBucketResult(store, bucketOf(context), query);
  };

const single = (query: S3Context['query']): ListingQuery =>
  Object.fromEntries(Object.entries(query).map(([name, value]) => [name, String(value)]));

/** Without s3rver's own continuation token, whose cipher today's OpenSSL refuses. */
function emptyPageQuery(query: ListingQuery): Record<string, string> {
  const { 'continuation-token': _, 'max-keys': maxKeys = '1000', ...rest } = query;
  return { ...rest, 'max-keys': /^\d+$/.test(maxKeys) && Number(maxKeys) < 2 ** 31 ? '0' : maxKeys };
}
