import { request } from 'undici';
import { BadInput } from './bad-input.ts';

export interface ExtractaAddress {
  /** Without a slash at the end. */
  readonly url: string;
  readonly token: string;
}

const PATIENCE_MS = 10_000;
const MOST_CHARACTERS = 64 * 1024;

/**
 * Asks for the classification before anything is uploaded. Throws `BadInput` where Extracta's own JSON refuses it or the
 * token, and where nothing listens. Anything else is no refusal: a server may not know viewClassification.
 */
export async function checkClassification(
  extracta: ExtractaAddress,
  classificationId: string,
  signal: AbortSignal,
): Promise<void> {
  const reply = await ask(extracta, classificationId, signal);
  if (reply === undefined) return;
  if (reply.status === 401)
    throw new BadInput(`${extracta.url} refuses the token (401): check EXTRACTA_API_TOKEN.`);
  if (saysNoSuchClassification(reply.message))
    throw new BadInput(
      `Extracta does not know the classification ${classificationId}: check --classification-id.`,
    );
}

interface Refusal {
  readonly status: number;
  readonly message: string;
}

/** Extracta's own refusal; undefined for everything else. */
async function ask(
  { url, token }: ExtractaAddress,
  classificationId: string,
  signal: AbortSignal,
): Promise<Refusal | undefined> {
  try {
    // Not fetch: it refuses some ports, and follows redirects.
    const { statusCode, body } = await request(`${url}/documentClassification/viewClassification`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ classificationId }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]),
    });
    return refusalOf(statusCode, (await body.text()).slice(0, MOST_CHARACTERS));
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ECONNREFUSED' || code === 'ENOTFOUND')
      throw new BadInput(`Nothing answers at ${url} (${code}): check --extracta-url.`);
    return undefined;
  }
}

function refusalOf(status: number, text: string): Refusal | undefined {
  try {
    const body: unknown = JSON.parse(text);
    if (status >= 500 || typeof body !== 'object' || body === null) return undefined;
    const { status: said, message, error } = body as Record<string, unknown>;
    if (status < 400 && said !== 'error') return undefined;
    return { status, message: [message, error].find((it) => typeof it === 'string') ?? '' };
  } catch {
    return undefined;
  }
}

/** The wording varies. The names of paths do not count: a server without this one says "Cannot POST /…Classification". */
function saysNoSuchClassification(message: string): boolean {
  const words = message.replace(/\S*\/\S*|\b(?:view|document)Classification\b/gi, '');
  return /classification/i.test(words);
}

function codeOf(error: unknown): string | undefined {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  return (first as { code?: string } | undefined)?.code;
}
