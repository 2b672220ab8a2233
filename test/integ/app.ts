import { App } from 'aws-cdk-lib';
import { bundleFolder } from '../../lambdas/bundle-folder.ts';
import { stackChoices } from '../../lib/infra/stack-choices.ts';
import { UploaderStack } from '../../lib/infra/uploader-stack.ts';

/** The stack that a run for real deploys: as everybody's, but it leaves nothing behind. */
const app = new App();
const context = (name: string): string => {
  const value: unknown = app.node.tryGetContext(name);
  if (typeof value !== 'string') throw new Error(`Give -c ${name}=…, as test/integ/run.ts does`);
  return value;
};
const [upload, redrive] = await Promise.all([bundleFolder('upload'), bundleFolder('redrive')]);
new UploaderStack(app, 'ExtractaUploaderInteg', {
  extractaUrl: context('extractaUrl'),
  routes: [{ prefix: 'integ/', classificationId: context('classificationId') }],
  bundleDirectories: { upload, redrive },
  choices: stackChoices({ removalPolicy: 'destroy' }),
});
