import { resolve } from 'node:path';
import * as v from 'valibot';
import { readUploaderConfig } from '../lib/config/config-file.ts';
import { pipelineSettings } from '../lib/config/pipeline-settings.ts';
import { ConfigProblems } from '../lib/config/problems.ts';
import { DEFAULT_EXTRACTA_URL, type UploaderConfig } from '../lib/config/uploader-config.ts';
import type { PipelineSettings } from '../lib/pipeline/settings.ts';

/** What every function is told from outside. */
interface CommonSettings {
  readonly tableName: string;
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
  readonly pipeline: PipelineSettings;
}

/** What the scheduled redrive is told beside that. */
export interface RedriveSettings extends CommonSettings {
  /** Dead letters stay where they are; only the ledger's documents are counted. */
  readonly onlyCounts: boolean;
}

/** What the upload function is told beside that. */
export interface Settings extends CommonSettings {
  readonly apiToken: ApiToken;
  readonly extractaUrl: string;
  readonly forcePathStyle: boolean;
  /** Records of one delivery that are worked on at once. */
  readonly recordConcurrency: number;
}

/** Where Extracta's API token is: in Secrets Manager; or, on a person's machine, in the environment. */
export type ApiToken = { readonly secretId: string } | { readonly value: string };

export type Environment = Readonly<Record<string, string | undefined>>;

/** Every problem of the settings at once, each as what was given and what to change. Holds no secret value. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(['The settings cannot be used:', ...problems].join('\n- '));
    this.problems = problems;
  }
}

const text = (what: string) => v.string(`give ${what}`);

const url = (what: string) =>
  v.pipe(
    text(what),
    v.check(isPlainHttpUrl, `give ${what}: http or https, without user, query or fragment`),
    v.transform((value) => value.replace(/\/+$/, '')),
  );

const number = (byDefault: number, what: string, accepts: (value: number) => boolean) =>
  v.pipe(v.optional(v.string(), String(byDefault)), v.transform(Number), v.check(accepts, `give ${what}`));

const flag = () =>
  v.pipe(
    v.optional(v.picklist(['true', 'false'], 'give true or false'), 'false'),
    v.transform((value) => value === 'true'),
  );

/** Messages say what to change; what was given is put before them. */
const CommonVariables = v.object({
  UPLOADER_CONFIG_FILE: text('the path of the JSON file with the routes'),
  UPLOADER_TABLE_NAME: text('the name of the DynamoDB table'),
  UPLOADER_QUEUE_URL: url('the URL of the queue'),
  UPLOADER_DEAD_LETTER_QUEUE_URL: url('the URL of the dead-letter queue'),
  UPLOADER_EXTRACTA_IS_EMBEDDED: flag(),
  UPLOADER_WAITS_DIVISOR: number(1, 'a number from 1', (value) => value >= 1 && Number.isFinite(value)),
});

const RedriveVariables = v.object({ ...CommonVariables.entries, UPLOADER_REDRIVE_ONLY_COUNTS: flag() });

const UploadVariables = v.pipe(
  v.object({
    ...CommonVariables.entries,
    UPLOADER_API_TOKEN_SECRET_ID: v.optional(v.string()),
    UPLOADER_API_TOKEN: v.optional(v.string()),
    UPLOADER_EXTRACTA_URL: v.optional(url('the base URL of Extracta')),
    UPLOADER_FORCE_PATH_STYLE: flag(),
    UPLOADER_RECORD_CONCURRENCY: number(
      10,
      'a whole number from 1',
      (value) => value >= 1 && Number.isSafeInteger(value),
    ),
  }),
  v.partialCheck(
    [['UPLOADER_API_TOKEN_SECRET_ID'], ['UPLOADER_API_TOKEN']],
    (given) =>
      (given.UPLOADER_API_TOKEN === undefined) !== (given.UPLOADER_API_TOKEN_SECRET_ID === undefined),
    ({ input }) =>
      input.UPLOADER_API_TOKEN === undefined
        ? 'neither of UPLOADER_API_TOKEN_SECRET_ID and UPLOADER_API_TOKEN is given: give exactly one'
        : 'both of UPLOADER_API_TOKEN_SECRET_ID and UPLOADER_API_TOKEN are given: give exactly one',
  ),
);

/** Every variable that a function reads; docs/settings.md lists them. */
export const VARIABLES = { entries: { ...RedriveVariables.entries, ...UploadVariables.entries } };

/**
 * Reads the environment and the configuration file that it names; a relative path begins at `folder`, which is the
 * bundle's own. Throws one {@link SettingsError} that names every problem of both.
 */
export async function readSettings(
  environment: Environment = process.env,
  folder: string = import.meta.dirname,
): Promise<Settings> {
  const { given, config } = await read(UploadVariables, environment, folder);
  return {
    ...commonSettings(given, config),
    apiToken: apiToken(given.UPLOADER_API_TOKEN_SECRET_ID, given.UPLOADER_API_TOKEN),
    extractaUrl: given.UPLOADER_EXTRACTA_URL ?? config.extractaUrl ?? DEFAULT_EXTRACTA_URL,
    forcePathStyle: given.UPLOADER_FORCE_PATH_STYLE,
    recordConcurrency: given.UPLOADER_RECORD_CONCURRENCY,
  };
}

/** As {@link readSettings}, for a function that neither reads documents nor speaks to Extracta. */
export async function readRedriveSettings(
  environment: Environment = process.env,
  folder: string = import.meta.dirname,
): Promise<RedriveSettings> {
  const { given, config } = await read(RedriveVariables, environment, folder);
  return { ...commonSettings(given, config), onlyCounts: given.UPLOADER_REDRIVE_ONLY_COUNTS };
}

/** Throws `SettingsError`. */
async function read<S extends typeof UploadVariables | typeof RedriveVariables>(
  schema: S,
  environment: Environment,
  folder: string,
): Promise<{ readonly given: v.InferOutput<S>; readonly config: UploaderConfig }> {
  const given: Environment = Object.fromEntries(
    Object.keys(schema.entries).map((name) => [name, environment[name]?.trim() || undefined]),
  );
  const variables = v.safeParse(schema, given);
  const file = given['UPLOADER_CONFIG_FILE'];
  const config = file === undefined ? undefined : await configOrProblems(resolve(folder, file));
  const problems = (variables.issues ?? []).map((issue) => problem(issue, given));
  if (config instanceof ConfigProblems) problems.push(config.message);
  if (!variables.success || config === undefined || config instanceof ConfigProblems) {
    throw new SettingsError(problems);
  }
  return { given: variables.output, config };
}

async function configOrProblems(file: string): Promise<UploaderConfig | ConfigProblems> {
  try {
    return await readUploaderConfig(file);
  } catch (error) {
    if (error instanceof ConfigProblems) return error;
    throw error;
  }
}

function commonSettings(
  given: v.InferOutput<typeof CommonVariables>,
  config: UploaderConfig,
): CommonSettings {
  return {
    tableName: given.UPLOADER_TABLE_NAME,
    queueUrl: given.UPLOADER_QUEUE_URL,
    deadLetterQueueUrl: given.UPLOADER_DEAD_LETTER_QUEUE_URL,
    pipeline: pipelineSettings(config, {
      waitsDivisor: given.UPLOADER_WAITS_DIVISOR,
      dividesResultsGate: given.UPLOADER_EXTRACTA_IS_EMBEDDED,
    }),
  };
}

function apiToken(secretId: string | undefined, value: string | undefined): ApiToken {
  return secretId === undefined ? { value: value ?? '' } : { secretId };
}

function problem(issue: v.BaseIssue<unknown>, given: Environment): string {
  const name = v.getDotPath(issue);
  if (name === null) return issue.message;
  const value = given[name];
  return `${name} is ${value === undefined ? 'missing' : shown(value)}: ${issue.message}`;
}

/** A URL may carry a password before its host, and a key in its query. */
const shown = (value: string) =>
  JSON.stringify(
    value
      .replace(/\/\/[^/]*@/, '//…@')
      .replace(/\?.*/s, '?…')
      .slice(0, 200),
  );

function isPlainHttpUrl(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, username, password, search, hash } = new URL(value);
  return /^https?:$/.test(protocol) && `${username}${password}${search}${hash}` === '';
}
