import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { ADVICE } from '../../../lib/config/advice.ts';
import { configJsonSchema, type JsonSchema } from '../../../lib/config/json-schema.ts';
import { UploaderConfigSchema } from '../../../lib/config/schema.ts';
import { DEFAULT_WAITS } from '../../../lib/pipeline/settings.ts';

const PROJECT = join(import.meta.dirname, '../../..');
const json = (...path: readonly string[]) => JSON.parse(readFileSync(join(PROJECT, ...path), 'utf8'));

const schema = configJsonSchema();
const accepts = new Ajv({ strict: true, strictTypes: false, useDefaults: false }).compile(schema);

/** By its shape. What settings must not be to each other no schema can say: that is `parseUploaderConfig`'s. */
const parses = (config: unknown) => v.safeParse(UploaderConfigSchema, config).success;

describe('the JSON schema of the configuration', () => {
  // To write it anew: node --input-type=module -e "import { configJsonSchema } from './lib/config/json-schema.ts';
  // console.log(JSON.stringify(configJsonSchema()))" > uploader.config.schema.json && npx biome check --write uploader.config.schema.json
  it('lies in the project as it is generated', () => {
    expect(json('uploader.config.schema.json')).toEqual(JSON.parse(JSON.stringify(schema)));
  });

  it('describes every setting that exists, and no other', () => {
    expect(new Set(describedPaths('', schema))).toEqual(new Set(Object.keys(ADVICE)));
  });
});

/** The generic path of everything that has a description. */
function describedPaths(path: string, part: JsonSchema): readonly string[] {
  const {
    description,
    properties = {},
    items,
    anyOf = [],
  } = part as {
    readonly description?: string;
    readonly properties?: Readonly<Record<string, JsonSchema>>;
    readonly items?: JsonSchema;
    readonly anyOf?: readonly JsonSchema[];
  };
  const inside = path === '' ? '' : `${path}.`;
  return [
    ...(description === undefined ? [] : [path]),
    ...Object.entries(properties).flatMap(([name, inner]) => describedPaths(inside + name, inner)),
    ...(items === undefined ? [] : describedPaths(`${path}[]`, items)),
    ...anyOf.flatMap((inner) => describedPaths(path, inner)),
  ];
}

/** Every setting, as it may be. */
const whole = {
  $schema: './uploader.config.schema.json',
  extractaUrl: 'https://extracta.example/api/v1',
  routes: [
    {
      name: 'one',
      prefix: 'in/',
      suffixes: ['.pdf'],
      classificationId: 'c',
      batch: { by: 'day', maxFiles: 5 } as Record<string, unknown>,
      metadataOverrides: true,
    },
  ],
  onUnknownOutcome: 'park',
  fileNames: 'as-is',
  fileTypes: ['pdf'],
  maxDocumentBytes: 1,
  maxAttempts: 1,
  waits: DEFAULT_WAITS,
};

const VALUES: readonly unknown[] = [
  ...[
    '',
    'in/',
    'a b',
    'a*',
    '/in',
    '.pdf',
    's3://bucket/in',
    'ü',
    'x'.repeat(65),
    'x'.repeat(1025),
    '-Oa_b',
  ],
  ...['https://a.example', 'https://u:p@a.example', 'https://a.example?q', 'http://a.example'],
  ...['http://localhost:1', 'http://127.0.0.1', 'http://[::1]:1/x', 'http://localhost@a.example', 'ftp://a'],
  ...['send-again', 'park', 'tagged', 'as-is', 'folder', 'day', 'route', 'object'],
  ...[0, 1, 1.5, -1, 2000, 60_000, 1_200_000, 1_200_001, 9e15, 1e20, true, false, null],
  ...[[], [1], ['pdf'], ['.pdf'], ['*.pdf'], ['a b'], [2000], [120_000], [9e12], {}],
  ...[
    { prefix: 'a/', classificationId: 'c' },
    { prefix: 'a/' },
    { by: 'day' },
    { by: 'route', maxFiles: 0 },
    { by: 'object' },
    { by: 'object', maxFiles: 1 },
  ],
  ...[{ id: 'b' }, { id: '' }, { id: '?' }, { id: 'b', by: 'day' }, { by: 'week' }, { unknown: 1 }],
  ...[[{ prefix: '', classificationId: 'c' }], [{ prefix: '' }], [{ classificationId: 'c' }]],
];

/** `whole` with a value at a path such as `routes[].batch.by`. */
function changed(path: string, value: unknown): unknown {
  const keys = path.replaceAll('[]', '.0').split('.');
  const config = structuredClone(whole) as unknown as Record<string, unknown>;
  if (path === 'routes[].batch.id') delete (config['routes'] as typeof whole.routes)[0]?.batch['maxFiles'];
  if (path === 'routes[].batch.id') delete (config['routes'] as typeof whole.routes)[0]?.batch['by'];
  const last = keys.pop() ?? '';
  const parent = keys.reduce((inner, key) => inner[key] as Record<string, unknown>, config);
  parent[last] = value;
  return config;
}

describe('the JSON schema and the parser agree', () => {
  it('on a configuration that says everything', () => {
    expect([parses(whole), accepts(whole)]).toEqual([true, true]);
  });

  it.each(Object.keys(ADVICE).filter((path) => path !== ''))('on %s, whatever stands there', (path) => {
    const verdicts = VALUES.map((value) => ({ value, accepted: accepts(changed(path, value)) }));
    const parsed = VALUES.map((value) => ({ value, accepted: parses(changed(path, value)) }));
    expect(verdicts).toEqual(parsed);
    expect(new Set(verdicts.map(({ accepted }) => accepted)).size).toBe(2);
  });

  it.each(['unknown', 'routes[].unknown', 'routes[].batch.unknown', 'waits.unknown'])(
    'that %s is not allowed',
    (path) => {
      const config = changed(path, 1);
      expect([parses(config), accepts(config)]).toEqual([false, false]);
    },
  );
});

describe('the example', () => {
  it.each(readdirSync(join(PROJECT, 'examples/configs')).filter((file) => file.endsWith('.json')))(
    '%s is accepted by both once its ids are put in, and names the schema that it is checked with',
    (file) => {
      const text = readFileSync(join(PROJECT, 'examples/configs', file), 'utf8');
      const config = JSON.parse(text.replace(/YOUR_\w+/g, '-Oabc'));
      expect(accepts(config), JSON.stringify(accepts.errors)).toBe(true);
      expect(parses(config)).toBe(true);
      expect([accepts(JSON.parse(text)), parses(JSON.parse(text))]).toEqual([false, false]);
      expect(json('examples/configs', config.$schema)).toEqual(json('uploader.config.schema.json'));
    },
  );
});
