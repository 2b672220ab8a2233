import { App, Stack } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { ConfigProblems } from '../../lib/config/problems.ts';
import { propsOf, stackChoices } from '../../lib/infra/stack-choices.ts';
import { synthesized } from './synthesized.ts';

const choices = (given: Readonly<Record<string, unknown>>) => stackChoices((name) => given[name]);

describe('what -c says', () => {
  it('is nothing, where nothing is said', () => {
    const props = propsOf(new Stack(new App(), 'Stack'), choices({}));
    expect(Object.values(props).filter((value) => value !== undefined)).toEqual([]);
  });

  it('is what is deployed', () => {
    const given = {
      bucket: 'theirs',
      arrivalsPrefix: 'scans/',
      arrivalsSuffix: '.pdf',
      announcedBy: 'event-bridge',
      apiTokenSecret: 'extracta/token',
      autoRedrive: 'false',
      maxConcurrency: '2',
      timeoutSeconds: 330,
      memorySizeMb: '2048',
      logRetentionDays: '365',
      removalPolicy: 'destroy',
    };
    const routes = [{ prefix: '', classificationId: 'c' }];
    const { template, remove } = synthesized({ routes }, { choices: choices(given) });
    template.resourceCountIs('AWS::S3::Bucket', 0);
    template.resourceCountIs('AWS::SecretsManager::Secret', 0);
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: Match.objectLike({ UPLOADER_REDRIVE_ONLY_COUNTS: 'true' }) },
    });
    template.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: {
        detail: { bucket: { name: ['theirs'] }, object: { key: [{ wildcard: 'scans/*.pdf' }] } },
      },
    });
    template.hasResourceProperties('AWS::Lambda::Function', { Timeout: 330, MemorySize: 2048 });
    template.hasResourceProperties('AWS::SQS::Queue', { VisibilityTimeout: 1980 });
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      ScalingConfig: { MaximumConcurrency: 2 },
    });
    template.hasResourceProperties('AWS::Logs::LogGroup', { RetentionInDays: 365 });
    template.hasResource('AWS::DynamoDB::Table', { DeletionPolicy: 'Delete', Properties: Match.anyValue() });
    remove();
  });

  it('names a key and a topic by their ARNs', () => {
    const arn = 'arn:aws:kms:eu-west-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef';
    const alarmTopicArn = 'arn:aws:sns:eu-west-1:123456789012:alarms';
    const props = propsOf(new Stack(new App(), 'Stack'), choices({ encryptionKeyArn: arn, alarmTopicArn }));
    expect(props.encryptionKey?.keyArn).toBe(arn);
    expect(props.alarmTopic?.topicArn).toBe(alarmTopicArn);
  });

  it('is refused as a whole, by what was given and what to give', () => {
    const wrong = {
      bucket: '',
      announcedBy: 'sns',
      autoRedrive: 'no',
      maxConcurrency: 'many',
      alarmTopicArn: 'alarms',
    };
    expect(() => choices(wrong)).toThrow(
      new ConfigProblems('What to deploy', [
        { where: '-c bucket', given: 'given ""', change: 'give the name of a bucket that exists' },
        { where: '-c announcedBy', given: 'given "sns"', change: 'give notification or event-bridge' },
        {
          where: '-c alarmTopicArn',
          given: 'given "alarms"',
          change: 'give an ARN that begins with arn:aws:sns:',
        },
        { where: '-c autoRedrive', given: 'given "no"', change: 'give true or false' },
        { where: '-c maxConcurrency', given: 'given "many"', change: 'give a whole number from 2 to 1000' },
      ]),
    );
  });
});
