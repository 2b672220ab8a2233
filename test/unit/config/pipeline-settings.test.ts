import { describe, expect, it } from 'vitest';
import { pipelineSettings } from '../../../lib/config/pipeline-settings.ts';
import type { RouteConfig } from '../../../lib/config/uploader-config.ts';
import {
  DEFAULT_FILE_TYPES,
  DEFAULT_MAX_ATTEMPTS,
  DEFAULT_MAX_DOCUMENT_BYTES,
  DEFAULT_WAITS,
} from '../../../lib/pipeline/settings.ts';

const to = (prefix: string, more: Partial<RouteConfig> = {}): RouteConfig => ({
  prefix,
  classificationId: 'c',
  ...more,
});
const namesOf = (...routes: RouteConfig[]) => pipelineSettings({ routes }).routes.map(({ name }) => name);

describe("the pipeline's settings", () => {
  it('are the defaults where the configuration says nothing', () => {
    expect(pipelineSettings({ routes: [to('')] })).toEqual({
      routes: [
        { name: 'all', prefix: '', classificationId: 'c', batch: { by: 'folder' }, metadataOverrides: false },
      ],
      onUnknownOutcome: 'send-again',
      fileNames: 'tagged',
      fileTypes: DEFAULT_FILE_TYPES,
      maxDocumentBytes: DEFAULT_MAX_DOCUMENT_BYTES,
      maxAttempts: DEFAULT_MAX_ATTEMPTS,
      waits: DEFAULT_WAITS,
    });
  });

  it('are what the configuration says where it does', () => {
    const settings = pipelineSettings({
      routes: [to('a/', { name: 'n', suffixes: ['.pdf'], batch: { id: 'b' }, metadataOverrides: true })],
      onUnknownOutcome: 'park',
      fileNames: 'as-is',
      fileTypes: ['.PDF', 'tif'],
      maxDocumentBytes: 5,
      maxAttempts: 2,
      waits: { quietMs: 1, lateLookMs: undefined },
    });
    expect(settings).toEqual({
      routes: [
        {
          name: 'n',
          prefix: 'a/',
          suffixes: ['.pdf'],
          classificationId: 'c',
          batch: { id: 'b' },
          metadataOverrides: true,
        },
      ],
      onUnknownOutcome: 'park',
      fileNames: 'as-is',
      fileTypes: ['pdf', 'tif'],
      maxDocumentBytes: 5,
      maxAttempts: 2,
      waits: { ...DEFAULT_WAITS, quietMs: 1 },
    });
  });

  it('divide our own waits in haste, and the pace of results only where that is said', () => {
    const calm = pipelineSettings({ routes: [to('')] }, { waitsDivisor: 100 }).waits;
    expect(calm.quietMs).toBe(DEFAULT_WAITS.quietMs / 100);
    expect(calm.resultsGateMs).toBe(DEFAULT_WAITS.resultsGateMs);
    const hasty = pipelineSettings({ routes: [to('')] }, { waitsDivisor: 100, dividesResultsGate: true });
    expect(hasty.waits.resultsGateMs).toBe(DEFAULT_WAITS.resultsGateMs / 100);
  });
});

describe("a route's name", () => {
  it('is read from its prefix', () => {
    expect(namesOf(to('invoices/2026/'), to('a b+c/'), to('Ümlaut/'))).toEqual([
      'invoices-2026',
      'a-b-c',
      'Umlaut',
    ]);
  });

  it('is plain ASCII and short, whatever the prefix', () => {
    const names = namesOf(to('договоры/'), to('請求書/'), to('x'.repeat(900)));
    expect(new Set(names).size).toBe(3);
    for (const name of names) expect(name).toMatch(/^[\w.-]{1,64}$/);
  });

  it('is unique, and stays the same when routes are reordered', () => {
    const routes = [
      to('a/b/'),
      to('a-b/'),
      to('s/', { suffixes: ['.pdf'] }),
      to('s/', { suffixes: ['.txt'] }),
    ];
    const names = namesOf(...routes);
    expect(new Set(names).size).toBe(4);
    expect(namesOf(...[...routes].reverse())).toEqual([...names].reverse());
  });

  it('gives way to a name that was given', () => {
    const [given, derived] = namesOf(to('z/', { name: 'a' }), to('a/'));
    expect(given).toBe('a');
    expect(derived).toMatch(/^a-[0-9a-f]{8}$/);
  });
});
