import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { afterAll, describe, expect, it } from 'vitest';
import { ExtractaUploader } from '../../lib/infra/extracta-uploader.ts';
import { workshop } from './synthesized.ts';

/** Everything that names another service, in a region outside of the partition `aws`. */
function templateIn(region: string): string {
  const { app, bundleDirectories, remove } = workshop();
  afterAll(remove);
  const stack = new Stack(app, 'Theirs', { env: { region, account: '123456789012' } });
  const uploader = new ExtractaUploader(stack, 'Uploader', {
    routes: [{ prefix: '', classificationId: 'c' }],
    bundleDirectories,
    encryptionKey: new Key(stack, 'Key'),
    // EventBridge Pipes are not everywhere, and CloudFormation's schemas, which CDK asks, know where.
    eventBus: region.startsWith('cn-') ? new EventBus(stack, 'Bus') : undefined,
  });
  const theirs = (name: string) => Bucket.fromBucketName(stack, name, name.toLowerCase());
  uploader.addSource(theirs('Second'));
  uploader.addSource(theirs('Third'), { announcedBy: 'event-bridge' });
  return JSON.stringify(Template.fromStack(stack).toJSON());
}

describe.each(['cn-north-1', 'us-gov-west-1'])('a template for %s', (region) => {
  const template = templateIn(region);

  it('names no resource of the partition aws', () => {
    expect(template).toContain(`"Ref":"AWS::Partition"`);
    expect(template).not.toContain('arn:aws:');
  });

  it("names services by what holds in every partition, but for aws-cdk-lib's own statement of a secret's key", () => {
    const names = new Set(template.match(/[a-z0-9.-]*amazonaws\.com[a-z.*]*/g));
    const pipes = region.startsWith('cn-') ? ['pipes'] : [];
    const everywhere = ['events', 'lambda', 's3', ...pipes].map((service) => `${service}.amazonaws.com`);
    // The end of kms:ViaService's values, whose region is a reference: `amazonaws.com.cn` too.
    const via = ['.amazonaws.com*'];
    const ofCdk = [`secretsmanager.${region}.amazonaws.com`];
    expect([...names].toSorted()).toEqual([...everywhere, ...via, ...ofCdk].toSorted());
  });
});
