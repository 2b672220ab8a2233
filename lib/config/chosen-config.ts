import { access } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { readUploaderConfig } from './config-file.ts';
import { ConfigProblems } from './problems.ts';
import { CONFIG_FILE_NAME, parseUploaderConfig, type UploaderConfig } from './uploader-config.ts';

/** How a person may say what to deploy. */
export interface Choice {
  /** One route for the whole bucket. */
  readonly classificationId?: string | undefined;
  /** A file of routes. */
  readonly configFile?: string | undefined;
  /** Where `uploader.config.json` is looked for if neither is given; a relative `configFile` begins here. */
  readonly projectDirectory: string;
}

/** The one configuration that was chosen. Throws `ConfigProblems`, also where none was chosen, or two. */
export async function chosenConfig({
  classificationId,
  configFile,
  projectDirectory,
}: Choice): Promise<UploaderConfig> {
  const ownFile = join(projectDirectory, CONFIG_FILE_NAME);
  const hasOwnFile = await exists(ownFile);
  if (classificationId !== undefined) {
    // Never one of two: whichever were ignored, documents would be sent, and paid for, to the wrong place.
    const other = configFile ?? (hasOwnFile ? ownFile : undefined);
    if (other !== undefined) throw twoChoices(classificationId, other);
    return parseUploaderConfig({ routes: [{ prefix: '', classificationId }] }, '-c classificationId');
  }
  if (configFile !== undefined) return readUploaderConfig(resolve(projectDirectory, configFile));
  if (!hasOwnFile) throw noChoice();
  return readUploaderConfig(ownFile);
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

function twoChoices(classificationId: string, file: string): ConfigProblems {
  const given = `-c classificationId=${classificationId} and ${file} are both given`;
  const change =
    'give one: without the file every document goes to that classification, with it the routes decide';
  return new ConfigProblems('What to deploy', [{ where: '', given: given, change }]);
}

function noChoice(): ConfigProblems {
  const change =
    'give -c classificationId=YOUR_CLASSIFICATION_ID, or routes in a file ' +
    `${CONFIG_FILE_NAME} in the project's folder, or in any file with -c config=FILE`;
  return new ConfigProblems('What to deploy', [{ where: '', given: 'no classification is given', change }]);
}
