import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { TokenSource } from '../extracta/token.ts';
import { UploaderError } from '../pipeline/failures.ts';
import type { Clock } from '../pipeline/ports.ts';
import { secretFailure } from './errors.ts';
import { SECRET_PLACEHOLDER } from './secret-placeholder.ts';

export interface SecretOptions {
  readonly client: SecretsManagerClient;
  /** Name or ARN. */
  readonly secretId: string;
  readonly clock: Pick<Clock, 'nowMs'>;
  /** How long a token that was read may be used without reading again. */
  readonly cacheForMs: number;
}

/**
 * Extracta's API token out of Secrets Manager: the plain text, or a JSON object with `apiKey` or `token`. Callers at one
 * time share one call. Throws `secret.unavailable`, `invocation.ending`.
 */
export function createSecretToken(options: SecretOptions): TokenSource {
  let known: { readonly token: string; readonly untilMs: number } | undefined;
  let underWay: Promise<string> | undefined;

  const fetchOnce = async () => {
    const token = tokenIn(await secretString(options), options.secretId);
    known = { token, untilMs: options.clock.nowMs() + options.cacheForMs };
    return token;
  };
  const refresh = (signal: AbortSignal) => {
    underWay ??= fetchOnce().finally(() => {
      underWay = undefined;
    });
    return unlessAborted(underWay, signal);
  };
  return {
    get: async (signal) => (known && options.clock.nowMs() < known.untilMs ? known.token : refresh(signal)),
    refresh,
  };
}

/** A token that was given once and for all. */
export function fixedToken(value: string): TokenSource {
  const token = value.trim();
  return { get: async () => token, refresh: async () => token };
}

async function secretString({ client, secretId }: SecretOptions): Promise<string> {
  try {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secretId }));
    return SecretString ?? '';
  } catch (error) {
    throw secretFailure(error, 'GetSecretValue');
  }
}

function tokenIn(secret: string, secretId: string): string {
  const token = (fieldOf(secret) ?? secret).trim();
  if (token !== '' && token !== SECRET_PLACEHOLDER) return token;
  throw new UploaderError(
    'secret.unavailable',
    // From a file: an argument stands in the list of processes and in the shell's history.
    `The secret ${secretId} holds no Extracta API key yet. Set it, with the key in a file: ` +
      `aws secretsmanager put-secret-value --secret-id ${secretId} --secret-string file://TOKEN_FILE`,
  );
}

/** Of a JSON object its `apiKey` or `token`, or nothing; undefined for any other text: keys are opaque. */
function fieldOf(secret: string): string | undefined {
  if (!secret.trim().startsWith('{')) return undefined;
  try {
    const { apiKey, token } = JSON.parse(secret) as { apiKey?: unknown; token?: unknown };
    return [apiKey, token].find((value) => typeof value === 'string') ?? '';
  } catch {
    return undefined;
  }
}

/** The shared call goes on for the others; the client's own timeouts bound it. */
async function unlessAborted(call: Promise<string>, signal: AbortSignal): Promise<string> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = () =>
    aborted.reject(
      new UploaderError('invocation.ending', 'Broken off while the secret was read', {
        cause: signal.reason,
      }),
    );
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([call, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
