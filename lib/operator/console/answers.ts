import type { IncomingMessage } from 'node:http';
import { withGiven } from '../asked-for.ts';
import { batch } from '../batch.ts';
import { failed } from '../failed.ts';
import type { Filters } from '../filters.ts';
import { find } from '../find.ts';
import type { FindRequest } from '../look-up.ts';
import type { OpenLine } from '../open-line.ts';
import { Refusal } from '../refusal.ts';
import type { Live } from './live.ts';
import { putObject } from './put-object.ts';
import type { Redrives } from './redrives.ts';

/** One request that was let in. */
export interface Question {
  readonly request: IncomingMessage;
  readonly query: URLSearchParams;
  /** Aborts when the page is gone or the console ends. */
  readonly open: OpenLine;
  readonly redrives: Redrives;
  readonly live: Live;
  /** Reading dead letters hides them from others: one reader at a time. */
  alone<T>(work: () => Promise<T>): Promise<T>;
}

export type Answer = (question: Question) => Promise<unknown>;

/** What the page may ask: each is a verb's report. */
export const ANSWERS: Readonly<Record<string, Answer>> = {
  'GET /api/find': ({ open, query, alone }) => alone(() => find(open, findRequest(query, open))),
  'GET /api/batch': ({ open, query }) =>
    batch(open, { batchId: required(query, 'id'), results: query.has('results') }),
  'GET /api/failed': ({ open, query, alone }) => alone(() => failed(open, filtersIn(query))),
  'POST /api/redrive/plan': ({ open, query, redrives, alone }) =>
    alone(() => redrives.plan(open, filtersIn(query))),
  'POST /api/redrive': ({ open, query, redrives, live, alone }) => {
    const progress = { ...open.progress, show: (says: string) => live.tell('redriving', { says }) };
    return alone(() => redrives.carryOut({ ...open, progress }, required(query, 'plan')));
  },
  'PUT /api/object': ({ open, query, request }) => putObject(open, required(query, 'key'), request),
};

/** The one that never ends. */
export const LIVE = 'GET /api/live';

const DOCUMENTS_SHOWN = 50;

function findRequest(query: URLSearchParams, { line }: OpenLine): FindRequest {
  return {
    what: required(query, 'what'),
    ...withGiven({ as: kindIn(query) }),
    limit: DOCUMENTS_SHOWN,
    withLog: query.has('log'),
    // A ledger on this machine costs nothing to read; another one only if that is asked for.
    mayScan: query.has('scan') || line.origin === 'local',
  };
}

function kindIn(query: URLSearchParams): FindRequest['as'] {
  return (['key', 'file', 'batch'] as const).find((kind) => query.get('as') === kind);
}

function filtersIn(query: URLSearchParams): Filters {
  const [reason, prefix] = [query.get('reason'), query.get('prefix')];
  return { ...(reason ? { reason } : {}), ...(prefix ? { prefix } : {}) };
}

function required(query: URLSearchParams, name: string): string {
  const value = query.get(name) ?? '';
  if (value === '') throw new Refusal(`${name} is missing.`);
  return value;
}
