import { extensionOf } from '../pipeline/file-type.ts';
import { DEFAULT_FILE_TYPES } from '../pipeline/settings.ts';
import { type ConfigProblem, shown } from './problems.ts';

/** Lower-case, without the dot, as the pipeline takes them. */
export function plainFileTypes(given: readonly string[] | undefined): readonly string[] {
  return given?.map((type) => type.replace(/^\./, '').toLowerCase()) ?? DEFAULT_FILE_TYPES;
}

/** The endings of a route, where it stands in the list; undefined: one that is wrong itself. */
export interface RouteEndings {
  readonly index: number;
  readonly suffixes: readonly (string | undefined)[];
}

/** Endings whose documents could only be parked, as their type is none that is sent. */
export function suffixesOfNoType(
  routes: readonly RouteEndings[],
  fileTypes: readonly string[] | undefined,
): readonly ConfigProblem[] {
  if (fileTypes === undefined) return [];
  return routes.flatMap(({ index, suffixes }) =>
    suffixes.flatMap((suffix, at) => {
      const type = suffix === undefined ? undefined : extensionOf(suffix);
      if (type === undefined || fileTypes.includes(type)) return [];
      return [
        {
          where: `routes[${index}].suffixes[${at}]`,
          given: `${shown(suffix)}, whose documents could only be parked, as their type is not among fileTypes`,
          change: `add "${type}" to fileTypes (${fileTypes.join(', ')}), or take the ending out`,
        },
      ];
    }),
  );
}
