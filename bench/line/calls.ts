import { subscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';

/** Requests by the origin that was asked (`127.0.0.1:port`) and the operation. */
export type Calls = Readonly<Record<string, number>>;

/** What tells an operation from another, wherever it was seen. */
export interface SeenCall {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly target: string | undefined;
}

/** `GetItem`, `PutObject`; else the method. AWS's protocols name it in a header, or in the query. */
export function operationOf({ method, path, target }: SeenCall): string {
  return target?.split('.').at(-1) ?? /[?&]x-id=(\w+)/.exec(path)?.[1] ?? method;
}

/**
 * Counts every request that this process makes from now on, without a proxy in its way: Node and undici tell of each,
 * retries too. https://nodejs.org/api/diagnostics_channel.html#http
 * https://undici.nodejs.org/#/docs/api/DiagnosticsChannel
 */
export function countCalls(): () => Calls {
  const counts: Record<string, number> = {};
  const note = (host: string, call: SeenCall) => {
    const name = `${host} ${operationOf(call)}`;
    counts[name] = (counts[name] ?? 0) + 1;
  };
  subscribe('http.client.request.start', (message) => {
    const { request } = message as { readonly request: ClientRequest };
    const target = request.getHeader('x-amz-target');
    note(String(request.getHeader('host')), {
      method: request.method,
      path: request.path,
      target: typeof target === 'string' ? target : undefined,
    });
  });
  subscribe('undici:request:create', (message) => {
    const { request } = message as { readonly request: UndiciRequest };
    const { method, path, origin, headers } = request;
    note(new URL(String(origin)).host, { method, path, target: targetIn(headers) });
  });
  return () => ({ ...counts });
}

interface UndiciRequest {
  readonly origin: string | URL;
  readonly method: string;
  readonly path: string;
  /** Names and values, in turn. */
  readonly headers: readonly unknown[];
}

function targetIn(headers: readonly unknown[]): string | undefined {
  const at = headers.findIndex((entry) => String(entry).toLowerCase() === 'x-amz-target');
  return at < 0 ? undefined : String(headers[at + 1]);
}
