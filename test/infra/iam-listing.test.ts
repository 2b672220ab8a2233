import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { CONFIGURATIONS } from './configurations.ts';
import { statementsOf } from './statements.ts';

const listing = readFileSync(join(import.meta.dirname, '../../docs/iam.md'), 'utf8');
const listed = new Set(listing.match(/(?<=`)[a-z0-9]+:[A-Za-z*]+(?=`)/g));

/** As it stands in a statement: `s3:GetObject`, `sqs:*`. */
const ACTION = /(?<=^|\s)[a-z0-9]+:(?:\*|[A-Z][A-Za-z]*\*?)(?=\s|$)/g;

const built = Object.values(CONFIGURATIONS).map((build) => build());
afterAll(() => {
  for (const { remove } of built) remove();
});

describe('docs/iam.md', () => {
  const lines = built.flatMap(({ template }) => Object.values(statementsOf(template)).flat());
  const unconditional = lines.map((line) => line.split(' if ')[0] ?? '');
  const actions = new Set(unconditional.flatMap((line) => line.match(ACTION) ?? []));

  it('explains every action that a template of ours allows or denies', () => {
    expect(actions.size).toBeGreaterThan(30);
    expect([...actions].filter((action) => !listed.has(action))).toEqual([]);
  });

  it('names no action that is nowhere needed, beside those of grants and calls', () => {
    const elsewhere = ['dynamodb:Scan', 'lambda:InvokeFunction'];
    const conditions = ['aws:SourceAccount', 'aws:SourceArn', 'kms:ViaService', 'lambda:SourceFunctionArn'];
    const rest = [...listed].filter((name) => !actions.has(name));
    expect(rest.sort()).toEqual([...elsewhere, ...conditions].sort());
  });
});
