import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { bundleLambda } from '../lambdas/bundle.ts';
import { chosenConfig } from '../lib/config/chosen-config.ts';
import { ConfigProblems } from '../lib/config/problems.ts';
import { stackChoices } from '../lib/infra/stack-choices.ts';
import { UploaderStack } from '../lib/infra/uploader-stack.ts';
import { warnOfForgettable } from '../lib/infra/written-choices.ts';

/** The CDK app: `npx cdk deploy`, with routes in uploader.config.json and choices under "context" in cdk.json, or by `-c`. */
async function synthesize(): Promise<void> {
  const app = new App();
  const context = app.node.getAllContext();
  const choices = stackChoices(context);
  const config = await chosenConfig({
    classificationId: context['classificationId'],
    configFile: context['config'],
    projectDirectory: join(import.meta.dirname, '..'),
  });
  const [upload, redrive] = await Promise.all([bundleLambda('upload'), bundleLambda('redrive')]);
  const bundleDirectories = { upload: upload.directory, redrive: redrive.directory };
  const stack = new UploaderStack(app, 'ExtractaUploader', { ...config, bundleDirectories, choices });
  // Where the CDK CLI was started, and read its files.
  warnOfForgettable(stack, context, process.cwd());
  app.synth();
}

try {
  await synthesize();
} catch (error) {
  if (!(error instanceof ConfigProblems)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
