import { afterAll, describe, expect, it } from 'vitest';
import { synthesized } from './synthesized.ts';

const { template, remove } = synthesized({ routes: [{ prefix: '', classificationId: 'c' }] });
afterAll(remove);

interface Statement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: string | readonly string[];
  readonly Resource?: unknown;
}

const resources: readonly { Type: string; Properties: Record<string, never> }[] = Object.values(
  template.toJSON()['Resources'],
);

/** Every statement of every policy in the template, wherever it stands. */
function statementsIn(value: unknown): readonly Statement[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = 'Statement' in value && Array.isArray(value.Statement) ? (value.Statement as Statement[]) : [];
  return [...own, ...Object.values(value).flatMap(statementsIn)];
}

/** A resource as a person would write it: the type of what it names, and what follows. */
function written(resource: unknown): string {
  if (typeof resource === 'string') return resource;
  const { 'Fn::GetAtt': attribute, 'Fn::Join': join, Ref } = resource as Record<string, never>;
  if (join !== undefined) return (join[1] as unknown[]).map(written).join('');
  const id = Ref ?? attribute?.[0];
  const attributeName = Ref === undefined ? attribute?.[1] : 'Ref';
  return `${nameOf(id)}.${attributeName}`;
}

const nameOf = (id: unknown) => String(id).replace(/^Uploader|[0-9A-F]{8}$/g, '');

const rolesOf = ({ Roles = [] }: { readonly Roles?: readonly unknown[] }) => Roles.map(written);
const withNames = (properties: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, written(value)]));

const allowed = resources.flatMap(statementsIn).filter(({ Effect }) => Effect === 'Allow');

describe('what the stack allows', () => {
  it('names every action and every resource: no wildcard but the objects of its own bucket', () => {
    expect(allowed.length).toBeGreaterThan(0);
    for (const { Action, Resource } of allowed) {
      for (const action of [Action].flat()) expect(action).not.toContain('*');
      for (const resource of [Resource ?? []].flat()) {
        expect(written(resource).replace('Documents.Arn/*', '')).not.toContain('*');
      }
    }
  });

  // A new statement must be written down here, with its reason beside it in lib/infra/permissions.ts.
  const listed = (role: string) =>
    resources
      .filter(({ Type, Properties }) => Type === 'AWS::IAM::Policy' && rolesOf(Properties).includes(role))
      .flatMap(statementsIn)
      .map(({ Action, Resource }) => [[Action].flat().join(' '), written(Resource)]);

  it('is this, for the upload function, and nothing else', () => {
    expect(listed('UploadRole.Ref')).toEqual([
      ['s3:GetObject s3:GetObjectVersion', 'Documents.Arn/*'],
      ['s3:ListBucket', 'Documents.Arn'],
      [
        'sqs:ChangeMessageVisibility sqs:DeleteMessage sqs:GetQueueAttributes sqs:ReceiveMessage',
        'Arrivals.Arn',
      ],
      ['sqs:SendMessage', 'Arrivals.Arn'],
      ['sqs:SendMessage', 'DeadLetters.Arn'],
      ['dynamodb:GetItem dynamodb:PutItem dynamodb:UpdateItem', 'Ledger.Arn'],
      ['secretsmanager:GetSecretValue', 'ApiToken.Ref'],
      ['logs:CreateLogStream logs:PutLogEvents', 'UploadLogs.Arn'],
    ]);
  });

  it('is this, for the scheduled redrive, and nothing else', () => {
    expect(listed('RedriveRole.Ref')).toEqual([
      ['sqs:ChangeMessageVisibility sqs:DeleteMessage sqs:ReceiveMessage', 'DeadLetters.Arn'],
      ['sqs:SendMessage', 'Arrivals.Arn'],
      ['dynamodb:GetItem dynamodb:PutItem', 'Ledger.Arn'],
      ['dynamodb:Query', 'Ledger.Arn/index/byUnsettled'],
      ['logs:CreateLogStream logs:PutLogEvents', 'RedriveLogs.Arn'],
    ]);
  });

  it('is given to no third role', () => {
    const policies = resources.filter(({ Type }) => Type === 'AWS::IAM::Policy');
    expect(policies.flatMap(({ Properties }) => rolesOf(Properties)).sort()).toEqual([
      'RedriveRole.Ref',
      'UploadRole.Ref',
    ]);
  });

  it('comes by no managed policy, and only Lambda may take the roles', () => {
    const roles = resources.filter(({ Type }) => Type === 'AWS::IAM::Role');
    expect(roles).toHaveLength(2);
    for (const { Properties } of roles) {
      expect(Properties).toEqual({
        AssumeRolePolicyDocument: {
          Version: '2012-10-17',
          Statement: [
            { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } },
          ],
        },
      });
    }
  });

  it('lets the schedule, and nobody else, call the redrive, and nobody the upload', () => {
    const permissions = resources.filter(({ Type }) => Type === 'AWS::Lambda::Permission');
    expect(permissions.map(({ Properties }) => withNames(Properties))).toEqual([
      {
        Action: 'lambda:InvokeFunction',
        FunctionName: 'Redrive.Arn',
        Principal: 'events.amazonaws.com',
        SourceArn: 'RedriveSchedule.Arn',
      },
    ]);
  });
});
