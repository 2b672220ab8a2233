import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { MAX_RECEIVES } from '../../lib/infra/sizing.ts';
import { stackChoices } from '../../lib/infra/stack-choices.ts';
import { synthesized } from './synthesized.ts';

const guide = (name: string) => readFileSync(join(import.meta.dirname, '../../docs', name), 'utf8');
const { template, remove } = synthesized({ routes: [{ prefix: '', classificationId: 'c' }] });
afterAll(remove);

describe('docs/runbook.md', () => {
  it('says after how many receives SQS itself moves a message', () => {
    expect(guide('runbook.md')).toContain(`SQS moved it after ${MAX_RECEIVES} receives`);
  });
});

describe('docs/deploy.md', () => {
  it('names every -c that there is', () => {
    const names: string[] = [];
    stackChoices((name) => void names.push(name));
    expect(names.length).toBeGreaterThan(10);
    const [, choices = ''] = guide('deploy.md').split('### What `-c` chooses');
    const [section = ''] = choices.split('###');
    expect(names.filter((name) => !section.includes(`\`${name}\``))).toEqual([]);
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
