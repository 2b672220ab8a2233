import type { Template } from 'aws-cdk-lib/assertions';

interface Statement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: string | readonly string[];
  readonly Principal?: '*' | Readonly<Record<string, unknown>>;
  readonly Resource?: unknown;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
}

/** Every statement of a template, by who or what it belongs to: a role, or the resource whose policy it stands in. */
export function statementsOf(template: Template): Readonly<Record<string, readonly string[]>> {
  const resources: readonly [string, Resource][] = Object.entries(template.toJSON()['Resources']);
  const found: Record<string, string[]> = {};
  for (const [id, { Type, Properties }] of resources) {
    for (const owner of ownersOf(id, Type, Properties)) {
      const lines = statementsIn(Properties).map(line);
      found[owner] = [...(found[owner] ?? []), ...managed(Properties), ...lines];
    }
  }
  return found;
}

const POLICIES_OF: Readonly<Record<string, (id: string, properties: Resource['Properties']) => unknown>> = {
  'AWS::IAM::Policy': (_, { Roles }) => Roles,
  'AWS::IAM::Role': (id) => [{ Ref: id }],
  'AWS::S3::BucketPolicy': (_, { Bucket }) => [Bucket],
  'AWS::SQS::QueuePolicy': (_, { Queues }) => Queues,
  'AWS::KMS::Key': (id) => [{ Ref: id }],
  'AWS::SecretsManager::ResourcePolicy': (_, { SecretId }) => [SecretId],
};

/** A policy of a type that is not known here belongs to itself, so that it can't be overlooked. */
function ownersOf(id: string, type: string, properties: Resource['Properties']): readonly string[] {
  if (statementsIn(properties).length === 0) return [];
  const owners = POLICIES_OF[type]?.(id, properties) ?? [{ Ref: id }];
  return (owners as unknown[]).map(written);
}

const managed = ({ ManagedPolicyArns = [] }: Resource['Properties']) =>
  (ManagedPolicyArns as unknown[]).map((arn) => `managed policy ${written(arn)}`);

/** Every statement of every policy, wherever it stands. */
function statementsIn(value: unknown): readonly Statement[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = 'Statement' in value && Array.isArray(value.Statement) ? (value.Statement as Statement[]) : [];
  return [...own, ...Object.values(value).flatMap(statementsIn)];
}

/** A statement as a person would say it: who, what, on what, if what. */
function line({ Effect, Principal, Action, Resource, Condition }: Statement): string {
  const who = Principal === undefined ? [] : [Principal].flatMap(principals);
  const resources = Resource === undefined ? [] : ['on', [Resource].flat().map(written).join(' and ')];
  const conditions = Object.entries(Condition ?? {}).flatMap(([operator, wanted]) =>
    Object.entries(wanted).map(
      ([key, value]) => `${key} ${operator} ${[value].flat().map(written).join(' or ')}`,
    ),
  );
  const effect = Effect === 'Deny' ? ['deny'] : [];
  const all = [...effect, ...who, [Action].flat().join(' '), ...resources];
  return `${all.join(' ')}${conditions.length === 0 ? '' : ` if ${conditions.join(' and ')}`}`;
}

const principals = (principal: '*' | Readonly<Record<string, unknown>>): readonly string[] =>
  typeof principal === 'string' ? [principal] : Object.values(principal).flat().map(written);

/** A value as a person would write it: the name of what it refers to, and what follows. */
export function written(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  const { 'Fn::GetAtt': attribute, 'Fn::Join': join, Ref } = value as Record<string, never>;
  if (join !== undefined) return (join[1] as unknown[]).map(written).join(join[0]);
  if (attribute !== undefined) return `${nameOf(attribute[0])}.${attribute[1]}`;
  return nameOf(Ref);
}

const nameOf = (id: unknown) =>
  String(id)
    .replace(/^Uploader|[0-9A-F]{8}$/g, '')
    .replace('AWS::', '');
