import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { fixedToken } from '../aws/secret.ts';
import { createExtracta } from '../extracta/client.ts';
import { UploaderError } from '../pipeline/failures.ts';
import { BadInput } from './bad-input.ts';

export interface ExtractaAddress {
  /** Without a slash at the end. */
  readonly url: string;
  readonly token: string;
}

const PATIENCE_MS = 10_000;

/**
 * Asks for the classification before anything is uploaded. Throws `BadInput` where Extracta's own JSON refuses it, where
 * the token is refused, and where nothing listens. Anything else is no refusal: a server may not know viewClassification;
 * resolves with what a person should hear of it.
 */
export async function checkClassification(
  { url, token }: ExtractaAddress,
  classificationId: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const extracta = createExtracta({
    baseUrl: url,
    token: fixedToken(token),
    clock: { nowMs: Date.now, sleep: (ms, over) => sleep(ms, undefined, { signal: over }).catch(() => {}) },
    chance: { token: randomUUID, fraction: Math.random },
  });
  const patience = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
  try {
    if (await extracta.seesClassification(classificationId, patience)) return undefined;
  } catch (error) {
    if (!(error instanceof UploaderError)) throw error;
    refuseAddress(error, url);
    return signal.aborted ? undefined : unasked(error, patience);
  } finally {
    // Not awaited: an interruption must not wait for a connection that is still being made.
    void extracta.close();
  }
  throw new BadInput(
    `Extracta does not know the classification ${classificationId}: check --classification-id.`,
  );
}

function refuseAddress(error: UploaderError, url: string): void {
  if (error.httpStatus === 401)
    throw new BadInput(`${url} refuses the token (401): check EXTRACTA_API_TOKEN.`);
  const { code } = (error.cause ?? {}) as { readonly code?: unknown };
  if (code === 'ECONNREFUSED' || code === 'ENOTFOUND')
    throw new BadInput(`Nothing answers at ${url} (${code}): check --extracta-url.`);
}

function unasked({ message, code }: UploaderError, patience: AbortSignal): string {
  const why = patience.aborted ? `no answer in ${PATIENCE_MS / 1000} s` : `${message} (${code})`;
  return `Whether there is such a classification could not be asked: ${why}. The first upload will tell.`;
}
