import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Route } from '../../../lib/pipeline/model.ts';
import { routeFor } from '../../../lib/pipeline/route-for.ts';
import { arrival } from './scene.ts';

const route = (prefix: string, suffixes?: readonly string[]): Route => ({
  name: `${prefix}*${suffixes ?? ''}`,
  prefix,
  ...(suffixes === undefined ? {} : { suffixes }),
  classificationId: '-Oc',
  batch: { by: 'folder' },
  metadataOverrides: false,
});
const chosen = (key: string, ...routes: readonly Route[]) => routeFor({ ...arrival, key }, routes)?.name;

describe('the route of a key', () => {
  it('is the one with the longest prefix, wherever it stands in the list', () => {
    const routes = [route(''), route('letters/'), route('letters/2026/'), route('bills/')];
    expect(chosen('letters/2026/a.pdf', ...routes)).toBe('letters/2026/*');
    expect(chosen('letters/2026/a.pdf', ...routes.toReversed())).toBe('letters/2026/*');
    expect(chosen('letters/a.pdf', ...routes)).toBe('letters/*');
    expect(chosen('a.pdf', ...routes)).toBe('*');
  });

  it('is the first of two that fit equally well', () => {
    const twins = ['one', 'other'].map((name) => ({ ...route('letters/'), name }));
    expect(chosen('letters/a.pdf', ...twins)).toBe('one');
    expect(chosen('letters/a.pdf', ...twins.toReversed())).toBe('other');
  });

  it('is none where no prefix fits: prefixes are taken to the letter', () => {
    const routes = [route('letters/')];
    expect(chosen('Letters/a.pdf', ...routes)).toBeUndefined();
    expect(chosen('letter', ...routes)).toBeUndefined();
    expect(chosen('x/letters/a.pdf', ...routes)).toBeUndefined();
    expect(chosen('a.pdf')).toBeUndefined();
  });

  it('heeds suffixes in any case, and leaves to a shorter prefix what they do not allow', () => {
    const routes = [route('letters/', ['.pdf', '.TIF']), route('')];
    expect(chosen('letters/A.PDF', ...routes)).toBe('letters/*.pdf,.TIF');
    expect(chosen('letters/a.tif', ...routes)).toBe('letters/*.pdf,.TIF');
    expect(chosen('letters/a.txt', ...routes)).toBe('*');
    expect(chosen('letters/a.txt', route('letters/', ['.pdf']))).toBeUndefined();
    expect(chosen('letters/a.pdf', route('letters/', []))).toBeUndefined();
  });

  it('fits the key, and no longer one does', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', '/'), maxLength: 4 });
    const anyRoute = fc
      .tuple(word, fc.option(fc.array(word, { maxLength: 2 }), { nil: undefined }))
      .map(([prefix, suffixes]) => route(prefix, suffixes));
    const fits = (key: string, { prefix, suffixes }: Route) =>
      key.slice(0, prefix.length) === prefix && (suffixes?.some((suffix) => key.endsWith(suffix)) ?? true);
    fc.assert(
      fc.property(word, fc.array(anyRoute, { maxLength: 6 }), (key, routes) => {
        const found = routeFor({ ...arrival, key }, routes);
        const lengths = routes.filter((each) => fits(key, each)).map(({ prefix }) => prefix.length);
        expect(found?.prefix.length).toBe(lengths.length === 0 ? undefined : Math.max(...lengths));
        expect(found === undefined || fits(key, found)).toBe(true);
      }),
      { seed: 1, numRuns: 1000 },
    );
  });
});
