import type { Arrival, Route } from './model.ts';

/** The route with the longest prefix that the key has, among those whose suffixes allow it; undefined: not ours. */
export function routeFor(arrival: Arrival, routes: readonly Route[]): Route | undefined {
  const key = arrival.key;
  const lowerKey = key.toLowerCase();
  const fits = (route: Route) =>
    key.startsWith(route.prefix) &&
    (route.suffixes === undefined ||
      route.suffixes.some((suffix) => lowerKey.endsWith(suffix.toLowerCase())));
  return routes
    .filter(fits)
    .reduce<Route | undefined>(
      (best, route) => (best === undefined || route.prefix.length > best.prefix.length ? route : best),
      undefined,
    );
}
