/**
 * What the SDK knows by a code of Node's or by the name `TimeoutError`, and asks again after; undici has codes of its own.
 * https://github.com/smithy-lang/smithy-typescript/blob/main/packages/core/src/submodules/retry/service-error-classification/constants.ts
 * https://undici.nodejs.org/#/docs/api/Errors
 */
const NODES_CODES: Readonly<Record<string, 'ECONNRESET' | 'ETIMEDOUT'>> = {
  UND_ERR_CONNECT_TIMEOUT: 'ETIMEDOUT',
  UND_ERR_BODY_TIMEOUT: 'ETIMEDOUT',
  UND_ERR_SOCKET: 'ECONNRESET',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'ECONNRESET',
};

/** Those of them that NodeHttpHandler names so too. */
const TIMEOUTS = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT']);

/** An error of undici's as the SDK's retry strategy knows it. */
export function asTheSdkKnowsIt(error: Error): Error {
  const { name, code = '' } = error as NodeJS.ErrnoException;
  // No HTTP: an answer that was cut short where its length is not known, or garbled. Its own code is never set.
  const nodes = name === 'HTTPParserError' ? 'ECONNRESET' : (NODES_CODES[code] ?? code);
  return TIMEOUTS.has(nodes) ? timeoutError(error.message, nodes, error) : error;
}

export function timeoutError(message: string, code: string, cause?: Error): Error {
  const error = new Error(message, cause === undefined ? {} : { cause });
  return Object.assign(error, { name: 'TimeoutError', code });
}

/** The name by which the SDK never asks again. */
export function abortError(signal: { readonly reason?: unknown }): Error {
  return Object.assign(new Error('Request aborted', { cause: signal.reason }), { name: 'AbortError' });
}
