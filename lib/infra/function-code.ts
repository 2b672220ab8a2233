import { copyFileSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AssetHashType, DockerImage } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { ConfigProblems } from '../config/problems.ts';
import { CONFIG_FILE_NAME, type UploaderConfig } from '../config/uploader-config.ts';
import type { BundleDirectories, ExtractaUploaderProps } from './extracta-uploader-props.ts';

const HANDLER_FILE = 'index.cjs';

/** Where bundles lie that were made before: seen from `lib/infra`, and from `dist/lib/infra` of the package. */
const PREBUILT = ['../../dist/lambdas', '../../lambdas'].map((folder) => join(import.meta.dirname, folder));

/** Those that are given, else those that are there. Throws `ConfigProblems` where there are none. */
export function bundlesOf(
  scope: Construct,
  { bundleDirectories }: Pick<ExtractaUploaderProps, 'bundleDirectories'>,
  prebuilt: readonly string[] = PREBUILT,
): BundleDirectories {
  const bundles = bundleDirectories ?? bundlesIn(prebuilt);
  if (bundles !== undefined) return bundles;
  const change =
    "run 'npm run bundle', or give { upload, redrive }, the folders of the bundles that bundleLambda made";
  const given = 'missing, and no bundled functions lie beside the construct';
  throw new ConfigProblems(scope.node.path, [{ where: 'bundleDirectories', given, change }]);
}

function bundlesIn(folders: readonly string[]): BundleDirectories | undefined {
  const isWhole = (folder: string) =>
    ['upload', 'redrive'].every((name) => existsSync(join(folder, name, HANDLER_FILE)));
  const folder = folders.find(isWhole);
  return folder === undefined
    ? undefined
    : { upload: join(folder, 'upload'), redrive: join(folder, 'redrive') };
}

/** A bundle, and beside it the configuration. Put together here on this machine; the image is never asked for. */
export function bundleWithConfig(bundleDirectory: string, config: UploaderConfig): Code {
  const tryBundle = (outputDirectory: string) => {
    copyFileSync(join(bundleDirectory, HANDLER_FILE), join(outputDirectory, HANDLER_FILE));
    writeFileSync(join(outputDirectory, CONFIG_FILE_NAME), `${JSON.stringify(config, null, 2)}\n`);
    return true;
  };
  return Code.fromAsset(bundleDirectory, {
    assetHashType: AssetHashType.OUTPUT,
    bundling: { image: DockerImage.fromRegistry('never-used'), local: { tryBundle } },
  });
}
