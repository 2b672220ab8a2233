import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AssetHashType, DockerImage } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { CONFIG_FILE_NAME, type UploaderConfig } from '../config/uploader-config.ts';

const HANDLER_FILE = 'index.mjs';

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
