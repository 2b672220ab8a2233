import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { MAX_RECEIVES } from '../../lib/infra/sizing.ts';
import { CHOICE_NAMES, stackChoices } from '../../lib/infra/stack-choices.ts';
import { DEFAULT_WAITS } from '../../lib/pipeline/settings.ts';
import { synthesized } from './synthesized.ts';

const guide = (name: string) => readFileSync(join(import.meta.dirname, '../../docs', name), 'utf8');
const { template, remove } = synthesized({ routes: [{ prefix: '', classificationId: 'c' }] });
afterAll(remove);

describe('docs/runbook.md', () => {
  it('says after how many receives SQS itself moves a message', () => {
    expect(guide('runbook.md')).toContain(`SQS moved it after ${MAX_RECEIVES} receives`);
  });

  it('says after how long a message is replaced by a copy', () => {
    const days = DEFAULT_WAITS.replaceAfterMs / 86_400_000;
    expect(guide('runbook.md').replace(/\s+/g, ' ')).toContain(
      `older than ${days} days is replaced by a copy`,
    );
  });
});

describe('docs/iam.md', () => {
  it('says why a guard of Lambda’s is off, as long as it is off', () => {
    const allowed = template.findResources('AWS::Lambda::Function', {
      Properties: { RecursiveLoop: 'Allow' },
    });
    expect(Object.keys(allowed)).toHaveLength(1);
    expect(guide('iam.md')).toContain('`RecursiveLoop: Allow`');
  });
});

describe('docs/deploy.md', () => {
  it('names every choice that there is, and no other, once', () => {
    const [, choices = ''] = guide('deploy.md').split('## What can be chosen');
    const [section = ''] = choices.split(/^## /m);
    const listed = [...section.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
    expect([...listed].sort()).toEqual([...CHOICE_NAMES].sort());
  });

  it('shows choices in cdk.json that are read', () => {
    const [, shown = ''] = /```json\n([\s\S]*?)```/.exec(guide('deploy.md')) ?? [];
    const { context } = JSON.parse(shown);
    const { '@aws-cdk/…': flags, ...given } = context;
    expect(flags).toBe(true);
    expect(Object.keys(stackChoices(given)).length).toBeGreaterThan(2);
  });

  it.each(['deploy.md', 'runbook.md', 'operating.md'])('%s names outputs that the stack has', (name) => {
    const outputs = Object.keys(template.toJSON()['Outputs']);
    const named = [...guide(name).matchAll(/\$\(output (\w+)\)/g)].map(([, output]) => output);
    expect(named.filter((output) => !outputs.includes(output ?? ''))).toEqual([]);
  });

  it('stops the arrivals, then waits, then destroys', () => {
    const [, takeAway = ''] = guide('deploy.md').split('## Take it away');
    const steps = [
      'put-bucket-notification-configuration',
      'uploader status',
      'uploader export',
      '`npx cdk destroy`.',
    ];
    const places = steps.map((step) => takeAway.indexOf(step));
    expect(places).not.toContain(-1);
    expect(places).toEqual([...places].sort((one, other) => one - other));
  });

  it('says what of a stack stays, all of it', () => {
    const stays = Object.values<{ Type: string; DeletionPolicy?: string }>(template.toJSON()['Resources'])
      .filter(({ DeletionPolicy }) => DeletionPolicy === 'Retain')
      .map(({ Type }) => Type);
    expect(new Set(stays)).toEqual(
      new Set(['AWS::S3::Bucket', 'AWS::DynamoDB::Table', 'AWS::Logs::LogGroup']),
    );
    const [, table = ''] = guide('deploy.md').split('| Stays |');
    for (const what of ['the bucket', 'the ledger', 'both functions']) expect(table).toContain(`\n| ${what}`);
  });

  // A kept bucket still announces every key to a queue that is gone. S3 refuses whatever is added beside that: it tries
  // all destinations, and takes no two notifications that overlap.
  it('frees a kept bucket of its notification before another deployment takes it over', () => {
    const [bucket] = Object.values(template.findResources('AWS::S3::Bucket'));
    expect(bucket).toMatchObject({ DeletionPolicy: 'Retain', Properties: { NotificationConfiguration: {} } });
    const [, takeAway = ''] = guide('deploy.md').split('## Take it away');
    expect(takeAway).toContain(
      "put-bucket-notification-configuration --bucket … --notification-configuration '{}'",
    );
  });
});
