import { CfnResource, Stack } from 'aws-cdk-lib';
import { CfnEventSourceMapping, CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnQueue } from 'aws-cdk-lib/aws-sqs';
import { NagMessageLevel, NagPack, NagRuleCompliance, type NagRuleResult, NagRules } from 'cdk-nag';

/**
 * Our own rule beside AwsSolutions: a queue hides a message for six times the timeout of the function that takes it, and
 * the batch window. https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
 */
export class VisibilityFits extends NagPack {
  readonly name = 'Uploader';

  constructor() {
    super();
    this.packName = 'Uploader';
  }

  protected checkResource(node: CfnResource): void {
    this.applyRule({
      ruleSuffixOverride: 'SQS1',
      info: 'The queue hides a message for less than six times the timeout of its function.',
      explanation: 'A delivery that is still being worked on would be delivered again.',
      level: NagMessageLevel.ERROR,
      node,
      rule: fits,
    });
  }
}

function fits(node: CfnResource): NagRuleResult {
  if (!(node instanceof CfnEventSourceMapping)) return NagRuleCompliance.NOT_APPLICABLE;
  const named = (id: string) =>
    resourcesOf(node).find(({ logicalId }) => Stack.of(node).resolve(logicalId) === id);
  const queue = named(NagRules.resolveResourceFromIntrinsic(node, node.eventSourceArn));
  const lambda = named(NagRules.resolveResourceFromIntrinsic(node, node.functionName));
  if (!(queue instanceof CfnQueue && lambda instanceof CfnFunction)) return NagRuleCompliance.NOT_APPLICABLE;
  const window = node.maximumBatchingWindowInSeconds ?? 0;
  const needed = 6 * (lambda.timeout ?? 3) + window;
  return (queue.visibilityTimeout ?? 30) >= needed
    ? NagRuleCompliance.COMPLIANT
    : NagRuleCompliance.NON_COMPLIANT;
}

const resourcesOf = (node: CfnResource) =>
  Stack.of(node)
    .node.findAll()
    .filter((other) => CfnResource.isCfnResource(other));
