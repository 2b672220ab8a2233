import * as v from 'valibot';
import { UNKNOWN_BATCH } from '../pipeline/model.ts';
import { DEFAULT_WAITS } from '../pipeline/settings.ts';
import { ADVICE, waitLimits } from './advice.ts';
import { isPlainRemote, withoutLastSlashes } from './extracta-url.ts';
import type { BatchConfig, RouteConfig, RoutePlace, UploaderConfig, WaitsConfig } from './uploader-config.ts';

// `objectWithRest(…, never())` and not `strictObject`: that one reports only the first unknown key.
const nothingElse = v.never();

/** Every `check` carries its own advice; a value of the wrong kind gets the advice of its path. */
const name = v.pipe(
  v.string(),
  v.check((text) => /^[\w.-]{1,64}$/.test(text), 'use 1 to 64 letters, digits, dots, hyphens or underscores'),
);

const prefix = v.pipe(
  v.string(),
  v.check((text) => !text.startsWith('s3://'), 'give the key prefix alone, without s3:// and the bucket'),
  v.check((text) => !text.startsWith('/'), 'leave the leading slash out: S3 keys do not begin with one'),
  v.check(
    (text) => !text.includes('*'),
    'leave the * out: every key that begins with the prefix belongs to it',
  ),
  v.check((text) => Buffer.byteLength(text) <= 1024, 'shorten it: S3 keys have at most 1,024 bytes'),
);

const suffix = v.pipe(
  v.string(),
  v.check((text) => text !== '', 'give an ending such as ".pdf", or leave the entry out'),
  v.check((text) => !text.includes('*'), 'leave the * out: ".pdf" already means every key that ends so'),
);

/** Extracta's ids are opaque: nothing is asked of them but that they were not cut or pasted with blanks. */
const id = v.pipe(
  v.string(),
  v.check((text) => text !== '', 'paste the id that Extracta shows'),
  v.check((text) => !/\s/.test(text), 'paste the id without blanks or line breaks'),
);

/** What the examples, and our own advice, write where an id belongs. */
const classificationId = v.pipe(
  id,
  v.check(
    (text) => !/^YOUR_/.test(text),
    'put the id of your document classification there, as Extracta shows it',
  ),
);

const batchId = v.pipe(
  id,
  v.check(
    (text) => text !== UNKNOWN_BATCH,
    `paste the id that Extracta shows: "${UNKNOWN_BATCH}" stands for a batch that nobody knows`,
  ),
);

const count = v.pipe(
  v.number(),
  v.check((n) => Number.isSafeInteger(n) && n >= 1, 'give a whole number of at least 1'),
);

/** 10,000 parts of 5 GiB. https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
export const LARGEST_OBJECT_BYTES = 10_000 * 5 * 1024 ** 3;

const listOf = <T>(entry: v.GenericSchema<unknown, T>) =>
  v.pipe(
    v.array(entry),
    v.check((list) => list.length > 0, 'name at least one'),
  );

const isRecord = (value: unknown): value is object => typeof value === 'object' && value !== null;

const batch: v.GenericSchema<unknown, BatchConfig> = v.lazy((given) => {
  // A list would pass as an object that says nothing.
  if (Array.isArray(given)) return nothingElse;
  if (isRecord(given) && 'id' in given) return v.objectWithRest({ id: batchId }, nothingElse);
  if (isRecord(given) && 'by' in given && given.by === 'object') {
    return v.objectWithRest({ by: v.literal('object') }, nothingElse);
  }
  const by = v.optional(v.picklist(['folder', 'day', 'route', 'object']), 'folder');
  return v.objectWithRest({ by, maxFiles: v.optional(count) }, nothingElse);
});

/** What routes must not have in common, by itself: whatever else is wrong with a route. A wrong name is nobody's. */
export const RoutePlaceSchema: v.GenericSchema<unknown, RoutePlace> = v.object({
  name: v.fallback(v.optional(name), undefined),
  prefix,
  suffixes: v.optional(listOf(suffix)),
});

/** Its endings alone, whatever else is wrong with a route; an ending that is wrong itself is no text here. */
export const RouteEndingsSchema = v.object({
  suffixes: v.optional(v.array(v.fallback(v.optional(suffix), undefined)), []),
});

const RouteSchema: v.GenericSchema<unknown, RouteConfig> = v.objectWithRest(
  {
    name: v.optional(name),
    prefix,
    suffixes: v.optional(listOf(suffix)),
    classificationId,
    batch: v.optional(batch),
    metadataOverrides: v.optional(v.boolean()),
  },
  nothingElse,
);

const extractaUrl = v.pipe(
  v.string(),
  v.check(
    (text) => URL.canParse(text) && ['https:', 'http:'].includes(new URL(text).protocol),
    'give a whole URL such as "https://api.extracta.ai/api/v1"',
  ),
  v.check((text) => !isPlainRemote(text), 'use https: the API token would travel in the clear'),
  v.check((text) => !/[?#]/.test(text), 'leave the query and the fragment out'),
  v.check(
    (text) => !/\/\/[^/]*@/.test(text),
    'leave user and password out: the API token has a secret of its own',
  ),
  v.transform(withoutLastSlashes),
);

const fileType = v.pipe(
  v.string(),
  v.check((text) => /^\.?[A-Za-z0-9]+$/.test(text), 'give an extension such as "pdf"'),
);

/** Theirs alone, whatever else is wrong, and those that are right among wrong ones. */
export const FileTypesSchema = v.object({
  fileTypes: v.optional(listOf(v.fallback(v.optional(fileType), undefined))),
});

const wait = (min: number, max: number, advice: string) =>
  v.pipe(
    v.number(),
    v.check((ms) => Number.isSafeInteger(ms) && ms >= min && ms <= max, advice),
  );

const waitsObject = v.objectWithRest(
  Object.fromEntries(
    Object.entries(DEFAULT_WAITS).map(([key, value]) => {
      const { min, max, advice } = waitLimits(key);
      const one = wait(min, max, advice);
      return [key, v.optional(Array.isArray(value) ? listOf(one) : one)];
    }),
  ),
  nothingElse,
) as unknown as v.GenericSchema<unknown, WaitsConfig>;

/** An empty list would pass as an object that says nothing. */
const waits = v.pipe(
  v.unknown(),
  v.check((value) => !Array.isArray(value), ADVICE['waits']),
  waitsObject,
);

/** The shape of uploader.config.json. What routes must not be to each other is said in routes.ts. */
export const UploaderConfigSchema: v.GenericSchema<unknown, UploaderConfig> = v.objectWithRest(
  {
    $schema: v.optional(v.string()),
    extractaUrl: v.optional(extractaUrl),
    routes: listOf(RouteSchema),
    onUnknownOutcome: v.optional(v.picklist(['send-again', 'park'])),
    fileNames: v.optional(v.picklist(['tagged', 'as-is'])),
    fileTypes: v.optional(listOf(fileType)),
    maxDocumentBytes: v.optional(
      v.pipe(
        count,
        v.check(
          (n) => n <= LARGEST_OBJECT_BYTES,
          'give at most 53687091200000 (50,000 GiB): S3 has no larger object',
        ),
      ),
    ),
    maxAttempts: v.optional(count),
    waits: v.optional(waits),
  },
  nothingElse,
);
