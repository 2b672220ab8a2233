import { describe, expect, it } from 'vitest';
import { eventKeyPattern, filtersOverlap, keyPattern, reachOf } from '../../lib/infra/source-options.ts';

const routes = (...prefixes: readonly string[]) => prefixes.map((prefix) => ({ prefix }));
const filter = (prefix: string, suffix = '') => ({ prefix, suffix });

const many = Array.from({ length: 21 }, (_, index) => `in/${100 + index}/`);

describe('the reach of a source', () => {
  it.each([
    ['every key, where a route takes every key', routes('', 'in/'), '', ['']],
    ["the routes' prefixes, nested ones once", routes('in/', 'in/deep/', 'out/'), '', ['in/', 'out/']],
    ['the filter, where it is narrower', routes('in/'), 'in/scans/', ['in/scans/']],
    ['the routes that the filter lets through', routes('in/a/', 'in/b/', 'out/'), 'in/', ['in/a/', 'in/b/']],
    ['what they share, where they are too many for a policy', routes(...many), '', ['in/1']],
    ['nothing, where they share no key', routes('in/'), 'out/', []],
  ])('is %s', (_, given, prefix, expected) => {
    expect(reachOf(given, filter(prefix))).toEqual(expected);
  });
});

describe('a prefix as a pattern of IAM', () => {
  it.each([
    ['', '*'],
    ['in/', 'in/*'],
    ['a?b$c*/', `a\${?}b\${$}c\${*}/*`],
    ['Müller/', 'Müller/*'],
    // A policy holds Latin-1 alone.
    ['daily/請求書/', 'daily/*'],
    ['請求書/', '*'],
  ])('of %j is %j', (prefix, pattern) => {
    expect(keyPattern(prefix)).toBe(pattern);
  });
});

describe('a filter as a pattern of EventBridge', () => {
  it.each([
    [filter(''), undefined],
    [filter('in/'), [{ prefix: 'in/' }]],
    [filter('', '.pdf'), [{ suffix: '.pdf' }]],
    [filter('in/', '.pdf'), [{ wildcard: 'in/*.pdf' }]],
    [filter('a\\b/', '.pdf'), [{ wildcard: 'a\\\\b/*.pdf' }]],
  ])('of %j is one matcher: %j', (given, pattern) => {
    expect(eventKeyPattern(given)).toEqual(pattern);
  });
});

describe('two filters overlap', () => {
  it.each([
    [filter(''), filter('in/', '.pdf'), true],
    [filter('in/'), filter('in/deep/'), true],
    [filter('in/', '.pdf'), filter('in/deep/', 'n.pdf'), true],
    [filter('in/'), filter('out/'), false],
    [filter('in/', '.pdf'), filter('in/', '.tif'), false],
    // S3's suffixes mind the case, other than those of routes.
    [filter('in/', '.pdf'), filter('in/', '.PDF'), false],
  ])('%j and %j: %s', (one, other, expected) => {
    expect(filtersOverlap(one, other)).toBe(expected);
    expect(filtersOverlap(other, one)).toBe(expected);
  });
});
