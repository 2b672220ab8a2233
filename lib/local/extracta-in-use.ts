import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DEFAULT_EXTRACTA_URL } from '../config/uploader-config.ts';
import { tagFor, tagIn } from '../pipeline/file-name.ts';
import type { DocumentItem } from '../pipeline/model.ts';
import { BadInput } from './bad-input.ts';
import type { StartCommand } from './command.ts';
import { type LocalExtracta, startLocalExtracta } from './extracta/server.ts';

/** The Extracta that this run uploads to. */
export interface ExtractaInUse extends AsyncDisposable {
  readonly url: string;
  readonly token: string;
  readonly classificationId: string;
  readonly isEmbedded: boolean;
  /** How much of a document on its way the embedded Extracta has read; undefined: not on its way, or it is another one. */
  readBytes(document: Pick<DocumentItem, 'arrival' | 'edition'>): number | undefined;
}

/** Always the same, so that what `--data` keeps fits the next run. */
const EMBEDDED_CLASSIFICATION = { id: '-OextractaLocalDemo1', name: 'Embedded' };
const EMBEDDED_TOKEN = 'local-token';
/** Documented: at least two seconds between two calls of getResults. */
const PACE_MS = 2000;

/** Throws `BadInput` where a token is missing, or a classification is named that is another Extracta's. */
export async function openExtracta(
  command: StartCommand,
  apiToken: string | undefined,
  place: { readonly dataDir: string; readonly waitsDivisor: number },
): Promise<ExtractaInUse> {
  const { extractaUrl: url, classificationId = EMBEDDED_CLASSIFICATION.id } = command;
  if (url === undefined && classificationId !== EMBEDDED_CLASSIFICATION.id)
    throw new BadInput(
      `The embedded Extracta does not know the classification ${classificationId}: ` +
        `add --extracta-url=${DEFAULT_EXTRACTA_URL} to upload to Extracta itself, or leave --classification-id out.`,
    );
  if (url !== undefined) {
    const token = tokenFrom(apiToken);
    const none = { readBytes: () => undefined, [Symbol.asyncDispose]: async () => {} };
    return { url, token, classificationId, isEmbedded: false, ...none };
  }
  const dataDir = join(place.dataDir, 'extracta');
  await mkdir(dataDir, { recursive: true });
  const embedded = await startLocalExtracta({
    token: EMBEDDED_TOKEN,
    classifications: [EMBEDDED_CLASSIFICATION],
    paceMs: PACE_MS / place.waitsDivisor,
    dataDir,
  });
  return {
    url: embedded.url,
    token: EMBEDDED_TOKEN,
    classificationId,
    isEmbedded: true,
    readBytes: (document) => readBytes(embedded, document),
    [Symbol.asyncDispose]: embedded.close,
  };
}

/** A document on its way is known by the tag in its name. */
export function readBytes(
  embedded: Pick<LocalExtracta, 'reading'>,
  { arrival, edition }: Pick<DocumentItem, 'arrival' | 'edition'>,
): number | undefined {
  const tag = tagFor(arrival, edition);
  return [...embedded.reading()].find(([name]) => tagIn(name) === tag)?.[1];
}

function tokenFrom(apiToken: string | undefined): string {
  const token = apiToken?.trim() ?? '';
  if (token === '')
    throw new BadInput('EXTRACTA_API_TOKEN is not set: export the API key of your Extracta account.');
  // A header takes nothing else.
  if (/[^\x21-\x7e]/.test(token))
    throw new BadInput('EXTRACTA_API_TOKEN holds blanks or letters that no API key has: copy it again.');
  return token;
}
