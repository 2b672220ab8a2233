import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { bundleLambda } from '../lambdas/bundle.ts';
import { chosenConfig } from '../lib/config/chosen-config.ts';
import { ConfigProblems } from '../lib/config/problems.ts';
import { stackChoices } from '../lib/infra/stack-choices.ts';
import { UploaderStack } from '../lib/infra/uploader-stack.ts';

/** The CDK app: `npx cdk deploy -c classificationId=…`, or with routes in uploader.config.json. */
async function synthesize(): Promise<void> {
  const app = new App();
  const choices = stackChoices((name) => app.node.tryGetContext(name));
  const config = await chosenConfig({
    classificationId: app.node.tryGetContext('classificationId'),
    configFile: app.node.tryGetContext('config'),
    projectDirectory: join(import.meta.dirname, '..'),
  });
  const [upload, redrive] = await Promise.all([bundleLambda('upload'), bundleLambda('redrive')]);
  const bundleDirectories = { upload: upload.directory, redrive: redrive.directory };
  new UploaderStack(app, 'ExtractaUploader', { ...config, bundleDirectories, choices });
  app.synth();
}

try {
  await synthesize();
} catch (error) {
  if (!(error instanceof ConfigProblems)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
