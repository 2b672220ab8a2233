import * as v from 'valibot';
import type { PipelineSettings, Waits } from '../pipeline/settings.ts';
import { ADVICE, adviceOnUnknown } from './advice.ts';
import { plainFileTypes, type RouteEndings, suffixesOfNoType } from './file-types.ts';
import { type ConfigProblem, ConfigProblems, shown } from './problems.ts';
import { type PlacedRoute, problemsBetween } from './routes.ts';
import { FileTypesSchema, RouteEndingsSchema, RoutePlaceSchema, UploaderConfigSchema } from './schema.ts';

export { type Haste, pipelineSettings } from './pipeline-settings.ts';
export { ConfigProblems } from './problems.ts';

/** Extracta itself. `/v1` without `/api` answers an HTML 404. */
export const DEFAULT_EXTRACTA_URL = 'https://api.extracta.ai/api/v1';

/** The configuration that lies beside the project, and beside the Lambda's bundle. */
export const CONFIG_FILE_NAME = 'uploader.config.json';

/** What uploader.config.json holds. Everything but `routes` has a default. */
export interface UploaderConfig {
  /** For editors. */
  readonly $schema?: string | undefined;
  /** Default: Extracta itself. https, or http on this machine. */
  readonly extractaUrl?: string | undefined;
  readonly routes: readonly RouteConfig[];
  /** Where nobody can tell whether a document arrived. Default: `send-again`. */
  readonly onUnknownOutcome?: PipelineSettings['onUnknownOutcome'] | undefined;
  /** Default: `tagged`. */
  readonly fileNames?: PipelineSettings['fileNames'] | undefined;
  /** Extensions, with or without their dot. Default: those that Extracta's integrations accept. */
  readonly fileTypes?: readonly string[] | undefined;
  /** Our own safety cap. Default: 2 GiB. */
  readonly maxDocumentBytes?: number | undefined;
  /** Default: 8. */
  readonly maxAttempts?: number | undefined;
  readonly waits?: WaitsConfig | undefined;
}

export interface RouteConfig {
  /** Default: derived from the prefix, unique. */
  readonly name?: string | undefined;
  /** `''` is the whole bucket. The longest prefix that matches a key wins. */
  readonly prefix: string;
  /** Only keys that end so, in any case. Default: every key under the prefix. */
  readonly suffixes?: readonly string[] | undefined;
  readonly classificationId: string;
  /** Default: a folder in the bucket is a batch in Extracta. */
  readonly batch?: BatchConfig | undefined;
  /** Whether an object's `x-amz-meta-extracta-…` override the route. Default: they do not. */
  readonly metadataOverrides?: boolean | undefined;
}

/** Which keys are a route's. */
export type RoutePlace = Pick<RouteConfig, 'name' | 'prefix' | 'suffixes'>;

export type BatchConfig =
  | { readonly by: 'folder' | 'day' | 'route' | 'object'; readonly maxFiles?: number | undefined }
  | { readonly id: string };

export type WaitsConfig = { readonly [Name in keyof Waits]?: Waits[Name] | undefined };

/**
 * Throws one `ConfigProblems` that lists every problem of `value`. `source` names it in the error's message.
 */
export function parseUploaderConfig(value: unknown, source = 'the configuration'): UploaderConfig {
  const parsed = v.safeParse(UploaderConfigSchema, value);
  const problems = [
    ...(parsed.issues ?? []).map(problemOf),
    ...problemsBetween(placedRoutes(value)),
    ...suffixesOfNoType(endingsOfRoutes(value), fileTypesOf(value)),
  ];
  if (problems.length > 0 || !parsed.success) throw new ConfigProblems(source, problems);
  return parsed.output;
}

function problemOf(issue: v.BaseIssue<unknown>): ConfigProblem {
  const where = pathOf(issue);
  const generic = where.replace(/\[\d+\]/g, '[]');
  // The value of an unknown setting is not shown: it may be a token that was put in the wrong place.
  if (issue.type === 'never') return { where, given: 'not allowed here', change: adviceOnUnknown(generic) };
  const change = issue.kind === 'schema' ? ADVICE[generic] : issue.message;
  return { where, given: shown(withoutUserInfo(issue.input)), change: change ?? issue.message };
}

function pathOf(issue: v.BaseIssue<unknown>): string {
  return (issue.path ?? []).reduce((path, { key }) => {
    if (typeof key === 'number') return `${path}[${key}]`;
    return path === '' ? String(key) : `${path}.${String(key)}`;
  }, '');
}

function withoutUserInfo(value: unknown): unknown {
  return typeof value === 'string' ? value.replace(/\/\/[^/]*@/, '//…@') : value;
}

function placedRoutes(value: unknown): readonly PlacedRoute[] {
  return givenRoutes(value).flatMap((given, index) => {
    const route = v.safeParse(RoutePlaceSchema, given);
    return route.success ? [{ index, route: route.output }] : [];
  });
}

function endingsOfRoutes(value: unknown): readonly RouteEndings[] {
  return givenRoutes(value).flatMap((given, index) => {
    const route = v.safeParse(RouteEndingsSchema, given);
    return route.success ? [{ index, suffixes: route.output.suffixes }] : [];
  });
}

function givenRoutes(value: unknown): readonly unknown[] {
  if (typeof value !== 'object' || value === null || !('routes' in value)) return [];
  return Array.isArray(value.routes) ? value.routes : [];
}

/** Undefined: nobody can tell, as they are no list. */
function fileTypesOf(value: unknown): readonly string[] | undefined {
  const parsed = v.safeParse(FileTypesSchema, value);
  if (!parsed.success) return undefined;
  return plainFileTypes(parsed.output.fileTypes?.filter((type) => type !== undefined));
}
