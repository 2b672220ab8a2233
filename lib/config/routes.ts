import { createHash } from 'node:crypto';
import type { Route } from '../pipeline/model.ts';
import { type ConfigProblem, shown } from './problems.ts';
import type { RouteConfig, RoutePlace } from './uploader-config.ts';

/** A route and where it stands in the configuration's list. */
export interface PlacedRoute {
  readonly index: number;
  readonly route: RoutePlace;
}

/** What routes must not be to each other. Nested prefixes are fine: the longest one that matches wins. */
export function problemsBetween(routes: readonly PlacedRoute[]): readonly ConfigProblem[] {
  return routes.flatMap((later, position) =>
    routes.slice(0, position).flatMap((earlier) => [...overlap(earlier, later), ...sameName(earlier, later)]),
  );
}

function overlap(earlier: PlacedRoute, later: PlacedRoute): readonly ConfigProblem[] {
  if (earlier.route.prefix !== later.route.prefix) return [];
  if (!suffixesOverlap(earlier.route.suffixes, later.route.suffixes)) return [];
  return [
    {
      where: `routes[${later.index}].prefix`,
      given: `${shown(later.route.prefix)}, as in routes[${earlier.index}], and some keys would belong to both`,
      change: 'give one of them another prefix, or both suffixes that no key shares',
    },
  ];
}

/** Whether some key could end in one of each; no list at all is every ending. */
function suffixesOverlap(one: readonly string[] | undefined, other: readonly string[] | undefined): boolean {
  if (one === undefined || other === undefined) return true;
  return one.some((a) =>
    other.some((b) => a.toLowerCase().endsWith(b.toLowerCase()) || b.toLowerCase().endsWith(a.toLowerCase())),
  );
}

function sameName(earlier: PlacedRoute, later: PlacedRoute): readonly ConfigProblem[] {
  if (later.route.name === undefined || later.route.name !== earlier.route.name) return [];
  return [
    {
      where: `routes[${later.index}].name`,
      given: `${shown(later.route.name)}, as in routes[${earlier.index}]`,
      change: 'give each route a name of its own, or leave both out',
    },
  ];
}

/** Routes as the pipeline takes them: every default applied, every name given and unique. */
export function completeRoutes(routes: readonly RouteConfig[]): readonly Route[] {
  const plain = routes.map((route) => route.name ?? slug(route.prefix));
  return routes.map((route, index) => {
    const taken = plain.some((other, at) => at !== index && other === plain[index]);
    const ours = taken && route.name === undefined;
    return complete(route, ours ? `${plain[index]}-${fingerprint(route)}` : (plain[index] ?? ''));
  });
}

function complete(route: RouteConfig, name: string): Route {
  return {
    name,
    prefix: route.prefix,
    ...(route.suffixes === undefined ? {} : { suffixes: route.suffixes }),
    classificationId: route.classificationId,
    batch: batchPolicy(route.batch),
    metadataOverrides: route.metadataOverrides ?? false,
  };
}

function batchPolicy(batch: RouteConfig['batch']): Route['batch'] {
  if (batch === undefined) return { by: 'folder' };
  if ('id' in batch) return { id: batch.id };
  return { by: batch.by, ...(batch.maxFiles === undefined ? {} : { maxFiles: batch.maxFiles }) };
}

const LONGEST_SLUG = 40;

/**
 * A route's name is part of its slots' keys and of metrics: plain ASCII, and a function of the route alone, so that
 * routes can be reordered without opening new batches.
 */
function slug(prefix: string): string {
  if (prefix === '') return 'all';
  const withoutMarks = prefix.normalize('NFKD').replace(/\p{M}/gu, '');
  const readable = withoutMarks.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^-+|-+$/g, '');
  if (readable !== '' && readable.length <= LONGEST_SLUG) return readable;
  return `${readable.slice(0, LONGEST_SLUG) || 'route'}-${digest(prefix)}`;
}

function fingerprint(route: RouteConfig): string {
  return digest(JSON.stringify([route.prefix, [...(route.suffixes ?? [])].sort()]));
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}
