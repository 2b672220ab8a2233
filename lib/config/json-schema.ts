import {
  DEFAULT_FILE_TYPES,
  DEFAULT_MAX_ATTEMPTS,
  DEFAULT_MAX_DOCUMENT_BYTES,
  DEFAULT_WAITS,
} from '../pipeline/settings.ts';
import { ADVICE, waitLimits } from './advice.ts';
import { LARGEST_OBJECT_BYTES } from './schema.ts';
import { DEFAULT_EXTRACTA_URL } from './uploader-config.ts';

/** A JSON schema, or a part of one. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

/**
 * uploader.config.json for editors: completion, defaults, and the advice of a refusal as description. Derived by hand:
 * most rules of schema.ts are checks with a sentence, which no converter sees. What it refuses schema.ts refuses too; the
 * reverse holds but for what settings must not be to each other, and for bytes, which are counted here as characters.
 * Draft 07, which every editor knows.
 */
export function configJsonSchema(): JsonSchema {
  const schema = closed('', ['routes'], {
    $schema: { type: 'string' },
    extractaUrl: { type: 'string', pattern: EXTRACTA_URL, default: DEFAULT_EXTRACTA_URL },
    routes: listOf(route()),
    onUnknownOutcome: { enum: ['send-again', 'park'], default: 'send-again' },
    fileNames: { enum: ['tagged', 'as-is'], default: 'tagged' },
    fileTypes: { ...listOf(described('fileTypes[]', FILE_TYPE)), default: DEFAULT_FILE_TYPES },
    maxDocumentBytes: { ...COUNT, maximum: LARGEST_OBJECT_BYTES, default: DEFAULT_MAX_DOCUMENT_BYTES },
    maxAttempts: { ...COUNT, default: DEFAULT_MAX_ATTEMPTS },
    waits: closed('waits', [], Object.fromEntries(Object.entries(DEFAULT_WAITS).map(wait))),
  });
  return { $schema: 'http://json-schema.org/draft-07/schema#', title: 'Extracta uploader', ...schema };
}

const COUNT = { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER };
const NAME = { type: 'string', pattern: '^[\\w.-]{1,64}$' };
const PREFIX = { type: 'string', maxLength: 1024, pattern: '^(?!s3://)(?!/)[^*]*$' };
const SUFFIX = { type: 'string', pattern: '^[^*]+$' };
/** `YOUR_CLASSIFICATION_ID` stands in the examples. */
const CLASSIFICATION_ID = { type: 'string', pattern: '^(?!YOUR_)\\S+$' };
/** `?` stands for a batch that nobody knows. */
const BATCH_ID = { type: 'string', pattern: '^(?!\\?$)\\S+$' };
const FILE_TYPE = { type: 'string', pattern: '^\\.?[A-Za-z0-9]+$' };
/** https, or http on this machine; without user, query and fragment. */
const EXTRACTA_URL = '^(https://|http://(localhost|127\\.|\\[::1\\]))(?![^/]*@)[^?#\\s]+$';

function route(): JsonSchema {
  return closed('routes[]', ['prefix', 'classificationId'], {
    name: NAME,
    prefix: PREFIX,
    suffixes: listOf(described('routes[].suffixes[]', SUFFIX)),
    classificationId: CLASSIFICATION_ID,
    batch: batch(),
    metadataOverrides: { type: 'boolean', default: false },
  });
}

/** A batch of ours that documents share, one a document, or one that exists. */
function batch(): JsonSchema {
  const path = 'routes[].batch';
  const shared = { by: { enum: ['folder', 'day', 'route'], default: 'folder' }, maxFiles: COUNT };
  const alternatives = [
    closed(path, [], shared),
    closed(path, ['by'], { by: { const: 'object' } }),
    closed(path, ['id'], { id: BATCH_ID }),
  ];
  return { anyOf: alternatives, default: { by: 'folder' } };
}

function wait([name, byDefault]: readonly [string, number | readonly number[]]): readonly [
  string,
  JsonSchema,
] {
  const { min, max, advice } = waitLimits(name);
  const one = { type: 'integer', minimum: min, maximum: max };
  const kind = Array.isArray(byDefault) ? listOf(one) : one;
  return [name, { description: sentence(advice), ...kind, default: byDefault }];
}

const listOf = (items: JsonSchema): JsonSchema => ({ type: 'array', minItems: 1, items });

/** An object with these settings and no others, each with the advice of its path. */
function closed(
  path: string,
  required: readonly string[],
  settings: Readonly<Record<string, JsonSchema>>,
): JsonSchema {
  const inside = path === '' ? '' : `${path}.`;
  const properties = Object.fromEntries(
    Object.entries(settings).map(([name, schema]) => [name, described(inside + name, schema)]),
  );
  const base = described(path, { type: 'object', properties, additionalProperties: false });
  return required.length === 0 ? base : { ...base, required };
}

function described(path: string, schema: JsonSchema): JsonSchema {
  const advice = ADVICE[path];
  return advice === undefined ? schema : { description: sentence(advice), ...schema };
}

const sentence = (advice: string) => `${advice.charAt(0).toUpperCase()}${advice.slice(1)}`;
