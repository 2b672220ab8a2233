import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { afterAll, describe, expect, it } from 'vitest';
import { ConfigProblems } from '../../lib/config/problems.ts';
import { propsOf, stackChoices } from '../../lib/infra/stack-choices.ts';
import { warnOfForgettable } from '../../lib/infra/written-choices.ts';
import { synthesized } from './synthesized.ts';

const choices = stackChoices;
const routes = [{ prefix: '', classificationId: 'c' }];

/** What was refused, without the line that counts. */
function refusal(build: () => unknown): readonly string[] {
  try {
    build();
  } catch (error) {
    if (!(error instanceof ConfigProblems)) throw error;
    return error.message
      .split('\n')
      .slice(1)
      .map((line) => line.trim());
  }
  return [];
}

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

  it.each([
    ['bukcet', 'did you mean bucket?'],
    ['alarmtopicarn', 'did you mean alarmTopicArn?'],
    ['alarm-topic', 'did you mean alarmTopicArn?'],
    ['classificationID', 'did you mean classificationId?'],
    ['vpc', expect.stringMatching(/^give one of classificationId, config, bucket, .*, or none$/)],
  ])('is refused by a name that nobody reads, %s, without its value', (name, change) => {
    const given = { [name]: 'secret-1', bucket: 'theirs' };
    const problems = [{ where: `-c ${name}`, given: 'there is no such choice', change }];
    expect(() => choices(given)).toThrow(expect.objectContaining({ problems }));
  });

  it('lets all stand that CDK itself keeps in the context', () => {
    const { context } = JSON.parse(readFileSync(join(import.meta.dirname, '../../cdk.json'), 'utf8'));
    const looked = {
      'availability-zones:account=111111111111:region=eu-west-1': ['a', 'b'],
      'vpc-provider:account=111111111111:filter.isDefault=true:region=eu-west-1': {},
      'aws:cdk:enable-path-metadata': true,
      '@aws-cdk/core.slowSynthThreshold': 5,
      'acknowledged-issue-numbers': [32775],
      'cdk-migrate': true,
    };
    expect(choices({ ...context, ...looked, bucket: 'theirs' })).toEqual({ bucket: 'theirs' });
  });

  it('is refused where it is of a bucket that nobody named', () => {
    expect(refusal(() => choices({ announcedBy: 'event-bridge', arrivalsPrefix: 'in/' }))).toEqual([
      '-c arrivalsPrefix: given "in/", without bucket: give -c bucket, or leave it out: in a bucket that is made here every key arrives',
      '-c announcedBy: given "event-bridge", without bucket: give -c bucket, or leave it out: in a bucket that is made here every key arrives',
    ]);
  });

  it.each(['wiki', 'http://wiki.example', 'https://wiki.example/page#top', 7])(
    'is refused as the runbook’s URL: %j',
    (runbookUrl) => {
      expect(refusal(() => choices({ runbookUrl }))).toEqual([
        `-c runbookUrl: given ${JSON.stringify(runbookUrl)}: give the https URL of the page that holds docs/runbook.md, ` +
          'without a #section: each alarm adds its own',
      ]);
    },
  );

  it('is refused by its own name where the construct refuses it', () => {
    const given = { timeoutSeconds: '20', memorySizeMb: '512', maxConcurrency: '1' };
    const where = (props: object) =>
      refusal(() => synthesized({ routes }, props)).map((line) => line.split(' ').slice(0, 4).join(' '));
    expect(where({ choices: choices(given) })).toEqual([
      '-c maxConcurrency: given 1:',
      '-c timeoutSeconds: 20 s,',
      '-c memorySizeMb: given 512',
    ]);
    const elsewhere = choices({ bucket: 'theirs', arrivalsPrefix: 'a*' });
    expect(where({ choices: elsewhere })).toEqual(['-c arrivalsPrefix: given "a*":']);
    // Said by a line of code, it keeps the name of the prop.
    expect(where({ maxConcurrency: 1 })).toEqual(['maxConcurrency: given 1: give']);
  });

  it('stands in the outputs of the stack, so that a diff shows what is taken back', () => {
    const output = (given: Readonly<Record<string, unknown>>) => {
      const { template, remove } = synthesized({ routes }, { choices: choices(given) });
      remove();
      return template.toJSON()['Outputs'].Choices.Value;
    };
    expect(output({ bucket: 'theirs', maxConcurrency: '4' })).toBe('{"bucket":"theirs","maxConcurrency":4}');
    expect(output({})).toBe('{}');
  });
});

describe('a choice that stands in no file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'written-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const warned = (context: Readonly<Record<string, unknown>>) => {
    const stack = new Stack(new App(), 'Stack');
    warnOfForgettable(stack, context, folder);
    return Annotations.fromStack(stack)
      .findWarning('*', Match.anyValue())
      .map(({ entry }) => String(entry.data));
  };

  it('is warned of while it is given, with what to write and where', () => {
    expect(warned({ bucket: 'theirs', alarmTopicArn: 'arn' })).toEqual([
      expect.stringContaining(
        'bucket, alarmTopicArn: given by -c alone. The next diff or deploy without the same -c takes them back. ' +
          'To keep them, write under "context" in cdk.json: "bucket": "theirs", "alarmTopicArn": "arn"',
      ),
    ]);
  });

  it('is none that cdk.json holds, or cdk.context.json, nor the classification that is refused when it is missing', () => {
    writeFileSync(join(folder, 'cdk.json'), '{"context":{"bucket":"theirs","maxConcurrency":4}}');
    writeFileSync(join(folder, 'cdk.context.json'), '{"bucket":"before","announcedBy":"event-bridge"}');
    const written = { bucket: 'theirs', maxConcurrency: '4', announcedBy: 'event-bridge' };
    expect(warned({ ...written, classificationId: 'c', '@aws-cdk/core:x': true })).toEqual([]);
    expect(warned({ ...written, maxConcurrency: '5' })).toEqual([
      expect.stringContaining('maxConcurrency: given by -c alone'),
    ]);
    expect(warned({ ...written, config: 'other.json' })).toEqual([
      expect.stringContaining(
        'config: given by -c alone. The next diff or deploy without the same -c takes it back',
      ),
    ]);
  });
});
