/** How the embedded Extracta can be told to misbehave, one request at a time. */

export type RequestKind =
  | 'upload'
  | 'results'
  | 'view'
  | 'create'
  | 'delete-batch'
  | 'delete-files'
  | 'credits';

/** What a script sees of a request. An upload is shown when its file part begins: before the file's bytes. */
export interface ScriptedRequest {
  readonly kind: RequestKind;
  /** The how-manyth of its kind, from 1. */
  readonly n: number;
  readonly classificationId?: string;
  readonly batchId?: string;
  readonly fileName?: string;
}

/** Says how to treat a request; undefined: as the real one would. */
export type Script = (request: ScriptedRequest) => Behaviour | undefined;

/** Every part may be left out; what is left out happens as usual. */
export interface Behaviour {
  /** Waited for when the request has been read whole and nothing is stored yet. */
  readonly holdBefore?: Promise<unknown>;
  /** Waited for when the file is stored and nothing is answered yet. */
  readonly holdAfter?: Promise<unknown>;
  /** Whether the file is kept. Default: only where no `end` is given. */
  readonly keep?: boolean;
  /** The file appears in results only from then on. */
  readonly shownFrom?: Promise<unknown>;
  /** The name that answers and results give the file, instead of the one that was sent. */
  readonly fileName?: string;
  /** What happens instead of the usual answer. */
  readonly end?: Ending;
}

export type Ending =
  /** Answers so, when the request has been read whole; `early`: while its body is still being sent. */
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body: string;
      readonly early?: boolean;
    }
  /** Breaks the connection once this many bytes of the file have been read, else when it ends. Nothing is kept. */
  | { readonly kind: 'reset-in-body'; readonly afterBytes: number }
  /** Breaks the connection when the request has been read whole. */
  | { readonly kind: 'reset' }
  /** Never answers. */
  | { readonly kind: 'hang' };

const json = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Ending => ({
  kind: 'answer',
  status,
  headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
  body: JSON.stringify(body),
});

const html = (status: number, title: string, early = false): Ending => ({
  kind: 'answer',
  status,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  body: `<!DOCTYPE html>\n<html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>\n`,
  early,
});

/** The misbehaviours that have been seen or must be feared, by name. */
export const endings = {
  json,
  html,
  error: (status: number, message: string, headers?: Readonly<Record<string, string>>): Ending =>
    json(status, { status: 'error', message }, headers),
  /** Seen: a success by its HTTP status, a failure by its body. */
  outOfCredits: (): Ending => json(200, { status: 'error', message: 'Not enough credits' }),
  waiting: (): Ending => json(200, { status: 'waiting' }),
  internalError: (): Ending => json(500, { status: 'error', message: 'Internal server error' }),
  throttled: (retryAfterSeconds?: number): Ending =>
    json(
      429,
      { status: 'error', message: 'Too many requests' },
      retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) },
    ),
  garbage: (): Ending => ({
    kind: 'answer',
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: '{"status":"uploa',
  }),
  redirect: (location: string): Ending => ({ kind: 'answer', status: 307, headers: { location }, body: '' }),
  tooLargeEarly: (): Ending => html(413, '413 Request Entity Too Large', true),
  resetInBody: (afterBytes: number): Ending => ({ kind: 'reset-in-body', afterBytes }),
  reset: (): Ending => ({ kind: 'reset' }),
  hang: (): Ending => ({ kind: 'hang' }),
} as const;
