import { join } from 'node:path';
import { Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, type NagPack } from 'cdk-nag';
import type { IConstruct } from 'constructs';
import { afterAll, describe, expect, it } from 'vitest';
import { CONFIGURATIONS } from './configurations.ts';
import type { Synthesized } from './synthesized.ts';
import { VisibilityFits } from './visibility-fits.ts';

describe.each(Object.entries(CONFIGURATIONS))('the configuration %s', (name, build: () => Synthesized) => {
  const { stack, template, remove } = build();
  afterAll(remove);

  const findings = (pack: NagPack) => pack.validateScope(stack).violations.map(({ ruleName }) => ruleName);

  it("gives cdk-nag's AwsSolutions nothing to find that is not acknowledged", () => {
    expect(findings(new AwsSolutionsChecks())).toEqual([]);
  });

  it('acknowledges only what is found, each with a reason', () => {
    const given = acknowledged(stack);
    expect(new Set(given.map(([id]) => id))).toEqual(new Set(findings(new DeafChecks())));
    for (const [, reason] of given) expect(reason.length).toBeGreaterThan(100);
    template.resourceCountIs('AWS::CloudTrail::Trail', 0);
    const ofTrails = given.map(([, reason]) => reason).filter((reason) => reason.includes('CloudTrail'));
    for (const reason of ofTrails) expect(reason).toContain('the account turns them on');
  });

  it('hides messages for six times the timeout of their function', () => {
    expect(findings(new VisibilityFits())).toEqual([]);
  });

  it('synthesizes to the template that was looked at', async () => {
    const file = join(import.meta.dirname, '__snapshots__', `${name}.template.json`);
    await expect(normalised(template.toJSON())).toMatchFileSnapshot(file);
  });
});

/** As if nothing were acknowledged. */
class DeafChecks extends AwsSolutionsChecks {
  constructor() {
    super();
    Object.assign(this, { isAcknowledged: () => false });
  }
}

function acknowledged(stack: IConstruct): readonly (readonly [id: string, reason: string])[] {
  return stack.node
    .findAll()
    .flatMap(({ node }) => node.metadata)
    .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
    .flatMap(({ data }) => Object.entries(data as Record<string, string>))
    .map(([id, reason]) => [id.replace(/^annotation::/i, ''), reason]);
}

/** Without what changes with every line of a bundle, or with aws-cdk-lib alone. */
function normalised(template: object): string {
  const own = (key: string, value: unknown) => (key === 'ZipFile' ? "(aws-cdk-lib's own)" : value);
  const json = JSON.stringify(template, own, 2);
  return `${json.replace(/[0-9a-f]{64}(?=\.(zip|json))/g, 'ASSET')}\n`;
}
