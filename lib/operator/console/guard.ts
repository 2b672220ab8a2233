import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** What the console knows of itself. */
export interface Own {
  readonly port: number;
  readonly token: string;
}

export interface Incoming {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
}

export interface Refused {
  readonly status: 401 | 403 | 405 | 421;
  readonly says: string;
}

/** The conditions of being let in, each by its name. */
export const guardRules = {
  /** A name of somebody's that they let point to 127.0.0.1 (DNS rebinding) stands in Host as it was typed. */
  isForUs({ headers }: Incoming, { port }: Own): boolean {
    return hostsOf(port).includes(headers.host ?? '');
  },

  /** Browsers tell where a request comes from, always where it acts; a page of another port is another origin. */
  isFromUs({ method, headers }: Incoming): boolean {
    const { origin, host } = headers;
    const mayBeSilent = method === 'GET' || method === 'HEAD';
    if (origin === undefined) return mayBeSilent;
    return origin === `http://${host}`;
  },

  /** Newer browsers say it of every request; whatever asks for data is our own page. */
  isFetchedByUs({ headers }: Incoming): boolean {
    const site = headers['sec-fetch-site'];
    return site === undefined || site === 'same-origin';
  },

  /** Compared in the same time whatever it is. */
  hasToken({ headers }: Incoming, { token }: Own): boolean {
    const [, given = ''] = /^Bearer (\S+)$/.exec(headers.authorization ?? '') ?? [];
    return timingSafeEqual(digest(given), digest(token));
  },
};

/** Data and actions. All else is the page itself, which tells nothing. */
export const isGuarded = (path: string): boolean => path.startsWith('/api/');

/**
 * Who may not come in, and why. The token stands in the address's fragment and travels in a header: a cookie would go to
 * every port of 127.0.0.1, whoever listens there, and SameSite takes them all for one site; no page of another origin
 * can set this header, since we answer no preflight.
 */
export function refusalOf(incoming: Incoming, own: Own): Refused | undefined {
  if (!guardRules.isForUs(incoming, own))
    return { status: 421, says: 'This is not the name that the console answers to.' };
  if (!guardRules.isFromUs(incoming)) return { status: 403, says: 'Only the console’s own page may ask.' };
  if (!isGuarded(incoming.path)) return undefined;
  if (!guardRules.isFetchedByUs(incoming))
    return { status: 403, says: 'Only the console’s own page may ask.' };
  if (!guardRules.hasToken(incoming, own))
    return { status: 401, says: 'The token is missing or wrong: open the address that the command printed.' };
  return undefined;
}

function hostsOf(port: number): readonly string[] {
  return [`127.0.0.1:${port}`, `localhost:${port}`];
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
